import type { Issue } from '../../base/index.ts';
import { type Cidr, cidr, cidrOf, familyOf, ipFromBits } from '../../net/index.ts';
import { addressesOf } from '../derive-network.ts';
import type { Node, Pod } from '../objects.ts';
import type { EksctlCluster } from './read-cluster-config.ts';

/** Stands in for the /56 Amazon would give (RFC 3849, documentation). */
export const STAND_IN_IPV6 = cidr('2001:db8:0:1200::/56');
/** What Amazon gives a VPC (EC2 API, AssociateVpcCidrBlock, AmazonProvidedIpv6CidrBlock). */
const AMAZON_GIVES = 56;

/** Live objects, which have addresses of the VPC's block. */
export interface Live {
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
}

interface VpcBlock {
  readonly block: Cidr;
  readonly isMadeUp: boolean;
}

/**
 * The IPv6 block of the VPC. A ClusterConfig names one of the user's own alone: else Amazon gives it (pkg/cfn/builder/vpc_ipv6.go,
 * addIpv6CidrBlock), and live nodes show which.
 */
export function vpcIpv6Block(cluster: EksctlCluster, live: Live, issues: Issue[], assumptions: string[]): VpcBlock {
  const { ipv6Cidr: given, source } = cluster.vpc;
  if (given !== undefined) return { block: given, isMadeUp: false };
  const shown = shownBlocks(live);
  const [first] = shown;
  if (first === undefined) {
    assumptions.push(`the VPC's IPv6 block is not known: ${STAND_IN_IPV6.text} stands in for it`);
    return { block: STAND_IN_IPV6, isMadeUp: true };
  }
  if (shown.length === 1) {
    assumptions.push(
      `the VPC's IPv6 block is not given: taken to be ${first.text}, which the live nodes and pods are in`,
    );
    return { block: first, isMadeUp: false };
  }
  issues.push({
    code: 'missing-field',
    severity: 'error',
    rests: ['network'],
    at: source,
    message: `Field "vpc.ipv6Cidr" is missing: live nodes and pods are in ${shown.map(({ text }) => text).join(', ')}, and which of them is of the VPC cannot be told from them`,
    expected:
      'expected the IPv6 block of the VPC (beside "vpc.ipv6Pool"), of which each subnet in turn has a /64, or a Network that has the blocks of every subnet',
  });
  return { block: STAND_IN_IPV6, isMadeUp: true };
}

/** The `index`th /64 of the VPC's IPv6 block. */
export function nth64(block: Cidr, index: number): Cidr {
  const first = BigInt(block.first) + (BigInt(index) << 64n);
  return cidrOf(ipFromBits(first, 6), 64);
}

/** Those of the nodes; pods are asked where no node tells, for theirs may be of an overlay. */
export function shownBlocks({ nodes, pods }: Live): readonly Cidr[] {
  const ofNodes = blocksAround(nodes, []);
  return ofNodes.length > 0 ? ofNodes : blocksAround([], pods);
}

function blocksAround(nodes: readonly Node[], pods: readonly Pod[]): readonly Cidr[] {
  const blocks = new Map<string, Cidr>();
  for (const { address } of addressesOf(nodes, pods)) {
    if (familyOf(address) !== 6) continue;
    const block = cidrOf(address, AMAZON_GIVES);
    blocks.set(block.text, block);
  }
  return [...blocks.values()];
}
