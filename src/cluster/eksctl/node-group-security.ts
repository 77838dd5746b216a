import type { NodeSpec } from '../network.ts';
import { maybe } from '../read/fields.ts';
import type { NodeGroup } from './node-group.ts';
import type { EksctlCluster } from './read-cluster-config.ts';

/**
 * Groups the nodes of a node group wear, as far as they are given. EKS adds the cluster security group to a managed one with
 * groups of its own (eksctl, pkg/cfn/builder/managed_launch_template.go). An unmanaged one is in the group they all share; that
 * one is eksctl's, and its rules are not in the input (nodegroup.go, addResourcesForSecurityGroups).
 */
export function groupSecurity(
  group: NodeGroup,
  { name, sharedNodeSecurityGroup }: EksctlCluster,
): Pick<NodeSpec, 'securityGroups' | 'joinsClusterGroup'> {
  const { managed, securityGroups, withShared } = group;
  if (managed) return { ...maybe('securityGroups', given(securityGroups)), joinsClusterGroup: true };
  const shared = sharedNodeSecurityGroup ?? `eksctl-${name}-cluster/ClusterSharedNodeSecurityGroup`;
  const isSaid = securityGroups.length > 0 || sharedNodeSecurityGroup !== undefined;
  return isSaid ? { securityGroups: [...securityGroups, ...(withShared ? [shared] : [])] } : {};
}

const given = (groups: readonly string[]): readonly string[] | undefined => (groups.length === 0 ? undefined : groups);
