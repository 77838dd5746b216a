import { eniServices, resolverAddresses } from '../../fabric/index.ts';
import type { ListenSocket } from '../../linux/index.ts';
import { ip } from '../../net/index.ts';
import { implicitInternetHost, type World } from '../../world/index.ts';
import { balancerNodes, endpointLabel } from '../plan/index.ts';

/** Sockets of a part of the fabric, by the label its namespace has in a lab. */
export interface FabricSockets {
  readonly label: string;
  readonly hostname: string;
  readonly sockets: readonly ListenSocket[];
  /** Every address there is is its own: an answer leaves from the one that was asked. */
  readonly anyAddress: boolean;
}

const DNS = 53;
const API = 443;
/** What listens on a node of a load balancer that ends its clients' connections. */
export const PROXY = 'load balancer';

/**
 * Who listens where the model answers without a namespace of the World: the resolver of each VPC, what is
 * behind ENIs without a namespace, public endpoints of clusters, load balancers that end connections, and the host at every public address nobody declared.
 */
export function fabricSockets({ fabric }: World): readonly FabricSockets[] {
  return [
    ...fabric.vpcs.map((vpc) => ({
      label: `resolver/${vpc.id}`,
      hostname: '',
      sockets: resolverAddresses(vpc).flatMap((local) =>
        (['udp', 'tcp'] as const).map((protocol) => ({ protocol, local, port: DNS, process: 'vpc-resolver' })),
      ),
      anyAddress: false,
    })),
    ...eniServices(fabric).map(({ owner, process, ports }) => ({
      label: owner,
      hostname: owner.slice(owner.indexOf('/') + 1),
      sockets: ports.map((port) => ({ protocol: 'tcp', local: '*', port, process }) as const),
      anyAddress: false,
    })),
    ...fabric.controlPlanes.map((endpoint) => ({
      label: endpointLabel(endpoint),
      hostname: endpoint.id,
      sockets: endpoint.publicAddresses.map(
        (local) => ({ protocol: 'tcp', local, port: API, process: 'kube-apiserver' }) as const,
      ),
      anyAddress: false,
    })),
    ...balancerNodes(fabric)
      .filter(({ loadBalancer }) => loadBalancer.type !== 'network')
      .map(({ label, loadBalancer, eni }) => ({
        label,
        hostname: loadBalancer.id,
        sockets: loadBalancer.listeners.flatMap(({ port }) =>
          eni.addresses.map((local) => ({ protocol: 'tcp', local, port, process: PROXY }) as const),
        ),
        anyAddress: false,
      })),
    { label: 'internet/*', hostname: '', sockets: implicitInternetHost(ip('0.0.0.0')).sockets, anyAddress: true },
  ];
}
