import type { EndpointInfo, NetworkPolicy, PolicyPeer, PolicyRule } from '../../cluster/index.ts';
import { cidrOf } from '../../net/index.ts';
import { anybody } from './ingress-endpoints.ts';
import { combined, numericPorts, portsAt } from './policy-ports.ts';
import type { PolicyView } from './policy-view.ts';
import { serviceAddresses } from './service-addresses.ts';

/** Whom it may call, by address: pods with the ports each of them has, and Services that select them (computeEgressEndpoints). */
export const egressEndpoints = (policy: NetworkPolicy, view: PolicyView): readonly EndpointInfo[] =>
  combined(policy.spec.egress.flatMap((rule) => ofRule(policy, rule, view)));

function ofRule(policy: NetworkPolicy, rule: PolicyRule, view: PolicyView): readonly EndpointInfo[] {
  const ports = numericPorts(rule.ports);
  const onlyNames = rule.ports.length > 0 && ports.length === 0;
  if (rule.peers === undefined) return onlyNames ? [] : anybody(ports);
  return rule.peers.flatMap((peer): readonly EndpointInfo[] => {
    if (peer.kind === 'ip-block') return onlyNames ? [] : [{ cidr: peer.cidr, except: peer.except, ports }];
    return view
      .namespacesOf(policy.metadata.namespace, peer)
      .flatMap((namespace) => [
        ...podAddresses(rule, peer, namespace, view),
        ...serviceAddresses(rule.ports, peer.podSelector, namespace, view),
      ]);
  });
}

const podAddresses = (
  { ports }: PolicyRule,
  { podSelector }: Extract<PolicyPeer, { kind: 'pods' }>,
  namespace: string,
  view: PolicyView,
): readonly EndpointInfo[] =>
  view.readyPods(namespace, podSelector).flatMap(({ pod, address }) => {
    const found = portsAt(pod, ports);
    return ports.length > 0 && found.length === 0 ? [] : [{ cidr: cidrOf(address), except: [], ports: found }];
  });
