import { didYouMean, type Parsed } from '../../base/index.ts';
import { defaultRoute, type Family, familyOf, type Ip, parseCidr, parseIp } from '../../net/index.ts';
import { parseDsfield } from './dsfield.ts';
import { ROUTE_SCOPES, ROUTE_TYPES } from './route.ts';
import { isMetric, type RouteMetrics, withMetric } from './route-metrics.ts';
import { isTableName, parseTable } from './tables.ts';
import { eachLine, type Said, type TextForm, type Words } from './text-lines.ts';
import { MAIN_TABLE, type NextHop, type Route, UNNUMBERED_TABLE } from './types.ts';

/**
 * `ip route show [table all]`, or lines as `ip route add` takes them (ip-route(8)). `family` settles a bare `default`, but for
 * one with a preference, which only IPv6 has: of all tables both families' are printed.
 */
export function parseIpRouteText(
  text: string,
  file: string,
  family?: Family,
  form: TextForm = 'typed',
): Parsed<Route[]> {
  const joined = text.replace(/\n[ \t]+nexthop /g, '\u0000nexthop ');
  const unread = form === 'typed' ? undefined : (line: string) => unreadRoute(line, family);
  return eachLine(joined, file, 'route', (words, fail) => readRoute(words, family, fail), unread);
}

/** A line whose destination is all that is read: what follows it is kept as text. */
function unreadRoute(line: string, given: Family | undefined): Route | undefined {
  const [first = '', second = '', ...others] = line.trim().split(/\s+/);
  const type = ROUTE_TYPES.find((known) => known === first);
  const target = type === undefined ? first : second;
  const rest = type === undefined ? [second, ...others] : others;
  const family = rest.includes('pref') ? 6 : (given ?? (/:/.test(rest.join(' ')) ? 6 : 4));
  const dst = target === 'default' ? defaultRoute(family) : parseCidr(target);
  if (dst === undefined) return undefined;
  const table = rest.includes('table')
    ? (parseTable(rest[rest.indexOf('table') + 1] ?? '') ?? UNNUMBERED_TABLE)
    : MAIN_TABLE;
  const unsupported = rest.join(' ');
  return { type: 'unicast', family: dst.family, dst, table, protocol: 'boot', scope: 'global', flags: [], unsupported };
}

interface DraftRoute {
  gateway?: Ip;
  dev?: string;
  table?: number;
  prefsrc?: Ip;
  protocol?: string;
  scope?: Route['scope'];
  metric?: number;
  tos?: number;
  metrics?: RouteMetrics;
}

const ROUTE_FLAGS = [
  'onlink',
  'linkdown',
  'dead',
  'pervasive',
  'offload',
  'trap',
  'notify',
  'unresolved',
  'rt_offload',
  'rt_trap',
];

function readRoute(words: Words, given: Family | undefined, fail: Said): Route | undefined {
  const first = words.next() ?? '';
  const type = ROUTE_TYPES.find((known) => known === first);
  const target = type === undefined ? first : (words.next() ?? '');
  const draft: DraftRoute = {};
  const flags: string[] = [];
  const nexthops: NextHop[] = [];
  const unsupported: string[] = [];
  let inet6 = false;
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (ROUTE_FLAGS.includes(word)) flags.push(word);
    else if (word === 'nexthop') {
      const hop = readNextHop(words, fail);
      if (hop === undefined) return undefined;
      nexthops.push(hop);
    } else if (word === 'pref') {
      inet6 = true;
      words.next();
    } else if (AGEING.includes(word)) words.next();
    else if (readUnmodelled(word, words, draft, unsupported)) continue;
    else if (isMetric(word)) {
      if (!readMetric(word, words, draft, fail)) return undefined;
    } else if (!routeWord(word, words.next(), draft, fail)) return undefined;
  }
  const hint = draft.gateway ?? draft.prefsrc ?? nexthops.find((hop) => hop.gateway !== undefined)?.gateway;
  const family = hint === undefined ? (inet6 ? 6 : (given ?? 4)) : familyOf(hint);
  const dst = target === 'default' ? defaultRoute(family) : parseCidr(target);
  if (dst === undefined) return fail(`Destination "${target}" is neither "default" nor a CIDR`);
  const { gateway, dev, table = MAIN_TABLE, prefsrc, protocol = 'boot', scope, metric, tos, metrics } = draft;
  if (tos !== undefined && dst.family === 6) return fail('A route of IPv6 has no "tos"');
  if (gateway !== undefined && familyOf(gateway) !== dst.family)
    return fail(`Gateway ${gateway} is not of the family of ${target}`);
  return {
    type: type ?? 'unicast',
    family: dst.family,
    dst,
    table,
    ...(dev === undefined ? {} : { dev }),
    ...(gateway === undefined ? {} : { gateway }),
    ...(nexthops.length === 0 ? {} : { nexthops }),
    ...(prefsrc === undefined ? {} : { prefsrc }),
    protocol,
    scope: scope ?? 'global',
    ...(metric === undefined ? {} : { metric }),
    ...(tos === undefined || tos === 0 ? {} : { tos }),
    ...metrics,
    flags,
    ...(unsupported.length === 0 ? {} : { unsupported: unsupported.join(' ') }),
  };
}

