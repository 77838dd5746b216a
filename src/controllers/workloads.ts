import type { Parsed } from '../base/index.ts';
import {
  type Cluster,
  isFargate,
  isTerminal,
  type Node,
  type ObjectMeta,
  type Pod,
  type PodSpec,
  type Toleration,
  type Workload,
} from '../cluster/index.ts';
import { assume } from './assume.ts';
import { byText, keyOf, mapMatches, nodeTermsMatch, selectorMatches, untolerated } from './labels.ts';
import { freeName, safeString } from './seeded-names.ts';

const HASH = 'pod-template-hash';

/**
 * Makes the pods that workloads ask for and the input does not have (kube-controller-manager `pkg/controller/{deployment,
 * replicaset,statefulset,daemon,job}`). Pods that are there stand for their workload whole: a live list is what it is, and
 * a fifth replica that nobody saw would be a guess. Names have the real shape; their random letters are ours.
 */
export function expandWorkloads(cluster: Cluster): Parsed<Cluster> {
  const owned = new OwnedPods(cluster);
  const taken = new Set(cluster.pods.map(keyOf));
  const workloads: Workload[] = [];
  const pods: Pod[] = [];
  for (const workload of cluster.workloads) {
    const made = expand(workload, owned, cluster.nodes, taken);
    workloads.push(...made.replicaSets);
    pods.push(...made.pods);
    for (const pod of made.pods) taken.add(keyOf(pod));
  }
  if (pods.length + workloads.length === 0) return { value: cluster, issues: [] };
  const value = {
    ...cluster,
    workloads: [...cluster.workloads, ...workloads],
    pods: [...cluster.pods, ...pods],
  };
  return { value: assume(value, 'names of pods made from workloads are drawn from a seed'), issues: [] };
}

interface Made {
  readonly replicaSets: readonly Workload[];
  readonly pods: readonly Pod[];
}
const nothing: Made = { replicaSets: [], pods: [] };

function expand(workload: Workload, owned: OwnedPods, nodes: readonly Node[], taken: ReadonlySet<string>): Made {
  const controlled = workload.metadata.ownerReferences.some((owner) => owner.controller);
  if (workload.kind === 'ReplicaSet' && controlled) return nothing;
  if (owned.any(workload)) return nothing;
  switch (workload.kind) {
    case 'Deployment': {
      if (workload.replicas === 0) return nothing;
      const live = owned.replicaSetsOf(workload).find((set) => set.replicas > 0);
      const set = live ?? replicaSetOf(workload);
      const pods = replicaPods(set, workload.replicas, taken);
      return { replicaSets: live === undefined && !owned.known(set) ? [set] : [], pods };
    }
    case 'ReplicaSet':
      return { replicaSets: [], pods: replicaPods(workload, workload.replicas, taken) };
    case 'Job':
      return { replicaSets: [], pods: jobPods(workload, taken) };
    case 'StatefulSet':
      return { replicaSets: [], pods: statefulPods(workload) };
    case 'DaemonSet':
      return { replicaSets: [], pods: daemonPods(workload, nodes, taken) };
  }
}

