import { type Eni, IPV6_ROUTER, type Subnet } from '../../fabric/index.ts';
import { familyOf, type Ip, linkLocal } from '../../net/index.ts';

/**
 * The router answers for the subnet's first address, for the link-local one that it announces (RFC 4861, 4.2), and for the one
 * every subnet's router has.
 */
export const isRouter = (nexthop: Ip, { router, routerMac }: Subnet, eni: Eni): boolean =>
  nexthop === router ||
  nexthop === IPV6_ROUTER ||
  (familyOf(nexthop) === 6 && [routerMac, eni.routerMac ?? routerMac].some((each) => linkLocal(each) === nexthop));
