import type { SourceRef } from '../../base/index.ts';
import type { Cluster, ObjectMeta, PolicyEndpoint, PolicyPod } from '../../cluster/index.ts';
import type { Family } from '../../net/index.ts';
import { podIdentifier } from './pod-identifier.ts';
import { policyOf, RuleSet } from './rule-set.ts';

/** What the agent of every node knows of the pods that share a name. */
export interface Enforced {
  readonly identifier: string;
  /** `NS/NAME`, sorted. */
  readonly policies: readonly string[];
  readonly source: SourceRef;
  /** `NS/NAME` of the pods the policies select. */
  readonly selected: ReadonlySet<string>;
  readonly rules: RuleSet;
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
  /** By the PolicyEndpoints in them, as numbers. */
  private readonly sets = new Map<string, RuleSet>();
  private readonly numbers: ReadonlyMap<PolicyEndpoint, number>;

  constructor({ policyEndpoints, ipFamily }: Cluster) {
    this.family = ipFamily === 'IPv4' ? 4 : 6;
    this.numbers = new Map(policyEndpoints.map((endpoint, i) => [endpoint, i]));
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
    const endpoints = [...found.endpoints];
    const made = {
      identifier,
      policies: [...new Set(endpoints.map(policyOf))].sort(),
      source: endpoints[0]?.source ?? { file: 'PolicyEndpoint' },
      selected: found.selected,
      rules: this.setOf(endpoints),
    };
    this.made.set(identifier, made);
    return made;
  }

  private setOf(endpoints: readonly PolicyEndpoint[]): RuleSet {
    const key = endpoints.map((endpoint) => this.numbers.get(endpoint)).join(' ');
    const set = this.sets.get(key) ?? new RuleSet(endpoints, this.family);
    this.sets.set(key, set);
    return set;
  }

  private add(pod: PolicyPod, endpoints: readonly PolicyEndpoint[]): void {
    const identifier = podIdentifier(pod);
    const known = this.found.get(identifier) ?? { endpoints: new Set(), selected: new Set() };
    this.found.set(identifier, known);
    for (const endpoint of endpoints) known.endpoints.add(endpoint);
    known.selected.add(`${pod.namespace}/${pod.name}`);
  }
}

const views = new WeakMap<Cluster, AgentView>();

/** The one view of a cluster. */
export function agentViewOf(cluster: Cluster): AgentView {
  const view = views.get(cluster) ?? new AgentView(cluster);
  views.set(cluster, view);
  return view;
}

/** deriveTargetPods: a pod of the host network has its node's address. */
const isHostNetwork = ({ podIP, hostIP }: PolicyPod): boolean => podIP !== undefined && podIP === hostIP;
