import { didYouMean, type Issue, type Parsed } from '../../base/index.ts';
import { type Cidr, defaultRoute, type Family, familyOf, type Ip, parseCidr, parseIp } from '../../net/index.ts';
import { type Written, withPlaces } from '../written.ts';
import { ROUTE_SCOPES, ROUTE_TYPES } from './route.ts';
import { isMetric, type RouteMetrics, withMetric } from './route-metrics.ts';
import { parseTable } from './tables.ts';
import { type IpRule, MAIN_TABLE, type NextHop, type Route, type RuleAction } from './types.ts';

type Said = (message: string) => undefined;
type Reader<T> = (words: Words, fail: Said) => T | undefined;

/** Words of one line, taken from the left. */
class Words {
  private at = 0;
  private readonly words: readonly string[];
  constructor(text: string) {
    this.words = text
      .trim()
      .split(/\s+/)
      .filter((word) => word !== '');
  }
  next(): string | undefined {
    return this.words[this.at++];
  }
  peek(): string | undefined {
    return this.words[this.at];
  }
}

/** `ip route show [table all]`, or lines as `ip route add` takes them (ip-route(8)). `family` settles a bare `default`. */
export function parseIpRouteText(text: string, file: string, family?: Family): Parsed<Route[]> {
  const joined = text.replace(/\n[ \t]+nexthop /g, '\u0000nexthop ');
  return eachLine(joined, file, 'route', (words, fail) => readRoute(words, family, fail));
}

/** `ip rule` (ip-rule(8)). The family follows from an address, else it is `family`. */
export function parseIpRuleText(text: string, file: string, family: Family = 4): Parsed<IpRule[]> {
  return eachLine(text, file, 'rule', (words, fail) => readRule(words, family, fail));
}

function eachLine<T extends { readonly written?: Written }>(
  text: string,
  file: string,
  what: string,
  reader: Reader<T>,
): Parsed<T[]> {
  const issues: Issue[] = [];
  const read: { readonly item: T; readonly line: number }[] = [];
  let number = 0;
  for (const line of text.split('\n')) {
    const here = ++number;
    number += line.split('\u0000').length - 1;
    if (line.trim() === '' || line.trim().startsWith('#')) continue;
    const fail: Said = (message) => {
      issues.push({
        code: `bad-${what}`,
        severity: 'error',
        at: { file, line: here },
        message: `${message} in "${line.replaceAll('\u0000', ' ').trim().slice(0, 120)}"`,
      });
      return undefined;
    };
    const item = reader(new Words(line.replaceAll('\u0000', ' ')), fail);
    if (item !== undefined) read.push({ item, line: here });
  }
  return { value: withPlaces(read, file, `ip-${what}.json`), issues };
}

interface DraftRoute {
  gateway?: Ip;
  dev?: string;
  table?: number;
  prefsrc?: Ip;
  protocol?: string;
  scope?: Route['scope'];
  metric?: number;
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
    } else if (isMetric(word)) {
      if (!readMetric(word, words, draft, fail)) return undefined;
    } else if (!routeWord(word, words.next(), draft, fail)) return undefined;
  }
  const hint = draft.gateway ?? draft.prefsrc ?? nexthops.find((hop) => hop.gateway !== undefined)?.gateway;
  const family = hint === undefined ? (given ?? (inet6 ? 6 : 4)) : familyOf(hint);
  const dst = target === 'default' ? defaultRoute(family) : parseCidr(target);
  if (dst === undefined) return fail(`Destination "${target}" is neither "default" nor a CIDR`);
  const { gateway, dev, table = MAIN_TABLE, prefsrc, protocol = 'boot', scope, metric, metrics } = draft;
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
    ...metrics,
    flags,
  };
}

const ROUTE_WORDS = ['via', 'dev', 'table', 'proto', 'scope', 'src', 'metric', 'mtu', 'nexthop', 'pref', 'onlink'];

