import type { Address, IpRule, Link, Netns, Route } from '../../linux/index.ts';
import { kernelRules, LOCAL_TABLE, MAIN_TABLE, overAbsentDevice } from '../../linux/index.ts';
import { type Cidr, cidrOf, type Family, type Ip, PrefixTrie } from '../../net/index.ts';
import { perNetns } from '../per-netns.ts';
import { hiddenRoutes } from '../unsaid.ts';
import { type FibLookup, type IndexedRoute, type IndexedRule, NO_ROUTE, type RouteTrie } from './indexed.ts';
import { RouteCache } from './route-cache.ts';
import { isFromOne, RuleIndex } from './rule-index.ts';

/** What routing reads of one namespace's devices and addresses. */
export interface Fib {
  /** Devices in the order `inet_select_addr` visits them: dev_base_head, whose order the artefacts show as ifindex. */
  readonly devices: readonly Link[];
  readonly addresses: ReadonlyMap<string, readonly Address[]>;
  /** Of IPv4, the primary ones alone. */
  readonly primaries: ReadonlyMap<string, readonly Primary[]>;
  /** Every address of every device. */
  readonly local: ReadonlySet<Ip>;
  /** net.ipv4.fib_has_custom_rules and fib_has_custom_local_routes: they make source validation a full lookup. */
  readonly needsFullCheck: boolean;
}

/** A primary IPv4 address: struct in_ifaddr without IFA_F_SECONDARY. */
export interface Primary {
  readonly local: Ip;
  readonly scope: Address['scope'];
  readonly subnet: Cidr;
}

/**
 * What was answered last, and before that to another destination: a pod, which has `plain` rules, is asked for two, itself
 * and its peer. Among the other fields, so that it lies together.
 */
export interface Recent {
  lastDst: Ip | undefined;
  last: FibLookup;
  beforeDst: Ip | undefined;
  before: FibLookup;
}

/** One family's routing state of a namespace, indexed: struct fib_rules_ops and the tables of struct net. */
export interface FamilyFib extends Recent {
  /** Some route is for one TOS byte. */
  readonly readsTos: boolean;
  /**
   * Set while IPv4 has the rules every namespace starts with: then no rule is read, and these alone are asked in turn
   * (include/net/ip_fib.h fib_lookup, fib_has_custom_rules).
   */
  readonly plain: readonly IndexedRule[] | undefined;
  /** Undefined: not worth it. */
  readonly cache: RouteCache | undefined;
  readonly index: RuleIndex;
  readonly rules: readonly IndexedRule[];
  readonly tables: ReadonlyMap<number, RouteTrie>;
}

export const fibOf = perNetns((netns): Fib => {
  const custom = hasCustomRules(netns);
  const addresses = new Map<string, Address[]>();
  const primaries = new Map<string, Primary[]>();
  for (const address of netns.addresses) {
    const { dev, family, secondary, local, scope, peer, prefixlen } = address;
    push(addresses, dev, address);
    if (family === 4 && secondary !== true)
      push(primaries, dev, { local, scope, subnet: peer ?? cidrOf(local, prefixlen) });
  }
  return {
    devices: [...netns.links].sort((a, b) => a.ifindex - b.ifindex),
    addresses,
    primaries,
    local: new Set(netns.addresses.map((address) => address.local)),
    needsFullCheck: custom || netns.routes.some((r) => r.family === 4 && r.type === 'local' && r.protocol !== 'kernel'),
  };
});

function push<T>(lists: Map<string, T[]>, dev: string, entry: T): void {
  const list = lists.get(dev);
  if (list === undefined) lists.set(dev, [entry]);
  else list.push(entry);
}

const fib4Of = perNetns((netns) => familyFib(netns, 4, hasCustomRules(netns)));
const fib6Of = perNetns((netns) => familyFib(netns, 6, true));

export const fibFor = (host: Parameters<typeof fibOf>[0], family: Family): FamilyFib =>
  family === 4 ? fib4Of(host) : fib6Of(host);

/** `split`: local and main are tables of their own, and rules say in which order they are asked. */
function familyFib(netns: Netns, family: Family, split: boolean): FamilyFib {
  const tables = tablesOf(netns, family, !split);
  const rules = rulesOf(netns, family, tables);
  const readsTos = netns.routes.some((route) => route.family === family && route.tos !== undefined);
  return {
    lastDst: undefined,
    last: NO_ROUTE,
    beforeDst: undefined,
    before: NO_ROUTE,
    readsTos,
    plain: split ? undefined : rules.filter(({ table, hidden }) => table !== undefined || hidden !== undefined),
    cache: split && rules.length > FEW_RULES && !readsTos ? cacheOf(rules) : undefined,
    index: new RuleIndex(rules),
    rules,
    tables,
  };
}

/** The rules every namespace starts with are read as fast as a remembered answer is found. */
const FEW_RULES = 3;

