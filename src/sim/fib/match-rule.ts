import type { IpRule } from '../../linux/index.ts';
import { type Cidr, cidrContains, type Ip, type Protocol, parseProtocol } from '../../net/index.ts';
import type { FlowQuery } from '../types.ts';

/**
 * The bits of a flow's TOS byte a rule's, and a route's, is compared with: IPv4 keeps to those TOS had before there was DSCP
 * (include/net/ip_fib.h fib_dscp_masked_match), IPv6 reads the whole DSCP (net/ipv6/fib6_rules.c fib6_rule_match).
 */
export const READ_OF_TOS = { 4: 0x1c, 6: 0xfc } as const;

export type RuleMatch = 'match' | 'no-match' | 'unsupported';

/**
 * Whether one `ip rule` takes a flow: net/core/fib_rules.c fib_rule_match and net/ipv4/fib_rules.c fib4_rule_match. A flow
 * made by this host has iif `lo`.
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
  if (rule.src !== undefined && rule.src.prefix !== 0 && !holdsSource(rule.src, query.src)) return false;
  if (rule.tos !== undefined && rule.tos !== (query.tos & READ_OF_TOS[rule.family])) return false;
  if (rule.ipproto !== undefined && !sameProtocol(rule.ipproto, query.ipproto)) return false;
  return inRange(rule.sport, query.sport) && inRange(rule.dport, query.dport);
}

/** A source not chosen yet is 0.0.0.0 like any other; in IPv6 no block holds it (net/ipv6/fib6_rules.c fib6_rule_match). */
const holdsSource = (block: Cidr, src: Ip | undefined): boolean =>
  src === undefined ? block.family === 4 && block.first === 0 : cidrContains(block, src);

const sameProtocol = (a: string, b: Protocol | undefined): boolean =>
  b !== undefined && (a === b || parseProtocol(a) === b);

const inRange = (
  range: { readonly from: number; readonly to: number } | undefined,
  port: number | undefined,
): boolean => range === undefined || (port !== undefined && port >= range.from && port <= range.to);
