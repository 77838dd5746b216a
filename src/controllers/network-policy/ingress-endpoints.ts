import type { EndpointInfo, EndpointPort, NetworkPolicy, PolicyRule } from '../../cluster/index.ts';
import { type Cidr, defaultRoute } from '../../net/index.ts';
import { combined, distinct, numericPorts, portsAt } from './policy-ports.ts';
import type { PolicyView } from './policy-view.ts';

export const NONE: readonly Cidr[] = [];

/** Who may come, by address (pkg/resolvers/endpoints.go computeIngressEndpoints). A rule none of whose ports is found lets nobody in. */
export const ingressEndpoints = (policy: NetworkPolicy, view: PolicyView): readonly EndpointInfo[] =>
  combined(policy.spec.ingress.flatMap((rule) => ofRule(policy, rule, view)));

function ofRule(policy: NetworkPolicy, rule: PolicyRule, view: PolicyView): readonly EndpointInfo[] {
  const ports = portsOf(policy, rule, view);
  if (rule.ports.length > 0 && ports.length === 0) return [];
  if (rule.peers === undefined) return anybody(ports);
  return rule.peers.flatMap((peer): readonly EndpointInfo[] => {
    if (peer.kind === 'ip-block') return [{ cidr: peer.cidr, except: peer.except, ports }];
    return view
      .namespacesOf(policy.metadata.namespace, peer)
      .flatMap((namespace) => view.readyPods(namespace, peer.podSelector))
      .map(({ cidr }) => ({ cidr, except: NONE, ports }));
  });
}

/** A named port is looked up in every pod the policy selects: what one of them calls so is let in to all (getIngressRulesPorts). */
function portsOf({ metadata, spec }: NetworkPolicy, { ports }: PolicyRule, view: PolicyView): readonly EndpointPort[] {
  if (ports.every(({ port }) => typeof port !== 'string')) return numericPorts(ports);
  return distinct(view.readyPods(metadata.namespace, spec.podSelector).flatMap(({ pod }) => portsAt(pod, ports)));
}

export const anybody = (ports: readonly EndpointPort[]): readonly EndpointInfo[] =>
  ([4, 6] as const).map((family) => ({ cidr: defaultRoute(family), except: [], ports }));
