import {
  type Address,
  type IpRule,
  kernelRoutes,
  kernelRules,
  type Link,
  LOCAL_TABLE,
  type Route,
} from '../../linux/index.ts';
import type { Family } from '../../net/index.ts';
import { LOOPBACK_4, LOOPBACK_6 } from './addresses.ts';
import { LOOPBACK } from './devices.ts';

/**
 * The local table as the kernel fills it; a host that forwards IPv6 has the anycast addresses of its subnets as well. Connected routes of main are not here: who configured an address decides
 * whether its route stays (ipamd deletes those of secondary ENIs, DHCP clients rewrite the primary's).
 */
export function localRoutes(
  addresses: readonly Address[],
  links: readonly Link[],
  options: { readonly forwarding6?: boolean } = {},
): readonly Route[] {
  const others = addresses.filter((address) => address.dev !== LOOPBACK.ifname);
  const ipv6 = addresses.some((address) => address.family === 6 && address.dev === LOOPBACK.ifname);
  return [...(ipv6 ? OF_LOOPBACK[6] : OF_LOOPBACK[4]), ...kernelRoutes(others, links, options).filter(isLocal)];
}

const isLocal = (route: Route): boolean => route.table === LOCAL_TABLE;

/** What `lo` brings is the same in every namespace: the same objects everywhere. */
const OF_LOOPBACK: Readonly<Record<Family, readonly Route[]>> = {
  4: kernelRoutes(LOOPBACK_4, [LOOPBACK]).filter(isLocal),
  6: kernelRoutes(LOOPBACK_6, [LOOPBACK]).filter(isLocal),
};

const START: Readonly<Record<Family, readonly IpRule[]>> = { 4: kernelRules(4), 6: kernelRules(6) };

/** The rules every namespace starts with: the same objects everywhere. */
export const startRules = (family: Family): readonly IpRule[] => START[family];

/** Of both families: IPv6's are there also where no device speaks it (net/ipv6/fib6_rules.c fib6_rules_net_init). */
export const START_RULES: readonly IpRule[] = [...START[4], ...START[6]];
