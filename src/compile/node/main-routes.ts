import { MAIN_TABLE, type Origin, type Route } from '../../linux/index.ts';
import {
  type Cidr,
  cidrContains,
  cidrNth,
  cidrOf,
  defaultRoute,
  familyOf,
  type Ip,
  ip,
  linkLocal,
  type Mac,
} from '../../net/index.ts';
import type { NodePlan } from './plan-types.ts';

const IMDS = ip('169.254.169.254');
const dhcp: Origin = { by: 'dhcp' };

/** The address the VPC's resolver answers at: the primary block's base + 2. */
export function vpcResolver(node: NodePlan): Ip | undefined {
  const primary = node.primary.subnet.vpc.cidrs.find((block) => block.family === 4);
  return primary === undefined ? undefined : cidrNth(primary, 2);
}

/** What the image's DHCP client puts into main for the primary ENI, with the kernel's connected route. */
export function mainRoutes(node: NodePlan): readonly Route[] {
  const { ifname: dev, subnet } = node.primary;
  const { primaryIp } = node.primary.spec;
  const ipv6 = node.addresses.filter((address) => familyOf(address) === 6);
  const routes: Route[] = [];
  if (familyOf(primaryIp) === 4 && subnet.cidr4 !== undefined) routes.push(...ipv4Routes(node, subnet.cidr4));
  if (ipv6.length > 0 && subnet.cidr6 !== undefined)
    routes.push(...ipv6Routes(dev, subnet.cidr6, subnet.routerMac, ipv6));
  return routes;
}

function ipv4Routes(node: NodePlan, connected: Cidr): readonly Route[] {
  const { ifname: dev, subnet, spec } = node.primary;
  const via = subnet.router;
  const base = { type: 'unicast', family: 4, table: MAIN_TABLE, dev, flags: [] } as const;
  if (node.os.dhcp.client === 'dhclient') {
    return [
      { ...base, dst: defaultRoute(4), gateway: via, protocol: 'boot', scope: 'global', origin: dhcp },
      { ...base, dst: cidrOf(IMDS), protocol: 'boot', scope: 'global', origin: dhcp },
      { ...base, dst: connected, prefsrc: spec.primaryIp, protocol: 'kernel', scope: 'link', origin: { by: 'kernel' } },
    ];
  }
  const leased = { ...base, prefsrc: spec.primaryIp, metric: node.os.dhcp.metric, origin: dhcp } as const;
  const resolver = vpcResolver(node);
  const toResolver: Route[] = [];
  if (resolver !== undefined && cidrContains(connected, resolver)) {
    toResolver.push({ ...leased, dst: cidrOf(resolver), protocol: 'dhcp', scope: 'link' });
  } else if (resolver !== undefined) {
    toResolver.push({ ...leased, dst: cidrOf(resolver), gateway: via, protocol: 'dhcp', scope: 'global' });
  }
  return [
    { ...leased, dst: defaultRoute(4), gateway: via, protocol: 'dhcp', scope: 'global' },
    { ...leased, dst: connected, protocol: 'kernel', scope: 'link', origin: { by: 'kernel' } },
    { ...leased, dst: cidrOf(via), protocol: 'dhcp', scope: 'link' },
    ...toResolver,
  ];
}

/** Router advertisements give the default route, through the router's link-local address. */
function ipv6Routes(dev: string, connected: Cidr, router: Mac, addresses: readonly Ip[]): readonly Route[] {
  const base = { type: 'unicast', family: 6, table: MAIN_TABLE, dev, scope: 'global', flags: [] } as const;
  return [
    ...addresses.map(
      (address): Route => ({
        ...base,
        dst: cidrOf(address),
        protocol: 'kernel',
        metric: 512,
        origin: { by: 'kernel' },
      }),
    ),
    { ...base, dst: connected, protocol: 'ra', metric: 512, origin: { by: 'ra' } },
    { ...base, dst: defaultRoute(6), gateway: linkLocal(router), protocol: 'ra', metric: 512, origin: { by: 'ra' } },
  ];
}
