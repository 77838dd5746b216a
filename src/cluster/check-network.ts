import { didYouMean, type Issue, type SourceRef } from '../base/index.ts';
import { type Cidr, cidr, cidrCovers, cidrsOverlap, LINK_LOCAL } from '../net/index.ts';
import { checkRoutes } from './check-routes.ts';
import type { Cluster } from './cluster.ts';
import type { Network, SubnetSpec, VpcSpec } from './network.ts';

type Complain = (code: string, at: SourceRef, message: string, more?: Pick<Issue, 'hint' | 'rests'>) => void;

/** A VPC's parts against each other (VPC user guide: subnets inside a block, never overlapping; one route table each). */
export function checkNetwork(cluster: Cluster, issues: Issue[]): void {
  const { network } = cluster;
  const complain: Complain = (code, at, message, more = {}) => {
    issues.push({ code, severity: 'error', at, message, rests: ['network'], ...more });
  };
  const ids = network.vpcs.map((vpc) => vpc.id);
  const [first] = network.vpcs;
  if (first !== undefined && !ids.includes(network.clusterVpc)) {
    complain(
      'unknown-reference',
      first.source,
      `The cluster's VPC "${network.clusterVpc}" is not described`,
      didYouMean(network.clusterVpc, ids),
    );
  }
  unique(network.vpcs, 'VPC', complain);
  unique(
    network.vpcs.flatMap((vpc) => vpc.subnets),
    'Subnet',
    complain,
  );
  unique(
    network.vpcs.flatMap((vpc) => vpc.routeTables),
    'Route table',
    complain,
  );
  unique(
    network.vpcs.flatMap((vpc) => vpc.natGateways),
    'NAT gateway',
    complain,
  );
  unique(network.peerings, 'Peering', complain);
  for (const peering of network.peerings) {
    for (const end of [peering.requester, peering.accepter]) {
      if (!ids.includes(end))
        complain(
          'unknown-reference',
          peering.source,
          `Peering "${peering.id}" names VPC "${end}", which is not described`,
          didYouMean(end, ids),
        );
    }
    checkPeeredBlocks(peering, network.vpcs, complain);
  }
  for (const vpc of network.vpcs) {
    checkBlocks(vpc, complain);
    checkSubnets(vpc, complain);
    checkGateways(vpc, complain);
  }
  checkRoutes(cluster, issues);
}

/** Blocks no VPC can have (VPC user guide, VPC CIDR blocks): those no host outside itself or its link has, and groups. */
const NO_VPC: readonly (readonly [block: Cidr, what: string])[] = [
  ...LINK_LOCAL.map((block) => [block, 'link-local'] as const),
  [cidr('0.0.0.0/8'), 'for "this network"'],
  [cidr('127.0.0.0/8'), 'loopback'],
  [cidr('224.0.0.0/4'), 'multicast'],
];

function checkBlocks({ id, cidrs, undescribed, source }: VpcSpec, complain: Complain): void {
  if (undescribed === true) return;
  for (const block of cidrs) {
    const reserved = NO_VPC.find(([range]) => cidrsOverlap(range, block));
    if (reserved === undefined) continue;
    const [range, what] = reserved;
    complain(
      'cidr-reserved',
      source,
      `CIDR ${block.text} of VPC "${id}" is ${what} (${range.text}): no VPC can have it`,
    );
  }
}

/** AWS refuses a peering between VPCs with any blocks that overlap (VPC peering guide, Limitations). */
function checkPeeredBlocks(peering: Network['peerings'][number], vpcs: readonly VpcSpec[], complain: Complain): void {
  const blocksOf = (id: string): VpcSpec['cidrs'] => vpcs.find((vpc) => vpc.id === id)?.cidrs ?? [];
  const { id, requester, accepter, source } = peering;
  if (requester === accepter) return;
  for (const one of blocksOf(requester)) {
    const other = blocksOf(accepter).find((block) => cidrsOverlap(one, block));
    if (other === undefined) continue;
    const what = `Peering "${id}" joins VPCs whose CIDRs overlap: ${one.text} of "${requester}" and ${other.text} of "${accepter}"`;
    complain('peered-cidrs-overlap', source, what, { hint: 'AWS refuses such a peering: give one VPC another block' });
    return;
  }
}

function unique(
  items: readonly { readonly id: string; readonly source: SourceRef }[],
  what: string,
  complain: Complain,
): void {
  const seen = new Set<string>();
  for (const { id, source } of items) {
    if (seen.has(id)) complain('duplicate', source, `${what} "${id}" is given twice`);
    seen.add(id);
  }
}

function checkSubnets(vpc: VpcSpec, complain: Complain): void {
  const tables = vpc.routeTables.map((table) => table.id);
  const earlier: SubnetSpec[] = [];
  for (const subnet of vpc.subnets) {
    for (const block of subnet.cidrs) {
      if (!vpc.cidrs.some((outer) => cidrCovers(outer, block))) {
        complain(
          'cidr-outside-vpc',
          subnet.source,
          `Subnet "${subnet.id}" is ${block.text}, outside every CIDR of VPC "${vpc.id}" (${vpc.cidrs.map((c) => c.text).join(', ')})`,
        );
      }
      const other = earlier.find((candidate) => candidate.cidrs.some((taken) => cidrsOverlap(taken, block)));
      if (other !== undefined)
        complain(
          'subnets-overlap',
          subnet.source,
          `Subnet "${subnet.id}" (${block.text}) overlaps subnet "${other.id}"`,
        );
    }
    earlier.push(subnet);
    if (!tables.includes(subnet.routeTable)) {
      complain(
        'unknown-reference',
        subnet.source,
        `Subnet "${subnet.id}" names route table "${subnet.routeTable}", which is not in VPC "${vpc.id}"`,
        didYouMean(subnet.routeTable, tables),
      );
    }
  }
}

function checkGateways(vpc: VpcSpec, complain: Complain): void {
  const subnets = vpc.subnets.map((subnet) => subnet.id);
  for (const gateway of vpc.natGateways) {
    if (!subnets.includes(gateway.subnet)) {
      complain(
        'unknown-reference',
        gateway.source,
        `NAT gateway "${gateway.id}" names subnet "${gateway.subnet}", which is not in VPC "${vpc.id}"`,
        didYouMean(gateway.subnet, subnets),
      );
    }
  }
}
