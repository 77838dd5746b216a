import { type Cidr, cidrContains, cidrFirst, cidrLast, cidrNth, type Ip, ip } from '../net/index.ts';
import { resolverAddresses } from './resolver-addresses.ts';
import type { Fabric, VpcRoute } from './types.ts';
import { UNDESCRIBED } from './undescribed.ts';

/**
 * The router of every subnet as IPv6 instances address it where they hear no announcement (amazon-vpc-cni-k8s
 * `pkg/networkutils/network.go`, GetIPv6Gateway).
 */
export const IPV6_ROUTER: Ip = ip('fe80:ec2::1');

/** What the platform answers with at the card, or on the node, and never routes (EC2 and EKS guides). */
export const LINK_LOCAL_SERVICES: ReadonlyMap<string, string> = new Map([
  ['169.254.169.254', 'the instance metadata service'],
  ['fd00:ec2::254', 'the instance metadata service'],
  ['169.254.169.123', 'the Amazon Time Sync Service'],
  ['fd00:ec2::123', 'the Amazon Time Sync Service'],
  ['169.254.170.2', 'the credentials endpoint of ECS tasks'],
  ['169.254.170.23', 'the EKS Pod Identity Agent'],
  ['fd00:ec2::23', 'the EKS Pod Identity Agent'],
]);

/**
 * What AWS keeps an address for that no interface can have: the resolver's, and of every subnet the first four and the last
 * (VPC guide, subnet CIDR blocks). Undefined for any other address, and for what is in a network nobody described.
 */
export function reservedFor({ vpcs, subnets, routeTables }: Fabric, address: Ip): string | undefined {
  const service = LINK_LOCAL_SERVICES.get(address);
  if (service !== undefined) return service;
  for (const vpc of vpcs) if (resolverAddresses(vpc).includes(address)) return 'the VPC resolver';
  for (const { id, cidrs, router, routeTable } of subnets) {
    if (!cidrs.some((block) => cidrContains(block, address))) continue;
    if (routeTables.find((table) => table.id === routeTable)?.routes.some(leadsNowhereKnown)) continue;
    if (address === router) return `the router of subnet ${id}`;
    for (const block of cidrs) {
      const what = keptOf(block, address);
      if (what !== undefined) return `${what} subnet ${id}`;
    }
  }
  return undefined;
}

const leadsNowhereKnown = ({ target }: VpcRoute): boolean =>
  target.kind === 'unsupported' && target.text === UNDESCRIBED;

const RESERVED_FIRST = 4;

function keptOf(block: Cidr, address: Ip): string | undefined {
  if (block.family === 4 && address === cidrFirst(block)) return 'the network address of';
  if (block.family === 4 && address === cidrLast(block)) return 'the broadcast address of';
  const isKept =
    address === cidrLast(block) || [...Array(RESERVED_FIRST).keys()].some((n) => address === cidrNth(block, n));
  return isKept ? 'one AWS keeps in' : undefined;
}
