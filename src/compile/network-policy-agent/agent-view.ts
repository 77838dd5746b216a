import type { SourceRef } from '../../base/index.ts';
import type { Cluster, ObjectMeta, PolicyEndpoint, PolicyPod } from '../../cluster/index.ts';
import { defaultRoute, type Family, ip } from '../../net/index.ts';
import { type FirewallRule, firewallMap, keyOf, MAX_ENTRIES, MAX_PORT_PROTOCOL } from './firewall-map.ts';
import { podIdentifier } from './pod-identifier.ts';

type Direction = 'ingress' | 'egress';

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
  private readonly family: Family;
  private readonly found = new Map<
    string,
    { readonly endpoints: Set<PolicyEndpoint>; readonly selected: Set<string> }
  >();
  private readonly made = new Map<string, Enforced>();

  constructor({ policyEndpoints, ipFamily }: Cluster) {
    this.family = ipFamily === 'IPv4' ? 4 : 6;
    const parents = new Map<string, PolicyEndpoint[]>();
    for (const endpoint of policyEndpoints) {
      const siblings = parents.get(policyOf(endpoint));
      if (siblings === undefined) parents.set(policyOf(endpoint), [endpoint]);
      else siblings.push(endpoint);
    }
    for (const siblings of parents.values()) {
      for (const pod of siblings.flatMap(({ spec }) => spec.podSelectorEndpoints)) {
        if (!isHostNetwork(pod)) this.add(pod, siblings);
      }
    }
  }

  of(pod: Pick<ObjectMeta, 'namespace' | 'name'>): Enforced | undefined {
    const identifier = podIdentifier(pod);
    const known = this.made.get(identifier);
    const found = this.found.get(identifier);
    if (known !== undefined || found === undefined) return known;
    const made = new EnforcedPolicies(identifier, [...found.endpoints], found.selected, this.family);
    this.made.set(identifier, made);
    return made;
  }

  private add(pod: PolicyPod, endpoints: readonly PolicyEndpoint[]): void {
    const identifier = podIdentifier(pod);
    const known = this.found.get(identifier) ?? { endpoints: new Set(), selected: new Set() };
    this.found.set(identifier, known);
    for (const endpoint of endpoints) known.endpoints.add(endpoint);
    known.selected.add(`${pod.namespace}/${pod.name}`);
  }
}

/** deriveTargetPods: a pod of the host network has its node's address. */
const isHostNetwork = ({ podIP, hostIP }: PolicyPod): boolean => podIP !== undefined && podIP === hostIP;

const policyOf = ({ spec: { policyRef } }: PolicyEndpoint): string => `${policyRef.namespace}/${policyRef.name}`;

/** Rules are gathered when they are asked for: whether a pod has policies is asked much more often. */
class EnforcedPolicies implements Enforced {
  readonly identifier: string;
  readonly policies: readonly string[];
  readonly selected: ReadonlySet<string>;
  readonly source: SourceRef;
  private readonly endpoints: readonly PolicyEndpoint[];
  private readonly family: Family;
  private readonly rules = new Map<Direction, readonly FirewallRule[]>();

  constructor(identifier: string, endpoints: readonly PolicyEndpoint[], selected: ReadonlySet<string>, family: Family) {
    this.identifier = identifier;
    this.endpoints = endpoints;
    this.selected = selected;
    this.family = family;
    this.policies = [...new Set(endpoints.map(policyOf))].sort();
    this.source = endpoints[0]?.source ?? { file: 'PolicyEndpoint' };
  }

  get ingress(): readonly FirewallRule[] {
    return this.of('ingress');
  }

  get egress(): readonly FirewallRule[] {
    return this.of('egress');
  }

  get unsure(): string | undefined {
    return unsure(this.ingress, this.family) ?? unsure(this.egress, this.family);
  }

  private of(direction: Direction): readonly FirewallRule[] {
    const rules = this.rules.get(direction) ?? rulesOf(this.endpoints, direction, this.family);
    this.rules.set(direction, rules);
    return rules;
  }
}

/** Where no policy has a rule for a direction and none isolates it, everything may (addCatchAllEntry). */
function rulesOf(endpoints: readonly PolicyEndpoint[], side: Direction, family: Family): readonly FirewallRule[] {
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
