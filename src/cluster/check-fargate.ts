import { didYouMean } from '../base/index.ts';
import type { Cluster } from './cluster.ts';
import type { Complain } from './complain.ts';
import type { FargateProfileSpec, Network, SubnetSpec } from './network.ts';

/** EKS's own conditions on a profile (EKS user guide, Fargate profiles): up to five selectors, private subnets only. */
const MAX_SELECTORS = 5;

export function checkFargate(cluster: Cluster, complain: Complain): void {
  const { network } = cluster;
  const seen = new Set<string>();
  for (const { name, selectors, subnets, source } of cluster.fargateProfiles) {
    const who = `Fargate profile "${name}"`;
    if (seen.has(name)) complain('duplicate', source, `A second ${who}`);
    seen.add(name);
    if (selectors.length > MAX_SELECTORS)
      complain('too-many-selectors', source, `${who} has ${selectors.length} selectors`, {
        expected: `expected at most ${MAX_SELECTORS}`,
      });
    for (const { id, source: at } of subnets) {
      const subnet = namedSubnet(network, id);
      if (subnet === undefined) {
        const ids = clusterSubnetsOf(network).map((each) => each.id);
        complain('unknown-reference', at, `${who} names subnet "${id}", which the cluster's VPC does not have`, {
          rests: ['network'],
          ...didYouMean(id, ids),
        });
      } else if (!isPrivate(network, subnet))
        complain('fargate-subnet-public', at, `${who} names subnet "${id}", which is public`, {
          expected: 'expected a subnet without a route to an internet gateway: EKS takes no other for Fargate',
        });
    }
  }
}

/** Where a profile starts its micro-VMs. */
export function subnetsOfProfile({ subnets }: FargateProfileSpec, network: Network): readonly SubnetSpec[] {
  if (subnets.length === 0) return clusterSubnetsOf(network).filter((subnet) => isPrivate(network, subnet));
  return subnets.flatMap(({ id }) => namedSubnet(network, id) ?? []);
}

const clusterSubnetsOf = (network: Network): readonly SubnetSpec[] =>
  network.vpcs.find((vpc) => vpc.id === network.clusterVpc)?.subnets ?? [];

/** By its id, or by the name a ClusterConfig gives one that has none yet. */
const namedSubnet = (network: Network, name: string): SubnetSpec | undefined =>
  clusterSubnetsOf(network).find(({ id }) => id === name || id === `subnet-private-${name}`);

/** No direct route to an internet gateway, and none where it is not known that instances get public addresses. */
function isPrivate(network: Network, { routeTable, mapPublicIp }: SubnetSpec): boolean {
  const tables = network.vpcs.flatMap((vpc) => vpc.routeTables);
  const routes = tables.find(({ id }) => id === routeTable)?.routes ?? [];
  return !mapPublicIp && !routes.some(({ target }) => target.startsWith('igw-'));
}
