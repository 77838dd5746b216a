import type { Issue, Parsed } from '../base/index.ts';
import type { Cluster, Node, Pod, Workload } from '../cluster/index.ts';
import { assume } from './assume.ts';
import { daemonPods } from './daemon-pods.ts';
import { jobPods, jobWants } from './job-pods.ts';
import { keyOf } from './labels.ts';
import { HASH, ownedMeta, podOf, replicaPods } from './made-pods.ts';
import { OwnedPods } from './owned-pods.ts';
import { endedFirst } from './scale-down.ts';
import { safeString } from './seeded-names.ts';

/**
 * Makes the pods that workloads ask for and the input does not have (kube-controller-manager `pkg/controller/{deployment,
 * replicaset,statefulset,daemon,job}`). Pods that are there stand for their workload whole: a live list is what it is, and
 * a fifth replica that nobody saw would be a guess. Where none is, a live workload's own status says how many there are.
 * Names have the real shape; their random letters are ours.
 */
export function expandWorkloads(cluster: Cluster): Parsed<Cluster> {
  const owned = new OwnedPods(cluster);
  const taken = new Set(cluster.pods.map(keyOf));
  const workloads: Workload[] = [];
  const pods: Pod[] = [];
  const issues: Issue[] = [];
  const said = new Set<string>();
  const gone = new Set<Pod>();
  for (const workload of cluster.workloads) {
    const made = expand(workload, owned, cluster.nodes, taken);
    if (made.asked !== undefined) issues.push(differs(workload, made.asked, made.pods.length));
    if (workload.turned === 'template' && owned.any(workload)) issues.push(notRolledOut(workload));
    for (const pod of made.gone ?? []) gone.add(pod);
    if (made.gone !== undefined)
      said.add(
        `which pods of ${nameOf(workload)} --set ends: of those its controller holds equal the last by name, and not the one that was ready for the shortest time`,
      );
    workloads.push(...made.replicaSets);
    const ready = readyOf(workload, made.pods);
    if (ready !== made.pods) said.add(`which pods of ${nameOf(workload)} are not ready: the last ones`);
    for (const pod of ready) {
      pods.push(pod);
      taken.add(keyOf(pod));
    }
  }
  if (pods.length + workloads.length + gone.size === 0) return { value: cluster, issues };
  const value = {
    ...cluster,
    workloads: [...cluster.workloads, ...workloads],
    pods: [...(gone.size === 0 ? cluster.pods : cluster.pods.filter((pod) => !gone.has(pod))), ...pods],
  };
  if (pods.length > 0) said.add('names of pods made from workloads are drawn from a seed');
  return { value: assume(value, ...said), issues };
}

interface Made {
  readonly replicaSets: readonly Workload[];
  readonly pods: readonly Pod[];
  /** How many pods its spec is for, where its status has another number. */
  readonly asked?: number;
  /** Pods that its controller ends. */
  readonly gone?: readonly Pod[];
}
const nothing: Made = { replicaSets: [], pods: [] };

function expand(workload: Workload, owned: OwnedPods, nodes: readonly Node[], taken: ReadonlySet<string>): Made {
  const controlled = workload.metadata.ownerReferences.some((owner) => owner.controller);
  if (workload.kind === 'ReplicaSet' && controlled) return nothing;
  if (owned.any(workload)) return workload.turned === 'count' ? scaled(workload, owned, taken) : nothing;
  const { status } = workload;
  if (workload.kind === 'DaemonSet') {
    const all = daemonPods(workload, nodes, taken);
    // A list of some of its nodes has fewer places than there are pods.
    if (status === undefined || status.pods >= all.length) return { replicaSets: [], pods: all };
    return { replicaSets: [], pods: all.slice(0, status.pods), asked: all.length };
  }
  const ended = owned.succeeded(workload);
  const asked = workload.kind === 'Job' ? jobWants(workload, ended) : workload.replicas;
  const count = status?.pods ?? asked;
  const made = { replicaSets: [], ...(count === asked ? {} : { asked }) };
  switch (workload.kind) {
    case 'Deployment': {
      if (count === 0) return { ...made, pods: [] };
      const live = owned.replicaSetsOf(workload).find((set) => (set.status?.pods ?? set.replicas) > 0);
      const set = live ?? replicaSetOf(workload);
      const pods = replicaPods(set, count, taken);
      return { ...made, replicaSets: live === undefined && !owned.known(set) ? [set] : [], pods };
    }
    case 'ReplicaSet':
      return { ...made, pods: replicaPods(workload, count, taken) };
    case 'Job':
      return { ...made, pods: jobPods(workload, count, ended, taken) };
    case 'StatefulSet':
      return { ...made, pods: statefulPods(workload, count) };
  }
}

