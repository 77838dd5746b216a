import { DEFAULT_TABLE, type IpRule, LOCAL_TABLE, MAIN_TABLE, type Route } from '../../linux/index.ts';
import type { Family } from '../../net/index.ts';

/**
 * Routes in the order `ip route show table all` dumps them (net/ipv4/fib_trie.c fib_table_dump): tables by number, inside
 * one by address, the longer prefix first where two share their address, then by metric.
 */
export function sortRoutes(routes: readonly Route[]): readonly Route[] {
  return [...routes].sort(
    (a, b) =>
      a.family - b.family ||
      a.table - b.table ||
      Number(a.dst.first > b.dst.first) - Number(a.dst.first < b.dst.first) ||
      b.dst.prefix - a.dst.prefix ||
      (a.metric ?? 0) - (b.metric ?? 0),
  );
}

/** The kernel appends a rule behind those of the same priority (net/core/fib_rules.c fib_nl_newrule). */
export const sortRules = (rules: readonly IpRule[]): readonly IpRule[] =>
  [...rules].sort((a, b) => a.family - b.family || a.priority - b.priority);

/** The rules every namespace starts with; IPv6 has no default table. */
export function kernelRules(family: Family): readonly IpRule[] {
  const lookup = (priority: number, table: number): IpRule => ({
    priority,
    family,
    not: false,
    action: { kind: 'lookup', table },
    protocol: 'kernel',
    origin: { by: 'kernel' },
  });
  const common = [lookup(0, LOCAL_TABLE), lookup(32766, MAIN_TABLE)];
  return family === 4 ? [...common, lookup(32767, DEFAULT_TABLE)] : common;
}