/** One `word value` pair; false after an issue. */
function routeWord(word: string, value: string | undefined, draft: DraftRoute, fail: Said): boolean {
  const wrong = (what: string): false => {
    fail(`"${word} ${value ?? ''}" is not ${what}`);
    return false;
  };
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

interface DraftRule {
  not: boolean;
  src?: Cidr;
  dst?: Cidr;
  iif?: string;
  oif?: string;
  fwmark?: number;
  fwmask?: number;
  tos?: number;
  ipproto?: string;
  sport?: { from: number; to: number };
  dport?: { from: number; to: number };
  protocol?: string;
}

const NUMBER = /^(?:0x[0-9a-f]{1,8}|\d{1,10})$/i;
const RULE_WORDS = [
  'not',
  'from',
  'to',
  'fwmark',
  'iif',
  'oif',
  'tos',
  'ipproto',
  'sport',
  'dport',
  'lookup',
  'table',
  'goto',
  'pref',
  'priority',
  'proto',
];

function readRule(words: Words, given: Family, fail: Said): IpRule | undefined {
  const draft: DraftRule = { not: false };
  const unsupported: string[] = [];
  let priority: number | undefined;
  let action: RuleAction | undefined;
  let suppress: number | undefined;
  const prefix = /^(\d+):$/.exec(words.peek() ?? '');
  if (prefix !== null) {
    priority = Number(prefix[1]);
    words.next();
  }
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === 'not') draft.not = true;
    else if (word === '[unresolved]' || word === '[detached]') continue;
    else if (word === 'nop' || word === 'unreachable' || word === 'blackhole' || word === 'prohibit')
      action = { kind: word };
    else if (word === 'l3mdev') unsupported.push(word);
    else {
      const value = words.next();
      if (value === undefined) return fail(`Nothing follows "${word}"`);
      if (word === 'pref' || word === 'priority' || word === 'goto' || word === 'suppress_prefixlength') {
        if (!NUMBER.test(value)) return fail(`"${word} ${value}" is not a number`);
        if (word === 'goto') action = { kind: 'goto', target: Number(value) };
        else if (word === 'suppress_prefixlength') suppress = Number(value);
        else priority = Number(value);
      } else if (word === 'lookup' || word === 'table') {
        const table = parseTable(value);
        if (table !== undefined) action = { kind: 'lookup', table };
        else if (value === '[l3mdev-table]') unsupported.push('l3mdev');
        else return fail(`Unknown table "${value}"`);
      } else if (word === 'uidrange' || word === 'tun_id' || word === 'suppress_ifgroup' || word === 'realms') {
        unsupported.push(`${word} ${value}`);
      } else if (!ruleWord(word, value, draft, fail)) return undefined;
    }
  }
  if (priority === undefined) return fail('Rule has no priority');
  if (action === undefined && unsupported.length === 0) return fail('Rule has no action');
  if (action?.kind === 'lookup' && suppress !== undefined) action = { ...action, suppressPrefixlength: suppress };
  return {
    priority,
    family: draft.src?.family ?? draft.dst?.family ?? given,
    ...draft,
    action: action ?? { kind: 'nop' },
    ...(unsupported.length === 0 ? {} : { unsupported: unsupported.join(' ') }),
  };
}

function ruleWord(word: string, value: string, draft: DraftRule, fail: Said): boolean {
  const wrong = (): false => {
    fail(`Cannot read "${word} ${value}"`);
    return false;
  };
  if (word === 'from' || word === 'to') {
    if (value === 'all') return true;
    const block = parseCidr(value);
    if (block === undefined) return wrong();
    if (word === 'from') draft.src = block;
    else draft.dst = block;
  } else if (word === 'fwmark') {
    const [mark = '', mask] = value.split('/');
    if (!NUMBER.test(mark) || (mask !== undefined && !NUMBER.test(mask))) return wrong();
    draft.fwmark = Number(mark);
    if (mask !== undefined) draft.fwmask = Number(mask);
  } else if (word === 'sport' || word === 'dport') {
    const range = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(value);
    if (range === null) return wrong();
    draft[word] = { from: Number(range[1]), to: Number(range[2] ?? range[1]) };
  } else if (word === 'tos' || word === 'dsfield') {
    if (!NUMBER.test(value)) return wrong();
    draft.tos = Number(value);
  } else if (word === 'iif' || word === 'dev') draft.iif = value;
  else if (word === 'oif') draft.oif = value;
  else if (word === 'ipproto') draft.ipproto = value;
  else if (word === 'proto' || word === 'protocol') draft.protocol = value;
  else {
    const near = didYouMean(word, RULE_WORDS).hint;
    fail(`Unknown word "${word}"${near === undefined ? '' : `, ${near}`}`);
    return false;
  }
  return true;
}