/** Pods there are, to the number that was set: more of them, or fewer. */
function scaled(workload: Workload, owned: OwnedPods, taken: ReadonlySet<string>): Made {
  const all = owned.podsOf(workload);
  // One that is being deleted counts no more (controller_utils.go IsPodActive); of a StatefulSet it keeps its ordinal until it is gone.
  const there =
    workload.kind === 'StatefulSet' ? all : all.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const ended = owned.succeeded(workload);
  const count = workload.kind === 'Job' ? jobWants(workload, ended) : workload.replicas;
  if (there.length > count)
    return { replicaSets: [], pods: [], gone: endedFirst(workload, there).slice(0, there.length - count) };
  const more = count - there.length;
  switch (workload.kind) {
    case 'DaemonSet':
      return nothing;
    case 'Deployment': {
      const names = new Set(all.flatMap(({ metadata }) => metadata.ownerReferences.map(({ name }) => name)));
      const sets = owned.replicaSetsOf(workload);
      const set = sets.find(({ metadata }) => names.has(metadata.name)) ?? replicaSetOf(workload);
      return { replicaSets: owned.known(set) ? [] : [set], pods: replicaPods(set, more, taken) };
    }
    case 'ReplicaSet':
      return { replicaSets: [], pods: replicaPods(workload, more, taken) };
    case 'Job':
      return { replicaSets: [], pods: jobPods(workload, more, [...ended, ...there], taken) };
    case 'StatefulSet':
      return { replicaSets: [], pods: statefulPods(workload, count).filter((pod) => !taken.has(keyOf(pod))) };
  }
}

const nameOf = (workload: Workload): string => `${workload.kind} "${keyOf(workload)}"`;
const podsOf = (count: number): string => (count === 1 ? '1 pod' : `${count} pods`);

function differs(workload: Workload, asked: number, made: number): Issue {
  const has = made === 0 ? 'none: none is made' : `${made}: no more are made`;
  const message = `${nameOf(workload)} is for ${podsOf(asked)} and its status has ${has}`;
  const which = workload.kind === 'DaemonSet' ? 'on which nodes they are' : 'which they are';
  const hint = made === 0 ? {} : { hint: `a list of its pods beside it says ${which}` };
  return { code: 'workload-status-differs', severity: 'warning', at: workload.source, message, ...hint };
}

const notRolledOut = (workload: Workload): Issue => ({
  code: 'set-without-rollout',
  severity: 'warning',
  at: workload.source,
  message: `Pods of ${nameOf(workload)} stay as they are: what --set changes in its template reaches only pods made after it`,
  hint: 'leave its pods out of the input, and they are made of the template',
});

/** The status says how many of them are ready. */
function readyOf({ status }: Workload, pods: readonly Pod[]): readonly Pod[] {
  if (status === undefined || status.ready >= pods.length) return pods;
  return pods.map((pod, i) => (i < status.ready ? pod : { ...pod, status: { ...pod.status, ready: false } }));
}

/** `deployment/util.ComputeHash` hashes the template with FNV; ours hashes its JSON, less what only orders the scheduler's queue, so it differs from the real one. */
function replicaSetOf(deployment: Workload): Workload {
  const { priority: _, priorityClassName: __, preemptionPolicy: ___, ...spec } = deployment.template.spec;
  const hash = safeString(`${keyOf(deployment)}:${JSON.stringify({ ...deployment.template, spec })}`, 10);
  const name = `${deployment.metadata.name}-${hash}`;
  const { selector, template } = deployment;
  return {
    ...deployment,
    kind: 'ReplicaSet',
    metadata: ownedMeta(deployment, name, { ...template.labels, [HASH]: hash }, {}),
    selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH]: hash } },
    template: { ...template, labels: { ...template.labels, [HASH]: hash } },
  };
}

/** Stable names, and a hostname that is the pod's (`stateful_set_utils.go` initIdentity). */
function statefulPods(set: Workload, count: number): readonly Pod[] {
  return Array.from({ length: count }, (_, at) => {
    const i = at + (set.firstOrdinal ?? 0);
    const name = `${set.metadata.name}-${i}`;
    const subdomain = set.serviceName ?? '';
    const spec = { ...set.template.spec, hostname: name, ...(subdomain === '' ? {} : { subdomain }) };
    const pod = podOf(set, name, undefined, spec);
    const labels = { ...pod.metadata.labels, 'statefulset.kubernetes.io/pod-name': name };
    return { ...pod, metadata: { ...pod.metadata, labels: { ...labels, 'apps.kubernetes.io/pod-index': String(i) } } };
  });
}
