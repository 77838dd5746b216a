import type { Disposition } from '../../trace/index.ts';
import type { Packet, Skb } from '../packet.ts';
import type { HookResult, Host, Outcome, Walk } from '../types.ts';
import { outputQuery } from './flow-query.ts';
import { type Hop, outputRoute } from './output-route.ts';
import { die, recordLookup, snapshot, stopUnknown } from './record.ts';

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

/**
 * How a packet of this host's own ends that OUTPUT's rules sent where something refuses it: sendto returns the error (NF_DROP_ERR),
 * but TCP sends again instead (net/ipv4/tcp_output.c tcp_connect), and who is answered hears nothing of it.
 */
export const refusedAnew = (packet: Packet, disposition: Disposition): Disposition =>
  isTold(packet) ? disposition : 'dropped';

function isTold({ l4, family }: Packet): boolean {
  if (l4.kind === 'icmp-query') return l4.type === (family === 4 ? 8 : 128);
  return l4.kind !== 'tcp' && l4.kind !== 'icmp-error';
}

/**
 * The route of a packet this host would make, by its source and its mark as they are now. It is another host's, and that hears
 * nothing of an error.
 */
export function routeAnew(host: Host, skb: Skb, walk: Walk): Hop | Outcome {
  const before = snapshot(skb, walk);
  const out = outputRoute(host, outputQuery(skb.packet, skb.packet.src, skb.mark));
  if (out.kind === 'unknown') return stopUnknown(host, skb, walk, out.what, out.evidence);
  if (out.kind === 'error')
    return die(host, skb, walk, 'dropped', out.cause, out.because, out.evidence ?? 'ip_route_me_harder');
  recordLookup(host, skb, walk, out.lookup, before);
  skb.mtu = out.mtu;
  return out;
}

const ACCEPT: HookResult = { kind: 'accept' };

/** To the hook, a packet whose stay has ended in it. */
export const gone = (outcome: Outcome): HookResult => ({
  kind: 'drop',
  disposition: outcome.kind === 'died' ? outcome.disposition : 'dropped',
  because: outcome.kind === 'died' ? outcome.because : '',
});
