import { didYouMean, type Issue } from '../../base/index.ts';
import type { Cluster, SubnetSpec } from '../../cluster/index.ts';
import type { LoadBalancer } from '../../fabric/index.ts';
import { byText, own } from '../labels.ts';
import { clusterSubnets } from '../nodes.ts';
import { isOn } from './controller.ts';

/** What decides where a load balancer's nodes stand. */
export interface SubnetsAsked {
  readonly scheme: LoadBalancer['scheme'];
  readonly dualstack: boolean;
}

const ROLE = { 'internet-facing': 'kubernetes.io/role/elb', internal: 'kubernetes.io/role/internal-elb' } as const;
const OF_CLUSTER = 'kubernetes.io/cluster/';

/** A role tag counts with an empty value or 1. */
const hasRole = ({ tags }: SubnetSpec, scheme: LoadBalancer['scheme']): boolean => {
  const value = own(tags, ROLE[scheme]);
  return value === '' || value === '1';
};

/**
 * The AWS Load Balancer Controller's choice, one subnet a zone: those with the role tag; where no subnet of the VPC has it,
 * those that are public or private by their route table. Subnets tagged for other clusters alone are left out; the cluster's
 * own tag goes first, then the lowest id (pkg/networking/subnet_resolver.go, ResolveViaDiscovery). Gates take the second look, and
 * the one at tags of clusters, away.
 */
export function discoverSubnets(cluster: Cluster, { scheme, dualstack }: SubnetsAsked): readonly SubnetSpec[] {
  const all = clusterSubnets(cluster);
  const tagged = all.filter((subnet) => hasRole(subnet, scheme));
  const byRoute = isOn(cluster, 'SubnetDiscoveryByReachability')
    ? all.filter((subnet) => isPublic(cluster, subnet) === (scheme === 'internet-facing'))
    : [];
  const looksAtTags = isOn(cluster, 'SubnetsClusterTagCheck');
  const candidates = (tagged.length > 0 ? tagged : byRoute)
    .filter((subnet) => !looksAtTags || !isForeign(cluster, subnet))
    .filter(({ cidrs }) => !dualstack || cidrs.some(({ family }) => family === 6));
  return onePerZone(candidates, (subnet) => (isOwn(cluster, subnet) ? 0 : 1));
}

/**
 * The cloud controller manager's: any subnet of the VPC, a public one where clients come from the internet, the one with
 * the role tag first (cloud-provider-aws pkg/providers/v1/aws.go, findELBSubnets).
 */
export function findElbSubnets(cluster: Cluster, { scheme }: SubnetsAsked): readonly SubnetSpec[] {
  const candidates = clusterSubnets(cluster)
    .filter((subnet) => !isForeign(cluster, subnet))
    .filter((subnet) => scheme === 'internal' || isPublic(cluster, subnet));
  const rank = (subnet: SubnetSpec): number => (hasRole(subnet, scheme) ? 0 : isOwn(cluster, subnet) ? 1 : 2);
  return onePerZone(candidates, rank);
}

/** Live objects tell of the subnets that nodes and pods are in: the VPC may have others, and tags. */
export const isUndescribed = ({ network }: Cluster): boolean =>
  network.vpcs.find(({ id }) => id === network.clusterVpc)?.undescribed === true;

/**
 * Subnets by id or by their tag Name, as an annotation gives them; undefined where one of them is none, or a second in its zone:
 * then a controller makes nothing (pkg/networking/subnet_resolver.go, ResolveViaNameOrIDSlice).
 */
export function namedSubnets(
  cluster: Cluster,
  names: readonly string[],
  report: (problem: Pick<Issue, 'message'> & Partial<Issue>) => void,
): readonly SubnetSpec[] | undefined {
  const all = clusterSubnets(cluster);
  const found: SubnetSpec[] = [];
  const wanted = new Set(names);
  for (const name of wanted) {
    const subnet = all.find(({ id, tags }) => id === name || own(tags, 'Name') === name);
    if (subnet === undefined) {
      const known = all.flatMap(({ id, tags }) => [id, own(tags, 'Name') ?? id]);
      if (isUndescribed(cluster)) report({ message: `Subnet "${name}" is none of those the input tells of` });
      else report({ message: `No subnet of the cluster's VPC is "${name}"`, ...didYouMean(name, known) });
    } else if (found.some(({ zone }) => zone === subnet.zone)) {
      report({ message: `Subnet "${name}" is the second in zone ${subnet.zone}: a load balancer takes one a zone` });
    } else found.push(subnet);
  }
  return found.length === wanted.size ? found : undefined;
}

/** A route to an internet gateway makes a subnet public. */
function isPublic(cluster: Cluster, subnet: SubnetSpec): boolean {
  const vpc = cluster.network.vpcs.find(({ id }) => id === cluster.network.clusterVpc);
  const table = vpc?.routeTables.find(({ id }) => id === subnet.routeTable);
  return table?.routes.some(({ target }) => target.startsWith('igw') || target === vpc?.internetGateway) ?? false;
}

const isOwn = ({ name }: Cluster, { tags }: SubnetSpec): boolean => own(tags, `${OF_CLUSTER}${name}`) !== undefined;

const isForeign = (cluster: Cluster, subnet: SubnetSpec): boolean =>
  !isOwn(cluster, subnet) && Object.keys(subnet.tags).some((tag) => tag.startsWith(OF_CLUSTER));

function onePerZone(candidates: readonly SubnetSpec[], rank: (subnet: SubnetSpec) => number): readonly SubnetSpec[] {
  const chosen = new Map<string, SubnetSpec>();
  for (const subnet of candidates.toSorted((a, b) => rank(a) - rank(b) || byText(a.id, b.id)))
    if (!chosen.has(subnet.zone)) chosen.set(subnet.zone, subnet);
  return [...chosen.values()].sort((a, b) => byText(a.zone, b.zone));
}