/** `deployment/util.ComputeHash` hashes the template with FNV; ours hashes its JSON, so it differs from the real one. */
function replicaSetOf(deployment: Workload): Workload {
  const hash = safeString(`${keyOf(deployment)}:${JSON.stringify(deployment.template)}`, 10);
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

function replicaPods(set: Workload, replicas: number, taken: ReadonlySet<string>): readonly Pod[] {
  const { namespace, name } = set.metadata;
  const here = new Set<string>();
  const used = { has: (pod: string) => here.has(pod) || taken.has(`${namespace}/${pod}`) };
  // apiserver `names.SimpleNameGenerator`: the base is cut so that five more letters fit in 63.
  const prefix = `${name}-`.slice(0, 58);
  return Array.from({ length: replicas }, (_, i) => {
    const pod = freeName(prefix, `${namespace}/${name}/${i}`, used);
    here.add(pod);
    return podOf(set, pod, prefix, set.template.spec);
  });
}

/**
 * `pkg/controller/job`: pods carry their Job's name as the labels the API server adds to the template; of an Indexed one the
 * lowest indexes run first, each in the pod's name, hostname, label and annotation (`indexed_job_utils.go`).
 */
function jobPods(job: Workload, taken: ReadonlySet<string>): readonly Pod[] {
  const { namespace, name } = job.metadata;
  const mine = { 'batch.kubernetes.io/job-name': name, 'job-name': name };
  const labels = { ...job.template.labels, ...mine };
  const labelled = { ...job, template: { ...job.template, labels } };
  if (job.indexed !== true) return replicaPods(labelled, job.replicas, taken);
  const here = new Set<string>();
  const used = { has: (pod: string) => here.has(pod) || taken.has(`${namespace}/${pod}`) };
  return Array.from({ length: job.replicas }, (_, i) => {
    const index = { 'batch.kubernetes.io/job-completion-index': String(i) };
    const prefix = `${name.slice(0, 58 - `-${i}-`.length)}-${i}-`;
    const pod = freeName(prefix, `${namespace}/${name}/${i}`, used);
    here.add(pod);
    const template = {
      ...job.template,
      labels: { ...labels, ...index },
      annotations: { ...job.template.annotations, ...index },
    };
    return podOf({ ...job, template }, pod, prefix, { ...template.spec, hostname: `${name}-${i}` });
  });
}

/** Stable names, and a hostname that is the pod's (`stateful_set_utils.go` initIdentity). */
function statefulPods(set: Workload): readonly Pod[] {
  return Array.from({ length: set.replicas }, (_, at) => {
    const i = at + (set.firstOrdinal ?? 0);
    const name = `${set.metadata.name}-${i}`;
    const subdomain = set.serviceName ?? '';
    const spec = { ...set.template.spec, hostname: name, ...(subdomain === '' ? {} : { subdomain }) };
    const pod = podOf(set, name, undefined, spec);
    const labels = { ...pod.metadata.labels, 'statefulset.kubernetes.io/pod-name': name };
    return { ...pod, metadata: { ...pod.metadata, labels: { ...labels, 'apps.kubernetes.io/pod-index': String(i) } } };
  });
}

/** One pod per node it may run on, bound to that node by affinity (`daemon_controller.go` NodeShouldRunDaemonPod, `util.ReplaceDaemonSetPodNodeNameNodeAffinity`). */
function daemonPods(set: Workload, nodes: readonly Node[], taken: ReadonlySet<string>): readonly Pod[] {
  const { namespace, name } = set.metadata;
  const { spec } = set.template;
  const tolerations = [...spec.tolerations, ...daemonTolerations(spec.hostNetwork)];
  const here = new Set<string>();
  const used = { has: (pod: string) => here.has(pod) || taken.has(`${namespace}/${pod}`) };
  return nodes
    .filter(
      (node) =>
        !isFargate(node) &&
        mapMatches(spec.nodeSelector, node.metadata.labels) &&
        (spec.requiredNodeAffinity.length === 0 || nodeTermsMatch(spec.requiredNodeAffinity, node)) &&
        untolerated(tolerations, node.spec.taints) === undefined &&
        (spec.nodeName === undefined || spec.nodeName === node.metadata.name),
    )
    .toSorted((a, b) => byText(a.metadata.name, b.metadata.name))
    .map((node) => {
      const pod = freeName(`${name}-`, `${namespace}/${name}/${node.metadata.name}`, used);
      here.add(pod);
      const field = { key: 'metadata.name', operator: 'In', values: [node.metadata.name] } as const;
      const affinity = [{ matchExpressions: [], matchFields: [field] }];
      return podOf(set, pod, `${name}-`, { ...spec, tolerations, requiredNodeAffinity: affinity });
    });
}

/** `daemon/util.AddOrUpdateDaemonPodTolerations`. */
function daemonTolerations(hostNetwork: boolean): readonly Toleration[] {
  const on = (name: string, effect: 'NoExecute' | 'NoSchedule'): Toleration => ({
    key: `node.kubernetes.io/${name}`,
    operator: 'Exists',
    value: '',
    effect,
  });
  const always = [on('not-ready', 'NoExecute'), on('unreachable', 'NoExecute'), on('disk-pressure', 'NoSchedule')];
  const more = [
    on('memory-pressure', 'NoSchedule'),
    on('pid-pressure', 'NoSchedule'),
    on('unschedulable', 'NoSchedule'),
  ];
  return [...always, ...more, ...(hostNetwork ? [on('network-unavailable', 'NoSchedule')] : [])];
}

function podOf(owner: Workload, name: string, generateName: string | undefined, spec: PodSpec): Pod {
  const meta = ownedMeta(owner, name, owner.template.labels, owner.template.annotations);
  return {
    kind: 'Pod',
    metadata: generateName === undefined ? meta : { ...meta, generateName },
    spec,
    status: { podIPs: [] },
    source: owner.source,
  };
}

function ownedMeta(
  owner: Workload,
  name: string,
  labels: ObjectMeta['labels'],
  notes: ObjectMeta['annotations'],
): ObjectMeta {
  return {
    name,
    namespace: owner.metadata.namespace,
    labels,
    annotations: notes,
    ownerReferences: [{ kind: owner.kind, name: owner.metadata.name, controller: true }],
  };
}

/** Which live pods and ReplicaSets belong to which workload. */
class OwnedPods {
  private readonly byOwner = new Set<string>();
  private readonly orphans = new Map<string, Pod[]>();
  private readonly sets = new Map<string, Workload[]>();
  private readonly setNames = new Set<string>();

  constructor(cluster: Cluster) {
    for (const pod of cluster.pods) {
      if (isTerminal(pod)) continue;
      const { namespace, ownerReferences } = pod.metadata;
      const owner = ownerReferences.find((reference) => reference.controller) ?? ownerReferences[0];
      if (owner !== undefined) this.byOwner.add(`${owner.kind}/${namespace}/${owner.name}`);
      else push(this.orphans, namespace, pod);
      // A list of pods without their ReplicaSets: `web-545755bc68` is Deployment web's.
      if (owner?.kind === 'ReplicaSet') {
        const hash = pod.metadata.labels[HASH] ?? /-([^-]+)$/.exec(owner.name)?.[1] ?? '';
        if (owner.name.endsWith(`-${hash}`)) {
          this.byOwner.add(`Deployment/${namespace}/${owner.name.slice(0, -hash.length - 1)}`);
        }
      }
    }
    for (const set of cluster.workloads) {
      if (set.kind !== 'ReplicaSet') continue;
      this.setNames.add(keyOf(set));
      const owner = set.metadata.ownerReferences.find((reference) => reference.kind === 'Deployment');
      if (owner !== undefined) push(this.sets, `${set.metadata.namespace}/${owner.name}`, set);
    }
  }

  any(workload: Workload): boolean {
    if (this.byOwner.has(`${workload.kind}/${keyOf(workload)}`)) return true;
    if (this.replicaSetsOf(workload).some((set) => this.byOwner.has(`ReplicaSet/${keyOf(set)}`))) return true;
    const prefix = `${workload.metadata.name}-`;
    return (this.orphans.get(workload.metadata.namespace) ?? []).some(
      (pod) => pod.metadata.name.startsWith(prefix) && selectorMatches(workload.selector, pod.metadata.labels),
    );
  }

  replicaSetsOf(workload: Workload): readonly Workload[] {
    return workload.kind === 'Deployment' ? (this.sets.get(keyOf(workload)) ?? []) : [];
  }

  known(set: Workload): boolean {
    return this.setNames.has(keyOf(set));
  }
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
