import { blockText, type IpRule, type Route } from '../../linux/index.ts';
import { familyOf } from '../../net/index.ts';
import type { FlowQuery, Host, Unsettled } from '../types.ts';
import { type FamilyFib, fibFor } from './create-fib.ts';
import { deviceOf } from './device.ts';
import { routeEvidence, ruleEvidence } from './evidence.ts';
import { type FibLookup, type Indexed, type IndexedRoute, type IndexedRule, NO_ROUTE } from './indexed.ts';
import { matchRule, READ_OF_TOS } from './match-rule.ts';
import { forwardMtu, routeMtu } from './route-mtu.ts';
import type { Positions } from './rule-index.ts';
import { selectNexthop } from './select-nexthop.ts';

/**
 * Policy routing (net/core/fib_rules.c fib_rules_lookup): rules by priority; a table without a match, a `throw` route and a
 * suppressed prefix go on with the next rule; the first answer ends the walk. IPv6's lookup (net/ipv6/fib6_rules.c) walks
 * the same way.
 */
export function lookupRoute(host: Host, query: FlowQuery): FibLookup {
  const fib = fibFor(host, familyOf(query.dst));
  const { plain, cache } = fib;
  if (plain !== undefined) return recentOr(host, fib, plain, query);
  const source = fib.index.from(query.src);
  if (cache === undefined) return readRules(host, fib, query, source.positions);
  const known = cache.get(query, source.answers);
  if (known !== undefined) return known;
  const answer = readRules(host, fib, query, source.positions);
  cache.put(query, source.answers, answer);
  return answer;
}

/** Such tables answer by the destination alone, save where the question names a device or a route asks for a TOS byte. */
function recentOr(host: Host, fib: FamilyFib, plain: readonly IndexedRule[], query: FlowQuery): FibLookup {
  const { dst, oif } = query;
  if (oif !== undefined || fib.readsTos) return readTables(host, fib, plain, query);
  if (fib.lastDst === dst) return fib.last;
  if (fib.beforeDst === dst) return fib.before;
  const answer = readTables(host, fib, plain, query);
  fib.beforeDst = fib.lastDst;
  fib.before = fib.last;
  fib.lastDst = dst;
  fib.last = answer;
  return answer;
}

function readTables(host: Host, fib: FamilyFib, rules: readonly IndexedRule[], query: FlowQuery): FibLookup {
  for (const rule of rules) {
    const found = lookupTable(host, fib, rule, query, undefined);
    if (found !== undefined) return found;
  }
  return NO_ROUTE;
}

function readRules(host: Host, fib: FamilyFib, query: FlowQuery, fromHost: Positions): FibLookup {
  const { rules, index } = fib;
  const toHost = index.to(query.dst);
  let i = 0;
  while (i < rules.length) {
    i = index.next(i, toHost, fromHost);
    const rule = rules[i];
    if (rule === undefined) break;
    i++;
    const match = rule.selects ? matchRule(rule.entry, query) : 'match';
    if (match === 'no-match') continue;
    if (match === 'unsupported') {
      const what = `ip rule ${rule.entry.priority}: ${rule.entry.unsupported ?? ''}`;
      return { kind: 'unknown', what, evidence: ruleEvidence(host, rule) };
    }
    const { action } = rule.entry;
    if (action.kind === 'goto') {
      // Forward only; an unresolved target falls through (FR_ACT_GOTO with no ctarget).
      const target = rules.findIndex((each, at) => at >= i && each.entry.priority === action.target);
      if (target >= 0) i = target;
    } else if (action.kind === 'lookup') {
      const found = lookupTable(host, fib, rule, query, action.suppressPrefixlength);
      if (found !== undefined) return found;
    } else if (action.kind !== 'nop') {
      const evidence = ruleEvidence(host, rule);
      return { kind: 'refused', by: 'rule', type: action.kind, evidence, ipRule: rule.entry };
    }
  }
  return NO_ROUTE;
}

/**
 * Longest prefix, then lowest metric (net/ipv4/fib_trie.c fib_table_lookup); a route none of whose next hops can be used is
 * passed over, also for a shorter prefix. Undefined: ask the next rule.
 */
