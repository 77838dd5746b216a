import type { Cluster, EniSpec } from '../../cluster/index.ts';
import { own } from '../labels.ts';

/**
 * The group of an interface that controllers write rules into: the only one, or of several the one with the cluster's tag,
 * which EKS puts on its own. Where not exactly one has it they write nothing (aws-load-balancer-controller
 * pkg/networking/networking_manager.go, resolveEndpointSGForENI; cloud-provider-aws pkg/providers/v1/aws.go,
 * findSecurityGroupForInstance).
 */
export function groupToEdit({ name, filters }: Cluster, { securityGroups: worn }: EniSpec): string | readonly string[] {
  const [only] = worn;
  if (only !== undefined && worn.length === 1) return only;
  const [clusterGroup] = filters.controlPlaneGroups;
  const tagsOf = new Map(filters.securityGroups.map(({ id, tags = {} }) => [id, tags]));
  const tagged = worn.filter((id) => id === clusterGroup || own(tagsOf.get(id) ?? {}, tagOf(name)) !== undefined);
  const [one] = tagged;
  return one !== undefined && tagged.length === 1 ? one : tagged;
}

const tagOf = (cluster: string): string => `kubernetes.io/cluster/${cluster}`;

/** Why no group of an interface can be written into. */
export function ambiguity({ name }: Cluster, { id, securityGroups }: EniSpec, tagged: readonly string[]): string {
  const has = tagged.length === 0 ? 'none has' : `${tagged.join(' and ')} have`;
  return `of the security groups of interface ${id} (${securityGroups.join(', ')}) ${has} the tag ${tagOf(name)}, and its controller expects exactly one`;
}
