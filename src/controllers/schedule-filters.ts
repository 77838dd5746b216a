import { type LabelSelector, type Node, POD_ENI, type Pod, type TopologySpreadConstraint } from '../cluster/index.ts';
import { mapMatches, nodeTermsMatch, own, selectorMatches, untolerated } from './labels.ts';
import { type Counter, hostPortsOf, namespacesOf, type ScheduleState } from './schedule-state.ts';

/** Why a node will not do, in the scheduler's words; undefined where it will. */
export type Filter = (node: Node, at: number) => string | undefined;

/**
 * Filters that do not depend on other pods, in the order of the default plugins (kube-scheduler `apis/config/v1/
 * default_plugins.go`): NodeUnschedulable, TaintToleration, NodeAffinity.
 */
export function staticFilter(pod: Pod): Filter {
  const { tolerations } = pod.spec;
  return (node) => {
    if (node.spec.unschedulable && untolerated(tolerations, [CORDON]) !== undefined)
      return 'node(s) were unschedulable';
    const taint = untolerated(tolerations, node.spec.taints);
    if (taint !== undefined) return `node(s) had untolerated taint {${taint.key}: ${taint.value}}`;
    return admits(pod, node) ? undefined : "node(s) didn't match Pod's node affinity/selector";
  };
}

/** What a node that is cordoned has in place of a taint (node lifecycle controller). */
const CORDON = { key: 'node.kubernetes.io/unschedulable', value: '', effect: 'NoSchedule' } as const;

const admits = (pod: Pod, node: Node): boolean =>
  mapMatches(pod.spec.nodeSelector, node.metadata.labels) &&
  (pod.spec.requiredNodeAffinity.length === 0 || nodeTermsMatch(pod.spec.requiredNodeAffinity, node));

/** What nodes have to give, by their place in the list. */
export interface Capacities {
  readonly pods: readonly number[];
  readonly podEnis: readonly number[];
}

/** Filters that do: NodePorts, NodeResourcesFit (pods and branch interfaces only), PodTopologySpread, InterPodAffinity. */
export function dynamicFilter(pod: Pod, state: ScheduleState, capacities: Capacities): Filter {
  const ports = hostPortsOf(pod);
  const spread = spreadFilter(pod, state);
  const affinity = affinityFilter(pod, state);
  return (node, at) => {
    if (!state.freePorts(ports, at)) return "node(s) didn't have free ports for the requested pod ports";
    if ((state.podCount[at] ?? 0) >= (capacities.pods[at] ?? 0)) return 'Too many pods';
    if (pod.spec.podEni === true && (state.podEniCount[at] ?? 0) >= (capacities.podEnis[at] ?? 0))
      return `Insufficient ${POD_ENI}`;
    return spread(node, at) ?? affinity(node, at);
  };
}

/**
 * PodTopologySpread `filtering.go`: skew = matching pods in the domain + self - the emptiest domain's, which is 0 where there
 * are fewer domains than minDomains.
 */
function spreadFilter(pod: Pod, state: ScheduleState): Filter {
  const hard = pod.spec.topologySpreadConstraints.filter((c) => c.whenUnsatisfiable === 'DoNotSchedule');
  if (hard.length === 0) return pass;
  const checks = hard.map((constraint) => {
    const domains = domainCounts(pod, constraint, hard, state);
    const self = selectorMatches(spreadSelector(pod, constraint), pod.metadata.labels) ? 1 : 0;
    const few = domains.size < (constraint.minDomains ?? 1);
    return { constraint, domains, self, least: few ? 0 : Math.min(...domains.values()) };
  });
  return (node) => {
    for (const { constraint, domains, self, least } of checks) {
      const domain = own(node.metadata.labels, constraint.topologyKey);
      if (domain === undefined) return "node(s) didn't match pod topology spread constraints (missing required label)";
      if ((domains.get(domain) ?? 0) + self - least > constraint.maxSkew) {
        return "node(s) didn't match pod topology spread constraints";
      }
    }
    return undefined;
  };
}

