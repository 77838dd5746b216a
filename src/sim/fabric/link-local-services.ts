import { LINK_LOCAL_SERVICES } from '../../fabric/index.ts';
import { type Cidr, cidr, cidrContains, type Family, familyOf, type Ip } from '../../net/index.ts';

/** What the router never carries, whatever a route table says (VPC guide, route tables, reserved destinations). */
const RESERVED: Readonly<Record<Family, Cidr>> = { 4: cidr('169.254.168.0/22'), 6: cidr('fd00:ec2::/32') };

/** What the answer of a service depends on that no input describes, or who gives it (EC2 and EKS guides). */
const DETAILS: ReadonlyMap<string, string> = new Map([
  ['169.254.169.254', ": whether it answers hangs on the instance's metadata options"],
  ['fd00:ec2::254', ": whether it answers hangs on the instance's metadata options"],
  ['169.254.170.23', ', which runs on the node itself'],
  ['fd00:ec2::23', ', which runs on the node itself'],
]);

/**
 * Why a packet for a link-local service of the platform cannot be followed beyond the ENI; undefined for any other
 * destination. The service answers at the card or nobody does: no route, gateway or other ENI ever sees the packet.
 */
export function linkLocalService(dst: Ip): string | undefined {
  if (!cidrContains(RESERVED[familyOf(dst)], dst)) return undefined;
  const who = `${LINK_LOCAL_SERVICES.get(dst) ?? 'reserved for services of the platform'}${DETAILS.get(dst) ?? ''}`;
  return `${dst} is ${who}; it is never routed, and the model has no host for it`;
}
