import { defaultRoute, plainName } from '../net/index.ts';
import type { EndpointSpec } from './cluster.ts';
import type { EksctlCluster } from './eksctl/read-cluster-config.ts';
import { maybe } from './read/fields.ts';
import type { InputObjects } from './read-objects.ts';

/** The endpoint as the own Cluster says, else as eksctl makes it: public, for everybody (EKS guide, cluster endpoint). */
export function endpointOf(
  { clusters }: Pick<InputObjects, 'clusters'>,
  eksctl: EksctlCluster | undefined,
): EndpointSpec {
  const [own] = clusters;
  const access = own?.spec.endpointAccess;
  const given = access?.publicAccessCidrs ?? eksctl?.endpointAccess.publicAccessCidrs ?? [];
  const source = access === undefined ? eksctl?.endpointAccess.source : own?.fields.place('spec', 'endpointAccess');
  return {
    public: access?.public ?? eksctl?.endpointAccess.public ?? true,
    private: access?.private ?? eksctl?.endpointAccess.private ?? false,
    publicAccessCidrs: given.length > 0 ? given : [defaultRoute(4)],
    ...maybe('dnsName', own?.spec.endpoint === undefined ? undefined : hostOf(own.spec.endpoint)),
    addresses: access?.publicAddresses ?? [],
    ...maybe('source', source),
  };
}

/** `https://NAME`, as `aws eks describe-cluster` prints it, or the name alone. */
const hostOf = (endpoint: string): string => plainName(endpoint.replace(/^https:\/\//, '').replace(/[/:].*$/, ''));
