import type { Issue, Parsed } from '../../base/index.ts';
import { type Cidr, defaultRoute, type Family, familyOf, type Ip, isHostCidr } from '../../net/index.ts';
import { withPlaces } from '../written.ts';
import { dsfieldText } from './dsfield.ts';
import { JsonFields } from './json-fields.ts';
import { isRecord, type JsonEntry, printJsonLines, readJsonEntries } from './json-lines.ts';
import { metricsFrom, metricsJson, metricWords, type RouteMetrics } from './route-metrics.ts';
import { isTableName, parseTable, tableName } from './tables.ts';
import { MAIN_TABLE, type NextHop, type Route, type RouteType, UNNUMBERED_TABLE } from './types.ts';

export const ROUTE_TYPES: readonly RouteType[] = [
  'unicast',
  'local',
  'broadcast',
  'anycast',
  'multicast',
  'unreachable',
  'blackhole',
  'prohibit',
  'throw',
];
export const ROUTE_SCOPES = ['global', 'site', 'link', 'host', 'nowhere'] as const;
/** Ageing and cache facts, what the type says already, and a label no lookup reads; `pref` is read for the family alone. */
const IGNORED = ['expires', 'cache', 'cacheinfo', 'used', 'age', 'users', 'family', 'error', 'flow'];
/** Tunnels whose own destination is printed as one more "dst" behind the route's (iproute2 6.1, ip/iproute_lwtunnel.c). */
const HIDES_DST: readonly unknown[] = ['ip', 'ip6', 'mpls'];

/** `ip -j route show table all`, with `ip -6 -j ...` behind it or as `family` (iproute2 6.1, ip/iproute.c print_route). */
export function parseIpJsonRoute(text: string, file: string, family?: Family): Parsed<Route[]> {
  const entries = readJsonEntries(text, file);
  const issues: Issue[] = [...entries.issues];
  const read = entries.value.flatMap((entry) => {
    const item = readRoute(entry, family, issues);
    return item === undefined ? [] : [{ item, line: entry.line }];
  });
  return { value: withPlaces(read, file, 'ip-route.json'), issues };
}

function readRoute(entry: JsonEntry, given: Family | undefined, issues: Issue[]): Route | undefined {
  const fields = new JsonFields(entry, issues);
  if (HIDES_DST.includes(entry.fields.encap)) {
    fields.fail('The route leads into a tunnel, and "dst" is the tunnel\'s', 'a route without "encap"');
    return undefined;
  }
  const type = fields.choice('type', ROUTE_TYPES) ?? 'unicast';
  const dstText = fields.require(fields.text('dst'), 'dst');
  const gateway = fields.ip('gateway');
  const prefsrc = fields.ip('prefsrc');
  const unread: string[] = [];
  const nexthops = readNexthops(entry, fields, issues, unread);
  const inet6 = fields.raw('family') === 'inet6' || fields.raw('pref') !== undefined;
  const hint = gateway ?? prefsrc ?? nexthops?.find((hop) => hop.gateway !== undefined)?.gateway;
  const family = given ?? (inet6 ? 6 : hint === undefined ? 4 : familyOf(hint));
  const dst = dstText === 'default' ? defaultRoute(family) : fields.cidr('dst');
  const table = namedTable(fields, unread) ?? fields.table('table') ?? MAIN_TABLE;
  const dev = fields.text('dev');
  const protocol = fields.text('protocol') ?? 'boot';
  const scope = readScope(fields, unread);
  const metric = fields.number('metric');
  const tos = fields.dsfield('tos');
  const metrics = readMetrics(fields);
  const flags = fields.texts('flags') ?? [];
  const unsupported = [...fields.unread(IGNORED), ...unread].join(' ');
  if (fields.failed || dst === undefined) return undefined;
  if (tos !== undefined && dst.family === 6) {
    fields.fail('A route of IPv6 has no "tos"');
    return undefined;
  }
  if (unsupported !== '') fields.warn(`Route to ${blockText(dst)} has what is not modelled: ${unsupported}`);
  if (gateway !== undefined && familyOf(gateway) !== dst.family)
    fields.fail(`Gateway ${gateway} is not of the family of ${dst.text}`);
  if (fields.failed) return undefined;
  return {
    type,
    family: dst.family,
    dst,
    table,
    ...(dev === undefined ? {} : { dev }),
    ...(gateway === undefined ? {} : { gateway }),
    ...(nexthops === undefined ? {} : { nexthops }),
    ...(prefsrc === undefined ? {} : { prefsrc }),
    protocol,
    scope,
    ...(metric === undefined ? {} : { metric }),
    ...(tos === undefined || tos === 0 ? {} : { tos }),
    ...metrics,
    flags,
    ...(unsupported === '' ? {} : { unsupported }),
  };
}

/** One without a name is kept as text. */
function readScope(fields: JsonFields, unread: string[]): Route['scope'] {
  const text = fields.text('scope') ?? 'global';
  const scope = ROUTE_SCOPES.find((known) => known === text);
  if (scope === undefined) unread.push(`scope ${text}`);
  return scope ?? 'global';
}

