import type { Issue, Parsed } from '../base/index.ts';
import { type Cluster, isFargate, isPendingForReal, isTerminal, type Node, type Pod } from '../cluster/index.ts';
import { assume } from './assume.ts';
import { podEniCapacities } from './branch-enis/pod-eni-capacity.ts';
import { ipamSettings } from './ipam/settings.ts';
import { byText, keyOf, own } from './labels.ts';
import { podCapacity } from './pod-capacity.ts';
import { type PodPriorities, podPriorities } from './pod-priority.ts';
import { domainCounts, dynamicFilter, type Filter, staticFilter } from './schedule-filters.ts';
import { ScheduleState } from './schedule-state.ts';

/** More pods than this that wait for one reason share a warning. */
const MAX_ALONE = 3;

/**
 * Gives every pod a node, as kube-scheduler's default profile would filter; of the nodes left it takes the one with the
 * fewest pods, then the one in the emptiest ScheduleAnyway domain, then the first by name. CPU, memory and volumes are
 * not modelled. A pod that says its node keeps it; one that fits nowhere stays Pending, with the scheduler's own reason; so
 * does one an API server shows Pending, with the reason it has there.
 */
export function schedulePods(cluster: Cluster): Parsed<Cluster> {
  const issues: Issue[] = [];
  const nodes = cluster.nodes.toSorted((a, b) => byText(a.metadata.name, b.metadata.name));
  const state = new ScheduleState(nodes);
  const capacities = { pods: podCapacities(cluster, nodes), podEnis: podEniCapacities(cluster, nodes) };
  for (const pod of cluster.pods) placeGiven(pod, state, issues);
  const statics = new StaticFilters(nodes);
  let made = 0;
  const waiting = new Map<string, Pod[]>();
  const bound = new Map<string, string>();
  const priorities = podPriorities(cluster);
  const queue = cluster.pods.filter(isWaiting).toSorted(queueOrder(priorities.of));
  issues.push(...priorities.unknown(queue));
  for (const pod of queue) {
    const filter = dynamicFilter(pod, state, capacities);
    const at = pick(pod, state, statics, filter);
    if (at === undefined) {
      wait(waiting, pod, unschedulable(nodes, staticFilter(pod), filter));
      continue;
    }
    state.place(pod, at);
    bound.set(keyOf(pod), nodes[at]?.metadata.name ?? '');
    made++;
  }
  issues.push(...evictions(cluster, [...waiting.values()].flat(), priorities));
  for (const pod of cluster.pods.filter(isGated)) {
    wait(waiting, pod, `SchedulingGated: ${pod.spec.schedulingGates?.join(', ')}`);
  }
  for (const pod of cluster.pods.filter(isPendingForReal)) {
    wait(waiting, pod, pod.status.why ?? (pod.spec.nodeName === undefined ? 'not scheduled' : 'not started'));
  }
  for (const [why, pods] of waiting) issues.push(...pending(pods, why));
  if (made === 0 && waiting.size === 0) return { value: cluster, issues };
  const reasons = new Map([...waiting].flatMap(([why, pods]) => pods.map((pod) => [pod, why] as const)));
  const pods = cluster.pods.map((pod): Pod => {
    const why = reasons.get(pod);
    if (why !== undefined) return { ...pod, status: { ...pod.status, phase: 'Pending', why } };
    const nodeName = isWaiting(pod) ? bound.get(keyOf(pod)) : undefined;
    return nodeName === undefined ? pod : { ...pod, spec: { ...pod.spec, nodeName } };
  });
  if (made === 0) return { value: { ...cluster, pods }, issues };
  const said = [
    'pods without a node go to the admissible node with the fewest pods; CPU and memory requests are not modelled',
  ];
  const prefers = cluster.pods.find((pod) => pod.spec.prefers === true && bound.has(keyOf(pod)) && isWaiting(pod));
  if (prefers !== undefined)
    said.push(`preferred affinity is not weighed: "${keyOf(prefers)}" may be on another node it is admitted to`);
  return { value: assume({ ...cluster, pods }, ...said), issues };
}

function wait(waiting: Map<string, Pod[]>, pod: Pod, why: string): void {
  const alike = waiting.get(why);
  if (alike === undefined) waiting.set(why, [pod]);
  else alike.push(pod);
}

const isOpen = (pod: Pod): boolean => pod.spec.nodeName === undefined && !isTerminal(pod) && !isPendingForReal(pod);
/** The scheduler leaves a pod with gates alone (plugin SchedulingGates). */
const isGated = (pod: Pod): boolean => isOpen(pod) && pod.spec.schedulingGates !== undefined;
const isWaiting = (pod: Pod): boolean => isOpen(pod) && pod.spec.schedulingGates === undefined;

/** By priority (plugin PrioritySort): EKS's add-ons are system-cluster-critical; then agents of the node, then by name. */
function queueOrder(priority: (pod: Pod) => number): (a: Pod, b: Pod) => number {
  const agent = (pod: Pod): number => (pod.metadata.ownerReferences.some((o) => o.kind === 'DaemonSet') ? 0 : 1);
  return (a, b) => priority(b) - priority(a) || agent(a) - agent(b) || byText(keyOf(a), keyOf(b));
}

