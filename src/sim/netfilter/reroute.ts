import type { HookResult } from '../types.ts';
import type { Frame, RuleVerdict } from './types.ts';

const ACCEPT: HookResult = { kind: 'accept' };

/** Asks for the route of a packet whose addresses or mark have changed (net/ipv4/netfilter.c, ip_route_me_harder). */
export function rerouted(frame: Frame): RuleVerdict {
  const result = frame.reroute?.(frame.skb) ?? ACCEPT;
  if (result.kind === 'accept') return 'continue';
  frame.result = result;
  return 'stop';
}
