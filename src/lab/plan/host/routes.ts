import {
  dsfieldText,
  kernelRoutes,
  metricWords,
  type Netns,
  type NextHop,
  overAbsentDevice,
  type Route,
  showRoute,
} from '../../../linux/index.ts';
import { cidrCovers, type Family, LINK_LOCAL6 } from '../../../net/index.ts';
import type { Lines } from '../lines.ts';

/**
 * Lines that make every table what the World says: what the kernel adds for the addresses and the World lacks is deleted,
 * what it does not add is added. Local routes go last and come first, since they make an address a source that others may
 * name; routes with a gateway come last, since it has to be reachable (fib_semantics.c fib_create_info, fib_check_nh).
 */
export function planRoutes(netns: Netns, family: Family, lines: Lines): void {
  const forwarding6 = netns.sysctls.get('net.ipv6.conf.all.forwarding') === '1';
  const made = kernelRoutes(netns.addresses, netns.links, { forwarding6 }).filter(
    (route) => route.family === family && !isKernelsOwn6(route),
  );
  const wanted = netns.routes.filter((route) => route.family === family && !isKernelsOwn6(route));
  const left = keys(made);
  const asked = keys(wanted);
  const surplus = made.filter((route) => !take(asked, route));
  for (const route of [
    ...surplus.filter((each) => each.type !== 'local'),
    ...surplus.filter((each) => each.type === 'local'),
  ])
    lines.add('route', 'del', ...routeWords(route));
  const devices = new Set(netns.links.map(({ ifname }) => ifname));
  const missing = wanted.filter((route) => !take(left, route));
  const verb = family === 4 ? 'append' : 'add';
  for (const route of [...missing].sort((a, b) => rank(a) - rank(b))) {
    const lost = overAbsentDevice(route, devices);
    if (lost !== undefined) lines.gap(`route ${showRoute(route)}`, lost);
    else if (route.unsupported === undefined) lines.add('route', verb, ...routeWords(route));
    else lines.gap(`route ${showRoute(route)}`, `${route.unsupported} is not modelled`);
  }
}

/** Link-local routes and multicast: the kernel keeps them on every device that speaks IPv6 (addrconf.c addrconf_dev_config). */
export const isKernelsOwn6 = (route: Route): boolean =>
  route.family === 6 &&
  route.protocol === 'kernel' &&
  (route.dst.text === 'ff00::/8' || cidrCovers(LINK_LOCAL6, route.dst));

const rank = (route: Route): number => (route.type === 'local' ? 0 : hasGateway(route) ? 2 : 1);

const hasGateway = (route: Route): boolean =>
  route.gateway !== undefined || (route.nexthops ?? []).some((hop) => hop.gateway !== undefined);

type Counts = Map<string, number>;

function keys(routes: readonly Route[]): Counts {
  const counts: Counts = new Map();
  for (const route of routes) counts.set(keyOf(route), (counts.get(keyOf(route)) ?? 0) + 1);
  return counts;
}

function take(counts: Counts, route: Route): boolean {
  const left = counts.get(keyOf(route)) ?? 0;
  if (left > 0) counts.set(keyOf(route), left - 1);
  return left > 0;
}

const keyOf = (route: Route): string => routeWords(route).join(' ');

/** A route as `ip route add` takes it: every field said, nothing left to its defaults. */
export function routeWords(route: Route): readonly (string | number)[] {
  return [
    ...(route.type === 'unicast' ? [] : [route.type]),
    route.dst.text,
    ...(route.tos === undefined ? [] : ['tos', dsfieldText(route.tos)]),
    ...hopWords(route),
    'table',
    route.table,
    'proto',
    route.protocol,
    ...(route.family === 4 ? ['scope', route.scope] : []),
    ...(route.prefsrc === undefined ? [] : ['src', route.prefsrc]),
    ...(route.metric === undefined || route.metric === 0 ? [] : ['metric', route.metric]),
    ...metricWords(route),
    ...(route.nexthops ?? []).flatMap((hop) => ['nexthop', ...hopWords(hop), 'weight', hop.weight]),
  ];
}

/** `onlink` is an instruction; `linkdown`, `dead` and the like are states the kernel finds itself. */
const hopWords = (hop: Pick<NextHop, 'gateway' | 'flags'> & { readonly dev?: string }): readonly string[] => [
  ...(hop.gateway === undefined ? [] : ['via', hop.gateway]),
  ...(hop.dev === undefined ? [] : ['dev', hop.dev]),
  ...(hop.flags.includes('onlink') ? ['onlink'] : []),
];
