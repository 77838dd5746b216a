import type { SourceRef } from '../base/index.ts';
import type { Filters, SecurityGroupSpec } from './filters.ts';
import type { NodeSpec } from './network.ts';
import { allOut } from './own/read-filters.ts';
import type { InputObjects } from './read-objects.ts';

interface Wanted {
  readonly name: string;
  readonly objects: Pick<InputObjects, 'securityGroups' | 'networkAcls' | 'prefixLists' | 'clusters'>;
  readonly nodes: readonly NodeSpec[];
}

/**
 * The filters of a cluster and the groups its nodes wear. Where groups are described, EKS's own cluster security group is on
 * the control plane's interfaces and on nodes that name none: it lets in all from itself and everything out (EKS guide,
 * security group requirements). An input that describes no group has none, and nothing is filtered.
 */
export function clusterFilters(
  { name, objects, nodes }: Wanted,
  assumptions: string[],
): { readonly filters: Filters; readonly nodeSpecs: readonly NodeSpec[] } {
  const { securityGroups: given, networkAcls, prefixLists, clusters } = objects;
  const lists = { networkAcls, prefixLists };
  const [own] = clusters;
  if (given.length === 0)
    return { filters: { ...lists, securityGroups: [], controlPlaneGroups: [] }, nodeSpecs: nodes.map(wearing) };
  const id = own?.spec.securityGroup ?? `eks-cluster-sg-${name}`;
  const bare = nodes.filter(({ securityGroups = [], enis }) => securityGroups.length === 0 && !hasOwn(enis));
  const isBare = new Set(bare);
  const isDescribed = given.some((group) => group.id === id);
  const place = own?.fields.document.source ?? given[0]?.source ?? { file: name };
  if (bare.length > 0)
    assumptions.push(
      `${count(bare.length)} in the input: taken to be in the cluster security group ${id}, as EKS does`,
    );
  if (!isDescribed)
    assumptions.push(
      `The cluster security group ${id} is not described: taken as EKS makes it, in from itself, out to everybody; it is on the control plane's interfaces`,
    );
  return {
    filters: {
      ...lists,
      securityGroups: isDescribed ? given : [...given, asEksMakesIt(id, place)],
      controlPlaneGroups: [id, ...(own?.spec.additionalSecurityGroups ?? [])],
    },
    nodeSpecs: nodes.map((node) => wearing(isBare.has(node) ? { ...node, securityGroups: [id] } : joining(node, id))),
  };
}

const joining = (node: NodeSpec, id: string): NodeSpec =>
  node.joinsClusterGroup === true && node.securityGroups !== undefined
    ? { ...node, securityGroups: [...new Set([id, ...node.securityGroups])] }
    : node;

const hasOwn = (enis: NodeSpec['enis']): boolean =>
  enis.some((eni) => eni.deviceIndex === 0 && eni.securityGroups.length > 0);

const count = (nodes: number): string =>
  nodes === 1 ? '1 node names no security group' : `${nodes} nodes name no security group`;

const asEksMakesIt = (id: string, source: SourceRef): SecurityGroupSpec => ({
  id,
  ingress: [{ protocol: 'all', peer: { kind: 'security-group', id }, source }],
  egress: allOut(source),
  source,
});

/** Given ENIs that say nothing are as the primary: the CNI copies its groups (amazon-vpc-cni-k8s, pkg/awsutils). */
function wearing(node: NodeSpec): NodeSpec {
  const primary = node.enis.find((eni) => eni.deviceIndex === 0)?.securityGroups ?? [];
  const groups = primary.length > 0 ? primary : (node.securityGroups ?? []);
  if (groups.length === 0) return node;
  const enis = node.enis.map((eni) => (eni.securityGroups.length > 0 ? eni : { ...eni, securityGroups: groups }));
  return { ...node, securityGroups: groups, enis };
}
