import type { EndpointInfo, NetworkPolicy, PolicyPeer, PolicyRule } from '../../cluster/index.ts';
import { anybody, NONE } from './ingress-endpoints.ts';
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

/** A number is the same port at every pod: then all share one list. */
function podAddresses(
  { ports }: PolicyRule,
  { podSelector }: Extract<PolicyPeer, { kind: 'pods' }>,
  namespace: string,
  view: PolicyView,
): readonly EndpointInfo[] {
  const same = ports.every(({ port }) => typeof port !== 'string') ? numericPorts(ports) : undefined;
  return view.readyPods(namespace, podSelector).flatMap(({ pod, cidr }) => {
    const found = same ?? portsAt(pod, ports);
    return ports.length > 0 && found.length === 0 ? [] : [{ cidr, except: NONE, ports: found }];
  });
}
