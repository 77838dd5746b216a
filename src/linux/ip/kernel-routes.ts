import {
  type Cidr,
  cidr,
  cidrFirst,
  cidrLast,
  cidrOf,
  type Family,
  type Ip,
  ipBits,
  isHostCidr,
  widthOf,
} from '../../net/index.ts';
import type { Origin } from '../origin.ts';
import { type Address, DEFAULT_TABLE, type IpRule, type Link, LOCAL_TABLE, MAIN_TABLE, type Route } from './types.ts';

const origin: Origin = { by: 'kernel' };
const NO_FLAGS: Route['flags'] = [];
const MULTICAST6 = cidr('ff00::/8');

/**
 * The routes the kernel itself adds for configured addresses: the local table, and the connected routes of main
 * (net/ipv4/fib_frontend.c fib_add_ifaddr; net/ipv6/addrconf.c addrconf_prefix_route, addrconf_add_mroute,
 * addrconf_join_anycast). A link that is down has but its addresses' own, and of IPv6 only
 * one without neighbours (addrconf_dad_begin, IFF_NOARP). In the order `ip route show table all` dumps them.
 *
 * The subnet-router anycast address of IPv6 exists only where the namespace forwards: `forwarding6`.
 */
export function kernelRoutes(
  addresses: readonly Address[],
  links: readonly Link[],
  options: { readonly forwarding6?: boolean } = {},
): readonly Route[] {
  const linkOf = linksByName(links);
  const routes: Route[] = [];
  const multicast = new Set<string>();
  for (const address of addresses) {
    const link = linkOf(address.dev);
    if (link === undefined) continue;
    const up = link.flags.includes('UP');
    if (!up && address.family === 6 && !link.flags.includes('NOARP')) continue;
    const loopback = link.flags.includes('LOOPBACK');
    routes.push(
      ...(address.family === 4
        ? routes4(address, loopback, primaryOf(address, addresses), up)
        : routes6(address, loopback || !up, options)),
    );
    if (address.family === 6 && !loopback && link.flags.includes('MULTICAST')) multicast.add(address.dev);
  }
  for (const dev of multicast)
    routes.push({ ...base6(dev), table: LOCAL_TABLE, type: 'multicast', dst: MULTICAST6, metric: 256 });
  return routes.length < 2 ? routes : firstOfEach(routes.sort(inDumpOrder));
}

/** A namespace of a pod has two links, one of a node a hundred. */
function linksByName(links: readonly Link[]): (name: string) => Link | undefined {
  if (links.length <= FEW) return (name) => links.find(({ ifname }) => ifname === name);
  const byName = new Map(links.map((link) => [link.ifname, link]));
  return (name) => byName.get(name);
}

const FEW = 4;

const inDumpOrder = (a: Route, b: Route): number =>
  a.family - b.family || a.table - b.table || compareFirst(a.dst, b.dst) || a.dst.prefix - b.dst.prefix;

const compareFirst = (a: Cidr, b: Cidr): number => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0);

/** Two addresses of one subnet and device ask for the same route: the first one's is kept (EEXIST for the other). */
function firstOfEach(sorted: readonly Route[]): readonly Route[] {
  return sorted.filter((route, at) => {
    for (let before = at - 1; before >= 0; before--) {
      const other = sorted[before];
      if (other === undefined || inDumpOrder(other, route) !== 0) return true;
      if (other.type === route.type && other.dev === route.dev) return false;
    }
    return true;
  });
}

/** A secondary address's own local route names the primary address of its subnet as source. */
function primaryOf(address: Address, addresses: readonly Address[]): Ip {
  if (address.secondary !== true) return address.local;
  const subnet = cidrOf(address.local, address.prefixlen).text;
  const primary = addresses.find(
    (other) =>
      other.dev === address.dev &&
      other.secondary !== true &&
      other.family === 4 &&
      other.prefixlen === address.prefixlen &&
      cidrOf(other.local, other.prefixlen).text === subnet,
  );
  return primary?.local ?? address.local;
}

function routes4(address: Address, loopback: boolean, prefsrc: Ip, up: boolean): readonly Route[] {
  const { dev, local, prefixlen, secondary } = address;
  const route = (table: number, type: Route['type'], dst: Cidr, scope: Route['scope']): Route => ({
    family: 4,
    dev,
    prefsrc,
    protocol: 'kernel',
    flags: NO_FLAGS,
    origin,
    table,
    type,
    dst,
    scope,
  });
  const routes: Route[] = [route(LOCAL_TABLE, 'local', cidrOf(local), 'host')];
  if (!up) return routes;
  const broadcast = (to: Ip): Route => route(LOCAL_TABLE, 'broadcast', cidrOf(to), 'link');
  if (address.broadcast !== undefined && address.broadcast !== '255.255.255.255')
    routes.push(broadcast(address.broadcast));
  const subnet: Cidr = address.peer ?? cidrOf(local, prefixlen);
  if (secondary === true || prefixlen === 0 || (isHostCidr(subnet) && subnet.first === ipBits(local))) return routes;
  routes.push(loopback ? route(LOCAL_TABLE, 'local', subnet, 'host') : route(MAIN_TABLE, 'unicast', subnet, 'link'));
  if (prefixlen < 31) routes.push(broadcast(cidrLast(subnet)));
  return routes;
}

const base6 = (dev: string) => ({ family: 6, dev, protocol: 'kernel', scope: 'global', flags: [], origin }) as const;

function routes6(address: Address, loopback: boolean, options: { readonly forwarding6?: boolean }): readonly Route[] {
  const { dev, local, prefixlen } = address;
  const inLocal = { ...base6(dev), table: LOCAL_TABLE, metric: 0 } as const;
  const own: Route = { ...inLocal, type: 'local', dst: cidrOf(local) };
  if (loopback) return [own];
  const subnet = address.peer ?? cidrOf(local, prefixlen);
  const anycast: readonly Route[] =
    options.forwarding6 === true && prefixlen < widthOf(6) - 1
      ? [{ ...inLocal, type: 'anycast', dst: cidrOf(cidrFirst(subnet)) }]
      : [];
  return [own, { ...base6(dev), table: MAIN_TABLE, type: 'unicast', dst: subnet, metric: 256 }, ...anycast];
}

/** The rules every namespace starts with; IPv6 has no default table (net/ipv4/fib_rules.c, net/ipv6/fib6_rules.c). */
export function kernelRules(family: Family): readonly IpRule[] {
  const lookup = (priority: number, table: number): IpRule => ({
    priority,
    family,
    not: false,
    action: { kind: 'lookup', table },
    protocol: 'kernel',
    origin,
  });
  const rules = [lookup(0, LOCAL_TABLE), lookup(32766, MAIN_TABLE)];
  return family === 4 ? [...rules, lookup(32767, DEFAULT_TABLE)] : rules;
}
