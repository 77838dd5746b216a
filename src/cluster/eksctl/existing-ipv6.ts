import { fewOf, type Issue } from '../../base/index.ts';
import { type Cidr, cidrCovers } from '../../net/index.ts';
import type { SubnetSpec, VpcSpec } from '../network.ts';
import { type Live, nth64, STAND_IN_IPV6, shownBlocks } from './ipv6-block.ts';
import { liveIpv6Blocks } from './live-ipv6-blocks.ts';
import type { EksctlCluster } from './read-cluster-config.ts';

const MAX_LISTED = 8;

/** IPv6 of a VPC: its blocks, what of them is made up, and the part each subnet has, by its id. */
export interface VpcIpv6 {
  readonly blocks: readonly Cidr[];
  readonly standIn?: NonNullable<VpcSpec['standIn']>;
  readonly ofSubnets: ReadonlyMap<string, Cidr>;
}

/**
 * Of a VPC that was there before, which numbers its subnets as it likes: a ClusterConfig cannot say it (pkg/apis/eksctl.io/v1alpha5,
 * validation.go, ipv6CidrsValid), live nodes do. What lies beside their subnets' blocks is not known to be the VPC's.
 */
export function existingIpv6(
  cluster: EksctlCluster,
  subnets: readonly SubnetSpec[],
  live: Live,
  issues: Issue[],
  assumptions: string[],
): VpcIpv6 {
  const { ipv6Cidr: given, id = 'VPC' } = cluster.vpc;
  const isShown = shownBlocks(live).length > 0;
  const told = isShown ? liveIpv6Blocks(cluster, subnets, live, issues) : new Map<string, Cidr>();
  if (told.size > 0) {
    const list = [...told].map(([subnet, { text }]) => `${subnet} ${text}`);
    assumptions.push(
      `IPv6 blocks of the subnets of existing ${id} are taken from live nodes: ${fewOf(list, MAX_LISTED)}`,
    );
  }
  const from = given !== undefined && !isShown ? given : STAND_IN_IPV6;
  const ofSubnets = new Map(subnets.map((subnet, i) => [subnet.id, told.get(subnet.id) ?? nth64(from, i)]));
  const open = subnets.filter((subnet) => !told.has(subnet.id)).map((subnet) => subnet.id);
  const shown = [...told.values()].filter((block) => given === undefined || !cidrCovers(given, block));
  const blocks = [...(given === undefined ? [] : [given]), ...shown];
  if (from === given || open.length === 0) return { blocks, ofSubnets };
  assumptions.push(
    `IPv6 blocks of ${fewOf(open, MAX_LISTED)} are not known: of ${STAND_IN_IPV6.text} each has one that stands in for it`,
  );
  const standIn = { block: STAND_IN_IPV6, give: "a Network with the blocks of the VPC's subnets does" };
  return { blocks: [...blocks, STAND_IN_IPV6], standIn, ofSubnets };
}
