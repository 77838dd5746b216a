import type { IpRule, Route } from '../../linux/index.ts';

/**
 * Routes in the order `ip route show table all` dumps them (net/ipv4/fib_trie.c fib_table_dump): tables by number, inside
 * one by address, the longer prefix first where two share their address, then by metric.
 */
export function sortRoutes(routes: readonly Route[]): readonly Route[] {
  return routes
    .map(withMetric)
    .sort(
      (a, b) =>
        a.family - b.family ||
        a.table - b.table ||
        Number(a.dst.first > b.dst.first) - Number(a.dst.first < b.dst.first) ||
        b.dst.prefix - a.dst.prefix ||
        (a.metric ?? 0) - (b.metric ?? 0),
    );
}

/** IPv6 knows no route without a metric: who gives none gets 1024 (include/uapi/linux/ipv6_route.h IP6_RT_PRIO_USER). */
const withMetric = (route: Route): Route =>
  route.family === 6 && route.metric === undefined ? { ...route, metric: 1024 } : route;

/** The kernel appends a rule behind those of the same priority (net/core/fib_rules.c fib_nl_newrule). */
export const sortRules = (rules: readonly IpRule[]): readonly IpRule[] =>
  [...rules].sort((a, b) => a.family - b.family || a.priority - b.priority);
