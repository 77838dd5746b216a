import type { Cluster } from '../../cluster/index.ts';
import type { Unmodelled } from '../../linux/index.ts';

const HOW = 'give the Services, pods and EndpointSlices of kube-system';

/** Of live objects without the cluster's name service: its addresses, which rules of the real nodes lead somewhere. */
export const unlistedDns = ({ unlistedDns: missing, clusterDns }: Cluster): readonly Unmodelled[] =>
  missing === undefined
    ? []
    : clusterDns.map((address) => ({
        scope: { kind: 'destination', address },
        what: `${missing}: who answers at ${address} is not known; ${HOW}`,
      }));
