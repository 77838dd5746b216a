import type { Cluster } from '../../../cluster/index.ts';
import type { LbEnd, LbFrontend } from '../../../linux/index.ts';
import { type Family, familyOf, type Ip, ip } from '../../../net/index.ts';
import type { ProxyEndpoint } from '../endpoints.ts';
import type { ProxyNode } from '../proxy-node.ts';
import { type ServicePortInfo, servicePorts } from '../service-port.ts';
import { type ServiceView, viewService } from '../service-view.ts';

const ANY = { 4: ip('0.0.0.0'), 6: ip('::') } as const;

type Kind = 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalIPs';

/**
 * The Services as an agent that stands in for kube-proxy keeps them in its maps (Cilium: pkg/loadbalancer, ServiceFlags): in, a
 * settled cluster and a family; out, a function from node to its frontends. A node port has one at each address of the node and
 * one at no address, for sockets that name another address of it.
 */
export function compileLbMap(cluster: Cluster, family: Family): (node: ProxyNode) => readonly LbFrontend[] {
  const services = servicePorts(cluster, family);
  return (node) => {
    const own = node.deviceIps.filter((each) => familyOf(each) === family);
    let revNat = 0;
    return services.flatMap((service) => {
      const view = viewService(service, node);
      return addressesOf(service, own, family).flatMap(([kind, address, port]) => {
        revNat++;
        return frontends(service, view, { kind, address, port, revNat });
      });
    });
  };
}

function addressesOf(
  service: ServicePortInfo,
  own: readonly Ip[],
  family: Family,
): readonly (readonly [kind: Kind, address: Ip, port: number])[] {
  const { clusterIP, externalIPs, loadBalancerVIPs, port, nodePort } = service;
  const node = nodePort === 0 ? [] : [...own, ANY[family]];
  return [
    ['ClusterIP', clusterIP, port],
    ...externalIPs.map((address) => ['ExternalIPs', address, port] as const),
    ...loadBalancerVIPs.map((address) => ['LoadBalancer', address, port] as const),
    ...node.map((address) => ['NodePort', address, nodePort] as const),
  ];
}

interface Front {
  readonly kind: Kind;
  readonly address: Ip;
  readonly port: number;
  readonly revNat: number;
}

/**
 * Of an address from outside whose policy is Local two: what comes from outside has the node's own backends, sockets of the
 * cluster have all (`two-scopes`).
 */
function frontends(service: ServicePortInfo, view: ServiceView, front: Front): readonly LbFrontend[] {
  const { externalLocal, internalLocal, affinity, protocol, origin } = service;
  const { kind, address, port, revNat } = front;
  const outside = kind !== 'ClusterIP';
  const twoScopes = outside && externalLocal && !internalLocal;
  const flags: readonly string[] = [
    kind,
    ...(outside && externalLocal ? ['Local'] : []),
    ...(internalLocal ? ['InternalLocal'] : []),
    ...(twoScopes ? ['two-scopes'] : []),
    ...(affinity === undefined ? [] : ['sessionAffinity']),
    ...(kind === 'ClusterIP' || address === ANY[4] || address === ANY[6] ? ['non-routable'] : []),
  ];
  const make = (scope: LbFrontend['scope'], endpoints: readonly ProxyEndpoint[]): LbFrontend => ({
    address,
    port,
    protocol,
    scope,
    revNat,
    flags,
    backends: endpoints.map(backendOf),
    origin: { ...origin, by: 'cilium' },
  });
  const local = outside ? externalLocal : internalLocal;
  const first = make('external', local ? view.local : view.cluster);
  return twoScopes ? [first, make('internal', view.cluster)] : [first];
}

const backendOf = ({ ip: text, address }: ProxyEndpoint): LbEnd => ({
  address: ip(text),
  port: Number(address.slice(address.lastIndexOf(':') + 1)),
});
