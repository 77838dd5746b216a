import type { Issue } from '../../base/index.ts';
import { type Cluster, isFargate, type Workload } from '../../cluster/index.ts';
import { keyOf, mapMatches, nodeTermsMatch, untolerated } from '../labels.ts';

/** A DaemonSet that tolerates the taint of Fargate nodes wants a pod on each: a Fargate node runs the one pod it was made for. */
export function daemonsOnFargate(cluster: Cluster): readonly Issue[] {
  const nodes = cluster.nodes.filter(isFargate);
  if (nodes.length === 0) return [];
  return cluster.workloads
    .filter((workload) => workload.kind === 'DaemonSet' && nodes.some((node) => wants(workload, node)))
    .map((workload) => ({
      code: 'daemonset-on-fargate',
      severity: 'warning',
      at: workload.source,
      message: `DaemonSet "${keyOf(workload)}" wants a pod on every Fargate node, and those stay Pending: Fargate runs no DaemonSets`,
      expected:
        'a required node affinity with eks.amazonaws.com/compute-type NotIn [fargate], or the agent as a sidecar',
    }));
}

function wants({ template: { spec } }: Workload, node: Cluster['nodes'][number]): boolean {
  return (
    mapMatches(spec.nodeSelector, node.metadata.labels) &&
    (spec.requiredNodeAffinity.length === 0 || nodeTermsMatch(spec.requiredNodeAffinity, node)) &&
    untolerated(spec.tolerations, node.spec.taints) === undefined
  );
}