/** Ageing, an error the type says already, and a label no lookup reads (iproute2 6.1, ip/iproute.c print_route). */
const AGEING = ['expires', 'error', 'used', 'age', 'users', 'realm', 'realms'];
/** `via inet6 fe80::1`: a next hop of another family. */
const FAMILIES = ['inet', 'inet6', 'mpls', 'link'];

/** What the model lacks, as words: true where `word` begins such. */
function readUnmodelled(word: string, words: Words, draft: DraftRoute, into: string[]): boolean {
  const next = words.peek() ?? '';
  if (word === 'encap') into.push(['encap', ...readEncap(words)].join(' '));
  else if (word === 'from' || word === 'nhid') into.push(`${word} ${words.next() ?? ''}`);
  else if (word === 'as' || (word === 'via' && FAMILIES.includes(next)))
    into.push(`${word} ${words.next() ?? ''} ${words.next() ?? ''}`);
  else if (word === 'table' && isTableName(next)) {
    draft.table = UNNUMBERED_TABLE;
    into.push(`table ${words.next() ?? ''}`);
  } else return false;
  return true;
}

/** A tunnel's own words stand before the route's next hop, and some are called like the route's (ip/iproute_lwtunnel.c). */
function readEncap(words: Words): readonly string[] {
  const read: string[] = [];
  for (let word = words.peek(); word !== undefined && !['via', 'dev', 'nexthop'].includes(word); word = words.peek()) {
    read.push(word);
    words.next();
  }
  return read;
}

const ROUTE_WORDS = [
  'via',
  'dev',
  'table',
  'proto',
  'scope',
  'src',
  'metric',
  'tos',
  'mtu',
  'nexthop',
  'pref',
  'onlink',
];

/** One `word value` pair; false after an issue. */
function routeWord(word: string, value: string | undefined, draft: DraftRoute, fail: Said): boolean {
  const wrong = (what: string): false => {
    fail(`"${word} ${value ?? ''}" is not ${what}`);
    return false;
  };
  if (value === undefined && ROUTE_WORDS.includes(word)) {
    fail(`Nothing follows "${word}"`);
    return false;
  }
  if (value === undefined || !ROUTE_WORDS.includes(word)) {
    const near = didYouMean(word, ROUTE_WORDS).hint;
    fail(`Unknown word "${word}"${near === undefined ? '' : `, ${near}`}`);
    return false;
  }
  const number = /^\d+$/.test(value) ? Number(value) : undefined;
  const address = parseIp(value);
  if (word === 'dev') draft.dev = value;
  else if (word === 'proto') draft.protocol = value;
  else if (word === 'scope') {
    const scope = ROUTE_SCOPES.find((known) => known === value);
    if (scope === undefined) return wrong('a scope');
    draft.scope = scope;
  } else if (word === 'table') {
    const table = parseTable(value);
    if (table === undefined) return wrong('a table');
    draft.table = table;
  } else if (word === 'tos') {
    const tos = parseDsfield(value);
    if (tos === undefined) return wrong('a TOS byte such as 0x10, its two lowest bits 0');
    draft.tos = tos;
  } else if (word === 'via' || word === 'src') {
    if (address === undefined) return wrong('an address');
    if (word === 'via') draft.gateway = address;
    else draft.prefsrc = address;
  } else {
    if (number === undefined) return wrong('a number');
    draft.metric = number;
  }
  return true;
}

/** `advmss 1460`, `mtu lock 1400`; false after an issue. */
function readMetric(word: string, words: Words, draft: DraftRoute, fail: Said): boolean {
  const first = words.next();
  const lock = first === 'lock';
  const value = (lock ? words.next() : first) ?? '';
  const read = value === '' ? undefined : withMetric(draft.metrics ?? {}, word, value, lock);
  if (read === undefined) {
    fail(`"${word} ${value}" is no metric of a route`);
    return false;
  }
  draft.metrics = read;
  return true;
}

function readNextHop(words: Words, fail: Said): NextHop | undefined {
  let gateway: Ip | undefined;
  let dev: string | undefined;
  let weight = 1;
  const flags: string[] = [];
  for (let word = words.peek(); word !== undefined && word !== 'nexthop'; word = words.peek()) {
    words.next();
    if (ROUTE_FLAGS.includes(word)) flags.push(word);
    else if (word === 'via') gateway = parseIp(words.next() ?? '');
    else if (word === 'dev') dev = words.next();
    else if (word === 'weight') weight = Number(words.next());
    else return fail(`Unknown word "${word}" of a nexthop`);
  }
  if (dev === undefined || !Number.isInteger(weight)) return fail('Nexthop needs a device and a whole weight');
  return { ...(gateway === undefined ? {} : { gateway }), dev, weight, flags };
}
