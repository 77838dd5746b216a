import { type Cluster, isTerminal, type Pod, type Workload } from '../cluster/index.ts';
import { keyOf, selectorMatches } from './labels.ts';
import { HASH } from './made-pods.ts';

/** Which live pods and ReplicaSets belong to which workload. */
export class OwnedPods {
  private readonly byOwner = new Set<string>();
  private readonly live: Pod[] = [];
  private readonly ended = new Map<string, Pod[]>();
  private readonly orphans = new Map<string, Pod[]>();
  private readonly sets = new Map<string, Workload[]>();
  private readonly setNames = new Set<string>();

  constructor(cluster: Cluster) {
    for (const pod of cluster.pods) {
      const { namespace, ownerReferences } = pod.metadata;
      const owner = ownerReferences.find((reference) => reference.controller) ?? ownerReferences[0];
      if (owner?.kind === 'Job' && pod.status.phase === 'Succeeded')
        push(this.ended, `${namespace}/${owner.name}`, pod);
      if (isTerminal(pod)) continue;
      this.live.push(pod);
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

  /** All it has. */
  podsOf(workload: Workload): readonly Pod[] {
    const sets = new Set(this.replicaSetsOf(workload).map(({ metadata }) => metadata.name));
    const { name, namespace } = workload.metadata;
    return this.live.filter((pod) => {
      const { ownerReferences, labels } = pod.metadata;
      if (pod.metadata.namespace !== namespace) return false;
      const owner = ownerReferences.find((reference) => reference.controller) ?? ownerReferences[0];
      if (owner === undefined)
        return pod.metadata.name.startsWith(`${name}-`) && selectorMatches(workload.selector, labels);
      if (owner.kind === workload.kind) return owner.name === name;
      if (owner.kind !== 'ReplicaSet' || workload.kind !== 'Deployment') return false;
      const hash = labels[HASH] ?? /-([^-]+)$/.exec(owner.name)?.[1] ?? '';
      return sets.has(owner.name) || owner.name === `${name}-${hash}`;
    });
  }

  /** Pods of a Job that have. */
  succeeded(workload: Workload): readonly Pod[] {
    return workload.kind === 'Job' ? (this.ended.get(keyOf(workload)) ?? []) : [];
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
