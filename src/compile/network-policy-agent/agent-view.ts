import type { SourceRef } from '../../base/index.ts';
import type { Cluster, ObjectMeta, PolicyEndpoint, PolicyPod } from '../../cluster/index.ts';
import { defaultRoute, type Family, ip } from '../../net/index.ts';
import { type FirewallRule, firewallMap, keyOf, MAX_ENTRIES, MAX_PORT_PROTOCOL } from './firewall-map.ts';
import { podIdentifier } from './pod-identifier.ts';

/** What the agent of every node knows of the pods that share a name: all of their policies, in one direction each. */
export interface Enforced {
  readonly identifier: string;
  readonly ingress: readonly FirewallRule[];
  readonly egress: readonly FirewallRule[];
  /** `NS/NAME`, sorted. */
  readonly policies: readonly string[];
  readonly source: SourceRef;
  /** What keeps the result from being sure. */
  readonly unsure: string | undefined;
  /** `NS/NAME` of the pods the policies select. */
  readonly selected: ReadonlySet<string>;
}

/**
 * Policies by the pods they are enforced on (controllers/policyendpoints_controller.go: podIdentifierToPolicyEndpointMap,
 * deriveIngressAndEgressFirewallRules). All PolicyEndpoints of a NetworkPolicy go together.
 */
export class AgentView {
  private readonly byIdentifier = new Map<string, Enforced>();

  constructor({ policyEndpoints, ipFamily }: Cluster) {
    const family: Family = ipFamily === 'IPv4' ? 4 : 6;
    const parents = new Map<string, PolicyEndpoint[]>();
    for (const endpoint of policyEndpoints) push(parents, policyOf(endpoint), endpoint);
    const found = new Map<string, Set<PolicyEndpoint>>();
    const selected = new Map<string, Set<string>>();
    for (const siblings of parents.values()) {
      for (const pod of siblings.flatMap(({ spec }) => spec.podSelectorEndpoints)) {
        if (isHostNetwork(pod)) continue;
        const identifier = podIdentifier(pod);
        for (const endpoint of siblings) insert(found, identifier, endpoint);
        insert(selected, identifier, `${pod.namespace}/${pod.name}`);
      }
    }
    for (const [identifier, endpoints] of found) {
      this.byIdentifier.set(identifier, enforced(identifier, [...endpoints], selected.get(identifier), family));
    }
  }

  of(pod: Pick<ObjectMeta, 'namespace' | 'name'>): Enforced | undefined {
    return this.byIdentifier.get(podIdentifier(pod));
  }
}

/** deriveTargetPods: a pod of the host network has its node's address. */
const isHostNetwork = ({ podIP, hostIP }: PolicyPod): boolean => podIP !== undefined && podIP === hostIP;

const policyOf = ({ spec: { policyRef } }: PolicyEndpoint): string => `${policyRef.namespace}/${policyRef.name}`;

function enforced(
  identifier: string,
  endpoints: readonly PolicyEndpoint[],
  selected: ReadonlySet<string> = new Set(),
  family: Family,
): Enforced {
  const [ingress, egress] = [rulesOf(endpoints, 'ingress', family), rulesOf(endpoints, 'egress', family)];
  const policies = [...new Set(endpoints.map(policyOf))].sort();
  return {
    identifier,
    ingress,
    egress,
    policies,
    source: endpoints[0]?.source ?? { file: 'PolicyEndpoint' },
    unsure: unsure(ingress, family) ?? unsure(egress, family),
    selected,
  };
}

/** Where no policy has a rule for a direction and none isolates it, everything may (addCatchAllEntry). */
function rulesOf(
  endpoints: readonly PolicyEndpoint[],
  side: 'ingress' | 'egress',
  family: Family,
): readonly FirewallRule[] {
  const rules = endpoints.flatMap((endpoint) =>
    endpoint.spec[side].map((info) => ({ ...info, policy: policyOf(endpoint) })),
  );
  const type = side === 'ingress' ? 'Ingress' : 'Egress';
  if (rules.length > 0 || endpoints.some(({ spec }) => spec.podIsolation.includes(type))) return rules;
  return [{ cidr: defaultRoute(family), except: [], ports: [], policy: '' }];
}

/** Any address that is no node's here: what is asked for does not depend on it. */
const NOBODY = { 4: ip('255.255.255.255'), 6: ip('ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff') } as const;

function unsure(rules: readonly FirewallRule[], family: Family): string | undefined {
  const entries = firewallMap(rules, NOBODY[family], family);
  const full = entries.find(({ values }) => values.length > MAX_PORT_PROTOCOL);
  if (full !== undefined)
    return `${full.policies.join(', ')}: ${full.values.length} ports for ${full.key.text}, and the policy agent keeps ${MAX_PORT_PROTOCOL} of them, no telling which`;
  if (entries.length > MAX_ENTRIES)
    return `the policies list ${entries.length} addresses, and a map of the policy agent holds ${MAX_ENTRIES}`;
  const foreign = rules.flatMap(({ except }) => except).find((block) => keyOf(block, family) === undefined);
  return foreign === undefined
    ? undefined
    : `exception ${foreign.text} is of the other IP family, and the policy agent's map refuses it`;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}

function insert<K, V>(map: Map<K, Set<V>>, key: K, value: V): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, new Set([value]));
  else known.add(value);
}