/** Pods that fit nowhere and are worth more than some that have a node: kube-scheduler makes room for them (plugin DefaultPreemption). */
function evictions(cluster: Cluster, unfit: readonly Pod[], priorities: PodPriorities): readonly Issue[] {
  if (unfit.length === 0) return [];
  let lowest = Number.POSITIVE_INFINITY;
  for (const pod of cluster.pods) {
    if (pod.spec.nodeName !== undefined && !isTerminal(pod)) lowest = Math.min(lowest, priorities.of(pod));
  }
  const stronger = unfit.filter((pod) => priorities.preempts(pod) && priorities.of(pod) > lowest);
  const [first] = stronger;
  if (first === undefined) return [];
  const who =
    stronger.length === 1
      ? `Pod "${keyOf(first)}" has`
      : `${stronger.length} pods (the first is "${keyOf(first)}") have`;
  return [
    {
      code: 'not-modelled',
      severity: 'warning',
      at: first.source,
      message: `${who} a higher priority than pods with a node: kube-scheduler may evict some of those to make room, which is not modelled`,
    },
  ];
}

function placeGiven(pod: Pod, state: ScheduleState, issues: Issue[]): void {
  const { nodeName } = pod.spec;
  if (nodeName === undefined || isTerminal(pod)) return;
  const at = state.indexOf(nodeName);
  if (at !== undefined) state.place(pod, at);
  else
    issues.push({
      code: 'unknown-reference',
      severity: 'warning',
      at: pod.source,
      message: `Pod "${keyOf(pod)}" is on node "${nodeName}", which is not in the input`,
    });
}

/** Candidate nodes of a pod, shared by all pods with the same selectors and tolerations. */
class StaticFilters {
  private readonly nodes: readonly Node[];
  private readonly known = new Map<string, readonly number[]>();
  private readonly keys = new WeakMap<object, string>();

  constructor(nodes: readonly Node[]) {
    this.nodes = nodes;
  }

  candidates(pod: Pod): readonly number[] {
    const { spec } = pod;
    let key = this.keys.get(spec);
    if (key === undefined) {
      key = JSON.stringify([spec.nodeSelector, spec.requiredNodeAffinity, spec.tolerations]);
      this.keys.set(spec, key);
    }
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const filter = staticFilter(pod);
    const made = this.nodes.flatMap((node, at) => (filter(node, at) === undefined ? [at] : []));
    this.known.set(key, made);
    return made;
  }
}

function pick(pod: Pod, state: ScheduleState, statics: StaticFilters, filter: Filter): number | undefined {
  const soft = pod.spec.topologySpreadConstraints.filter((c) => c.whenUnsatisfiable === 'ScheduleAnyway');
  const domains = soft.map((constraint) => ({ constraint, counts: domainCounts(pod, constraint, [], state) }));
  const crowd = (node: Node): number =>
    domains.reduce((sum, d) => sum + (d.counts.get(own(node.metadata.labels, d.constraint.topologyKey) ?? '') ?? 0), 0);
  let best: number | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  let thinnest = Number.POSITIVE_INFINITY;
  for (const at of statics.candidates(pod)) {
    const count = state.podCount[at] ?? 0;
    if (count > fewest || (count === fewest && domains.length === 0)) continue;
    const node = state.nodes[at];
    if (node === undefined || filter(node, at) !== undefined) continue;
    const crowded = domains.length === 0 ? 0 : crowd(node);
    if (count === fewest && crowded >= thinnest) continue;
    best = at;
    fewest = count;
    thinnest = crowded;
  }
  return best;
}

/** `0/3 nodes are available: 1 Too many pods, 2 node(s) were unschedulable.` (framework/types.go FitError) */
function unschedulable(nodes: readonly Node[], fixed: Filter, moving: Filter): string {
  const reasons = new Map<string, number>();
  nodes.forEach((node, at) => {
    const reason = fixed(node, at) ?? moving(node, at);
    if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  });
  const list = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort(byText);
  const why = list.length === 0 ? '' : `: ${list.join(', ')}`;
  return `0/${nodes.length} nodes are available${why}`;
}

/** A warning a pod, or one for many that wait for the same reason. */
function pending(pods: readonly Pod[], why: string): readonly Issue[] {
  const issue = (at: Issue['at'], message: string): Issue => ({
    code: 'pod-unschedulable',
    severity: 'warning',
    at,
    message,
  });
  const [first] = pods;
  if (first === undefined) return [];
  if (pods.length <= MAX_ALONE) {
    return pods.map((pod) => issue(pod.source, `Pod "${keyOf(pod)}" stays Pending: ${why}`));
  }
  return [issue(first.source, `${pods.length} pods stay Pending: ${why} (the first is "${keyOf(first)}")`)];
}

/** Pods a node takes, host network ones included: what it says, else what its type allows; one of Fargate none but its own. */
function podCapacities(cluster: Cluster, nodes: readonly Node[]): readonly number[] {
  const settings = ipamSettings(cluster);
  const specs = new Map(cluster.nodeSpecs.map((spec) => [spec.name, spec]));
  return nodes.map((node) =>
    isFargate(node) ? 0 : (node.status.capacityPods ?? podCapacity(specs.get(node.metadata.name), settings)),
  );
}