function lookupTable(
  host: Host,
  fib: FamilyFib,
  rule: IndexedRule,
  query: FlowQuery,
  suppress: number | undefined,
): FibLookup | undefined {
  const { table: trie } = rule;
  if (trie === undefined) return rule.hidden === undefined ? undefined : unknownTable(rule.hidden);
  const { dst } = query;
  for (let first = trie.longest(dst); first !== undefined; first = trie.longest(dst, first.prefix)) {
    const answer =
      query.anyDevice && query.oif !== undefined
        ? preferDevice(host, fib, rule, first, query)
        : readPrefix(host, fib, rule, first, query);
    if (answer === 'next-route') continue;
    if (answer === 'next-rule') return undefined;
    // fib4_rule_suppress: an error route has no table in the result and is never suppressed.
    if (suppress !== undefined && answer.kind === 'found' && first.prefix <= suppress) return undefined;
    return answer;
  }
  return undefined;
}

const unknownTable = (what: string): FibLookup => ({ kind: 'unknown', what, evidence: undefined });

type Answer = FibLookup | 'next-route' | 'next-rule';

/** The routes of one prefix, by TOS byte, then by metric. */
function readPrefix(host: Host, fib: FamilyFib, rule: IndexedRule, first: IndexedRoute, query: FlowQuery): Answer {
  for (let route: IndexedRoute | undefined = first; route !== undefined; route = route.next) {
    if (route.tos !== 0 && route.tos !== (query.tos & READ_OF_TOS[4])) continue;
    const answer = useRoute(host, fib, rule, route, query);
    if (answer !== 'next-route') return answer;
  }
  return 'next-route';
}

/** net/ipv6/route.c rt6_device_match: the device's own route of the prefix, whatever its metric, else the first one. */
function preferDevice(host: Host, fib: FamilyFib, rule: IndexedRule, first: IndexedRoute, query: FlowQuery): Answer {
  for (let route: IndexedRoute | undefined = first; route !== undefined; route = route.next) {
    if (route.type !== 'unicast' && route.type !== 'local') continue;
    if (route.single && route.dev !== query.oif) continue;
    const answer = useRoute(host, fib, rule, route, query);
    if (answer !== 'next-route') return answer;
  }
  return readPrefix(host, fib, rule, first, { ...query, oif: undefined });
}

function useRoute(host: Host, fib: FamilyFib, taker: IndexedRule, route: IndexedRoute, query: FlowQuery): Answer {
  const { entry, found } = route;
  if (found !== undefined && route.single && route.taker === taker) {
    if (query.oif === undefined || query.oif === found.dev) return found;
  }
  const { type } = route;
  // The shared trie of an untouched namespace: the rule that stands for the route is the one of the route's own table.
  const rule =
    taker.entry.action.kind === 'lookup' && taker.entry.action.table === entry.table
      ? taker
      : (ruleOf(fib, entry) ?? taker);
  if (route.unsupported !== undefined) return unknownRoute(host, route, route.unsupported);
  if (type === 'throw') return 'next-rule';
  if (type === 'unreachable' || type === 'blackhole' || type === 'prohibit') {
    return { kind: 'refused', by: 'route', type, evidence: routeEvidence(host, route), ipRule: rule.entry };
  }
  const hop = selectNexthop(host, entry, query);
  if (hop.kind === 'none') return 'next-route';
  if (hop.kind === 'unknown') return { ...hop, evidence: routeEvidence(host, route) };
  const { dev, gateway } = hop;
  const out = deviceOf(host, dev);
  route.taker = taker;
  route.found = {
    // First what every packet reads, so that it lies together.
    kind: 'found',
    type,
    dev,
    gateway,
    out,
    mtu: routeMtu(entry, out),
    forwardMtu: forwardMtu(entry, out),
    nexthops: entry.nexthops,
    route: entry,
    rule: ruleEvidence(host, rule),
    evidence: routeEvidence(host, route),
    ipRule: rule.entry,
  };
  return route.found;
}

export const unknownRoute = (host: Host, route: IndexedRoute, why: string): Unsettled => ({
  kind: 'unknown',
  what: `route to ${blockText(route.entry.dst)}: ${why}`,
  evidence: routeEvidence(host, route),
});

const ruleOf = (fib: FamilyFib, route: Route): Indexed<IpRule> | undefined =>
  fib.rules.find(({ entry }) => entry.action.kind === 'lookup' && entry.action.table === route.table);
