import type { Cluster } from '../cluster.ts';
import type { InputObjects } from '../read-objects.ts';
import type { EksctlCluster } from './read-cluster-config.ts';

/**
 * Nodes a ClusterConfig asks for that are not made: those EKS Auto Mode starts for pods that wait, and those of Windows
 * groups, unless the input lists the cluster's nodes.
 */
export function unmadeNodes(
  eksctl: EksctlCluster | undefined,
  { nodes }: Pick<InputObjects, 'nodes'>,
): Pick<Cluster, 'unmadeNodes'> {
  const at = eksctl?.autoMode;
  if (at !== undefined)
    return { unmadeNodes: { what: 'EKS Auto Mode starts a node for it, and its nodes are not modelled', at } };
  const group = nodes.length > 0 ? undefined : eksctl?.nodeGroups.find(({ unsupported }) => unsupported);
  if (group === undefined) return {};
  const what = `node group "${group.name}" may run it, and Windows nodes are not modelled`;
  return { unmadeNodes: { what, at: group.source } };
}
