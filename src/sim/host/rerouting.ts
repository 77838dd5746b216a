import type { Skb } from '../packet.ts';
import type { HookResult, Outcome } from '../types.ts';
import type { Hop } from './output-route.ts';

/** What a hook's caller hands to it where its rules may change the way, and the way they changed it to. */
export interface Rerouting {
  readonly reroute: (skb: Skb) => HookResult;
  /** Undefined: as it was. */
  readonly way: () => Hop | Outcome | undefined;
}

/** `again` routes the packet as the rules left it (net/ipv4/netfilter.c, ip_route_me_harder). */
export function rerouting(again: (skb: Skb) => Hop | Outcome): Rerouting {
  let way: Hop | Outcome | undefined;
  return {
    way: () => way,
    reroute(skb) {
      way = again(skb);
      return way.kind === 'hop' ? ACCEPT : gone(way);
    },
  };
}

const ACCEPT: HookResult = { kind: 'accept' };

/** To the hook, a packet whose stay has ended in it. */
export const gone = (outcome: Outcome): HookResult => ({
  kind: 'drop',
  disposition: outcome.kind === 'died' ? outcome.disposition : 'dropped',
  because: outcome.kind === 'died' ? outcome.because : '',
});
