import type { Cluster, Node, NodeSpec } from '../../cluster/index.ts';
import { instanceLimits } from '../ipam/instance-types.ts';
import { branchLimit } from './branch-limits.ts';

/**
 * `vpc.amazonaws.com/pod-eni` of each node: what the node says, else what its type allows once it has a trunk, which the CNI
 * asks for with ENABLE_POD_ENI (amazon-vpc-resource-controller-k8s `pkg/provider/branch/provider.go` UpdateResourceCapacity;
 * amazon-vpc-cni-k8s `pkg/ipamd/ipamd.go` tryEnableSecurityGroupsForPods: only with an ENI's place free).
 */
export function podEniCapacities(cluster: Cluster, nodes: readonly Node[]): readonly number[] {
  const { podEni } = cluster.cni.settings;
  const specs = new Map(cluster.nodeSpecs.map((spec) => [spec.name, spec]));
  return nodes.map((node) => {
    const spec = specs.get(node.metadata.name);
    const made = podEni && spec !== undefined && hasPlace(spec) ? branchLimit(spec.instanceType) : 0;
    return node.status.capacityPodEnis ?? made;
  });
}

const hasPlace = ({ enis, instanceType }: NodeSpec): boolean =>
  enis.length === 0 ||
  enis.some(({ interfaceType }) => interfaceType === 'trunk') ||
  enis.length < (instanceLimits(instanceType)?.enis ?? 0);