/** A name of rt_tables, whose number is not collected. */
function namedTable(fields: JsonFields, unread: string[]): number | undefined {
  const table = fields.raw('table');
  if (typeof table !== 'string' || !isTableName(table)) return undefined;
  unread.push(`table ${table}`);
  return UNNUMBERED_TABLE;
}

/** `unread` gets what is not known of any of them. */
function readNexthops(
  entry: JsonEntry,
  fields: JsonFields,
  issues: Issue[],
  unread: string[],
): readonly NextHop[] | undefined {
  const raw = fields.raw('nexthops');
  if (raw === undefined) return undefined;
  if (!Array.isArray(raw)) {
    fields.fail('Wrong "nexthops"', 'a list');
    return undefined;
  }
  return (raw as unknown[]).flatMap((item): NextHop[] => {
    const hop = new JsonFields({ ...entry, fields: isRecord(item) ? item : {} }, issues);
    const dev = hop.require(hop.text('dev'), 'dev');
    const gateway = hop.ip('gateway');
    const weight = hop.number('weight') ?? 1;
    const flags = hop.texts('flags') ?? [];
    unread.push(...hop.unread([]));
    if (hop.failed) fields.failed = true;
    return dev === undefined ? [] : [{ ...(gateway === undefined ? {} : { gateway }), dev, weight, flags }];
  });
}

function readMetrics(fields: JsonFields): RouteMetrics {
  const metrics = fields.raw('metrics');
  const groups = Array.isArray(metrics) ? (metrics as unknown[]).filter(isRecord) : [];
  return metricsFrom(groups, (name) => fields.warn(`Route metric "${name}" is not modelled`));
}

/** One route a line, with the keys of `ip -d -j route show table all`. */
export const printIpJsonRoute = (routes: readonly Route[]): string => printJsonLines(routes.map(routeJson));

export function routeJson(route: Route): unknown {
  const metrics = metricsJson(route);
  return {
    ...(route.type === 'unicast' ? {} : { type: route.type }),
    dst: blockText(route.dst),
    ...(route.tos === undefined ? {} : { tos: dsfieldText(route.tos) }),
    ...(route.gateway === undefined ? {} : { gateway: route.gateway }),
    ...(route.dev === undefined ? {} : { dev: route.dev }),
    table: tableName(route.table),
    protocol: route.protocol,
    scope: route.scope,
    ...(route.prefsrc === undefined ? {} : { prefsrc: route.prefsrc }),
    ...(route.metric === undefined ? {} : { metric: route.metric }),
    flags: route.flags,
    ...(metrics === undefined ? {} : { metrics }),
    ...(route.family === 6 ? { pref: 'medium' } : {}),
    ...(route.nexthops === undefined ? {} : { nexthops: route.nexthops }),
    ...(route.unsupported === undefined ? {} : { unsupported: route.unsupported }),
  };
}

/** `default`, an address, or a block: how iproute2 writes a destination. */
export const blockText = (block: Cidr): string => (block.prefix === 0 ? 'default' : hostText(block));
export const hostText = (block: Cidr): string =>
  isHostCidr(block) ? block.text.slice(0, block.text.indexOf('/')) : block.text;

/**
 * One route as `ip route show table all` prints it, or as `show table N` does when `table` says which was asked for; the
 * blanks at line ends are left out. Hops of a multipath route are lines of their own.
 */
export function showRoute(route: Route, table?: number): string {
  const words: string[] = route.type === 'unicast' ? [] : [route.type];
  words.push(blockText(route.dst));
  if (route.unsupported !== undefined) words.push(route.unsupported);
  if (route.tos !== undefined) words.push('tos', dsfieldText(route.tos));
  if (route.gateway !== undefined) words.push('via', route.gateway);
  if (route.dev !== undefined) words.push('dev', route.dev);
  if (table === undefined && route.table !== MAIN_TABLE && route.table !== UNNUMBERED_TABLE)
    words.push('table', tableName(route.table));
  if (route.protocol !== 'boot') words.push('proto', route.protocol);
  if (route.scope !== 'global') words.push('scope', route.scope);
  if (route.prefsrc !== undefined) words.push('src', route.prefsrc);
  if (route.metric !== undefined) words.push('metric', `${route.metric}`);
  words.push(...route.flags);
  words.push(...metricWords(route));
  if (route.family === 6) words.push('pref', 'medium');
  const hops = (route.nexthops ?? []).map((hop) => `\n\t${showNextHop(hop)}`);
  return words.join(' ') + hops.join('');
}

const showNextHop = (hop: NextHop): string =>
  ['nexthop', ...via(hop.gateway), 'dev', hop.dev, 'weight', `${hop.weight}`, ...hop.flags].join(' ');
const via = (gateway: Ip | undefined): readonly string[] => (gateway === undefined ? [] : ['via', gateway]);

/** `ip route show [table T]`, both families, IPv4 first. `all` names every table. */
export function showRoutes(routes: readonly Route[], table: string | number = 'main'): string {
  const number = typeof table === 'number' ? table : parseTable(table);
  const shown = table === 'all' ? routes : routes.filter((route) => route.table === number);
  const ordered = [...shown.filter((route) => route.family === 4), ...shown.filter((route) => route.family === 6)];
  return ordered.map((route) => `${showRoute(route, table === 'all' ? undefined : route.table)}\n`).join('');
}