const cacheOf = (rules: readonly IndexedRule[]): RouteCache =>
  new RouteCache(
    rules.map(({ entry }) => entry),
    isFromOne,
  );

function rulesOf(netns: Netns, family: Family, tables: ReadonlyMap<number, RouteTrie>): IndexedRule[] {
  const rules: IndexedRule[] = [];
  const none = hiddenRoutes(netns, family);
  if (none !== undefined) return unknownRules(family, none);
  netns.rules.forEach((entry, index) => {
    if (entry.family !== family) return;
    const asked = entry.action.kind === 'lookup' ? entry.action.table : undefined;
    const hidden = asked === undefined ? undefined : hiddenRoutes(netns, family, asked);
    const table = asked === undefined || hidden !== undefined ? undefined : tables.get(asked);
    rules.push({ entry, index, evidence: undefined, selects: selects(entry), table, hidden });
  });
  return rules.sort((a, b) => a.entry.priority - b.entry.priority);
}

/** Where it is not known how a family is routed, whatever rule comes first. */
const unknownRules = (family: Family, hidden: string): IndexedRule[] =>
  kernelRules(family)
    .slice(0, 1)
    .map((entry, index) => ({ entry, index, evidence: undefined, selects: false, table: undefined, hidden }));

/** What is for this host stays here, whichever device has the address (net/ipv4/route.c ip_route_input_slow, RTN_LOCAL). */
const elsewhere = (route: Route, devices: ReadonlySet<string>): string | undefined =>
  route.type === 'local' ? undefined : overAbsentDevice(route, devices);

/**
 * IPv4's local and main tables share one trie until the first custom rule splits them (fib_frontend.c fib_unmerge): then a
 * longer prefix of main wins over a shorter one of local.
 */
function tablesOf(netns: Netns, family: Family, merged: boolean): Map<number, RouteTrie> {
  const own: IndexedRoute[] = [];
  const devices = new Set(netns.links.map(({ ifname }) => ifname));
  netns.routes.forEach((entry, index) => {
    if (entry.family === family) own.push(indexed(entry, index, entry.unsupported ?? elsewhere(entry, devices)));
  });
  own.sort(inTable);
  const tables = new Map<number, RouteTrie>();
  for (const route of own) {
    const id = merged && route.entry.table === MAIN_TABLE ? LOCAL_TABLE : route.entry.table;
    let trie = tables.get(id);
    if (trie === undefined) {
      trie = new PrefixTrie();
      tables.set(id, trie);
    }
    file(trie, route);
  }
  return tables;
}

/** Of one prefix: by table, TOS byte and metric (net/ipv4/fib_trie.c fib_find_alias). */
const inTable = (a: IndexedRoute, b: IndexedRoute): number =>
  b.entry.table - a.entry.table || b.tos - a.tos || metricOf(a.entry) - metricOf(b.entry);

function file(trie: RouteTrie, route: IndexedRoute): void {
  let last = trie.at(route.entry.dst);
  while (last?.next !== undefined) last = last.next;
  if (last === undefined) trie.add(route.entry.dst, route);
  else last.next = route;
}

const indexed = (entry: Route, index: number, unsupported: string | undefined): IndexedRoute => ({
  // First what every packet reads, so that it lies together.
  found: undefined,
  taker: undefined,
  single: (entry.nexthops?.length ?? 0) === 0,
  next: undefined,
  entry,
  type: entry.type,
  dev: entry.dev,
  prefix: entry.dst.prefix,
  tos: entry.tos ?? 0,
  unsupported,
  index,
  evidence: undefined,
});

/** IPv6 gives a route without a metric 1024 (IP6_RT_PRIO_USER). */
const metricOf = (route: Route): number => route.metric ?? (route.family === 6 ? 1024 : 0);

/** Of IPv4 (net.ipv4.fib_has_custom_rules). */
const hasCustomRules = ({ rules }: Netns): boolean => !isDefault(rules.filter(({ family }) => family === 4));

/** The three rules the kernel makes (fib_rules.c fib4_default_rules_init). */
function isDefault(unsorted: readonly IpRule[]): boolean {
  const rules = unsorted.toSorted((a, b) => a.priority - b.priority);
  const defaults = [
    [0, 255],
    [32766, 254],
    [32767, 253],
  ] as const;
  return (
    rules.length === defaults.length &&
    defaults.every(([priority, table], i) => {
      const rule = rules[i];
      return (
        rule?.priority === priority &&
        rule.action.kind === 'lookup' &&
        rule.action.table === table &&
        rule.action.suppressPrefixlength === undefined &&
        !selects(rule)
      );
    })
  );
}

const selects = (rule: IpRule): boolean =>
  rule.not ||
  [rule.src, rule.dst, rule.iif, rule.oif, rule.fwmark, rule.tos, rule.ipproto, rule.sport, rule.dport].some(
    (selector) => selector !== undefined,
  ) ||
  rule.unsupported !== undefined;
