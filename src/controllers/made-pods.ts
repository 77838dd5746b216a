import type { ObjectMeta, Pod, PodSpec, Workload } from '../cluster/index.ts';
import { freeName } from './seeded-names.ts';

/** The label by which a Deployment tells its ReplicaSets apart. */
export const HASH = 'pod-template-hash';

/** As many pods of one template, with names of the API server's shape. */
export function replicaPods(set: Workload, replicas: number, taken: ReadonlySet<string>): readonly Pod[] {
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

/** A pod of a workload's template. */
export function podOf(owner: Workload, name: string, generateName: string | undefined, spec: PodSpec): Pod {
  const meta = ownedMeta(owner, name, owner.template.labels, owner.template.annotations);
  return {
    kind: 'Pod',
    metadata: generateName === undefined ? meta : { ...meta, generateName },
    spec,
    status: { podIPs: [] },
    source: owner.source,
  };
}

/** What a controller writes into the metadata of what it makes. */
export function ownedMeta(
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
