import type { IpRule } from '../../linux/index.ts';
import { cidrContains, ip, parseProtocol } from '../../net/index.ts';
import type { FlowQuery } from '../types.ts';

const UNSPECIFIED = ip('0.0.0.0');

export type RuleMatch = 'match' | 'no-match' | 'unsupported';

/**
 * Whether one `ip rule` takes a flow: net/core/fib_rules.c fib_rule_match and net/ipv4/fib_rules.c fib4_rule_match. A flow
 * made by this host has iif `lo`; a source not chosen yet is 0.0.0.0, and in IPv6 one that only an empty selector matches
 * (fib6_rule_match, RT6_LOOKUP_F_HAS_SADDR).
 */
export function matchRule(rule: IpRule, query: FlowQuery): RuleMatch {
  const selected = matchesSelectors(rule, query);
  if (rule.unsupported !== undefined && selected) return 'unsupported';
  return selected !== rule.not ? 'match' : 'no-match';
}

function matchesSelectors(rule: IpRule, query: FlowQuery): boolean {
  if (rule.iif !== undefined && rule.iif !== (query.iif ?? 'lo')) return false;
  if (rule.oif !== undefined && rule.oif !== query.oif) return false;
  if (rule.fwmark !== undefined && ((rule.fwmark ^ query.mark) & (rule.fwmask ?? 0xffffffff)) !== 0) return false;
  if (rule.dst !== undefined && !cidrContains(rule.dst, query.dst)) return false;
  if (rule.src !== undefined && rule.src.prefix !== 0) {
    const src = query.src ?? (rule.family === 4 ? UNSPECIFIED : undefined);
    if (src === undefined || !cidrContains(rule.src, src)) return false;
  }
  if (rule.tos !== undefined && rule.tos !== (query.tos & 0xfc)) return false;
  if (rule.ipproto !== undefined && !sameProtocol(rule.ipproto, query.ipproto)) return false;
  return inRange(rule.sport, query.sport) && inRange(rule.dport, query.dport);
}

const sameProtocol = (a: string, b: string | undefined): boolean =>
  b !== undefined && (a === b || parseProtocol(a) === parseProtocol(b));

const inRange = (
  range: { readonly from: number; readonly to: number } | undefined,
  port: number | undefined,
): boolean => range === undefined || (port !== undefined && port >= range.from && port <= range.to);