/** matchLabelKeys (`common.go` buildTopologySpreadConstraint): the pod's own values of those keys join the selector. */
function spreadSelector({ metadata }: Pod, { labelSelector, matchLabelKeys }: TopologySpreadConstraint): LabelSelector {
  if (matchLabelKeys === undefined) return labelSelector;
  const same = matchLabelKeys.flatMap((key) => {
    const value = own(metadata.labels, key);
    return value === undefined ? [] : [{ key, operator: 'In' as const, values: [value] }];
  });
  return { ...labelSelector, matchExpressions: [...labelSelector.matchExpressions, ...same] };
}

/** `matchNodeInclusionPolicies`: by default nodes the pod's affinity leaves out do not count, tainted ones do. */
function counts(pod: Pod, { nodeAffinityPolicy, nodeTaintsPolicy }: TopologySpreadConstraint, node: Node): boolean {
  if (nodeAffinityPolicy !== 'Ignore' && !admits(pod, node)) return false;
  if (nodeTaintsPolicy !== 'Honor') return true;
  const taints = node.spec.unschedulable ? [...node.spec.taints, CORDON] : node.spec.taints;
  return untolerated(pod.spec.tolerations, taints) === undefined;
}

/** Matching pods per domain, over nodes that count and have every constrained key. */
export function domainCounts(
  pod: Pod,
  constraint: TopologySpreadConstraint,
  together: readonly TopologySpreadConstraint[],
  state: ScheduleState,
): ReadonlyMap<string, number> {
  const counter = state.counter([pod.metadata.namespace], spreadSelector(pod, constraint));
  const domains = new Map<string, number>();
  state.nodes.forEach((node, at) => {
    const domain = own(node.metadata.labels, constraint.topologyKey);
    if (domain === undefined || !counts(pod, constraint, node)) return;
    if (together.some((other) => own(node.metadata.labels, other.topologyKey) === undefined)) return;
    domains.set(domain, (domains.get(domain) ?? 0) + (counter.perNode[at] ?? 0));
  });
  return domains;
}

/** InterPodAffinity `filtering.go`. The first pod of a group that is to sit with itself may go anywhere its key exists. */
function affinityFilter(pod: Pod, state: ScheduleState): Filter {
  const terms = (list: Pod['spec']['podAffinity']) =>
    list.map((term) => {
      const counter = state.counter(namespacesOf(pod, term), term.labelSelector);
      return { term, counter, domains: domainsOf(counter, term.topologyKey, state) };
    });
  const wanted = terms(pod.spec.podAffinity);
  const unwanted = terms(pod.spec.podAntiAffinity);
  const first = wanted.every(
    ({ term, counter }) =>
      counter.total === 0 &&
      namespacesOf(pod, term).includes(pod.metadata.namespace) &&
      selectorMatches(term.labelSelector, pod.metadata.labels),
  );
  return (node) => {
    for (const { term, domains } of wanted) {
      const domain = own(node.metadata.labels, term.topologyKey);
      if (domain === undefined || (!domains.has(domain) && !first)) return "node(s) didn't match pod affinity rules";
    }
    for (const { term, domains } of unwanted) {
      const domain = own(node.metadata.labels, term.topologyKey);
      if (domain !== undefined && domains.has(domain)) return "node(s) didn't match pod anti-affinity rules";
    }
    if (state.repels(pod, node)) return "node(s) didn't satisfy existing pods anti-affinity rules";
    return undefined;
  };
}

/** Domains with at least one pod counted. */
function domainsOf(counter: Counter, key: string, state: ScheduleState): ReadonlySet<string> {
  const domains = new Set<string>();
  if (counter.total === 0) return domains;
  state.nodes.forEach((node, at) => {
    const domain = own(node.metadata.labels, key);
    if (domain !== undefined && (counter.perNode[at] ?? 0) > 0) domains.add(domain);
  });
  return domains;
}

const pass: Filter = () => undefined;
