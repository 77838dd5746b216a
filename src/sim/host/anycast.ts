import type { Ip } from '../../net/index.ts';
import { fibOf, lookupRoute, sourceForRoute } from '../fib/index.ts';
import type { Packet } from '../packet.ts';
import { type Host, PLAIN_FLOW } from '../types.ts';

/** Whether a packet this host took came to an anycast address of IPv6 (include/net/ip6_route.h ipv6_unicast_destination). */
export function cameToAnycast(host: Host, { family, dst }: Packet): boolean {
  if (family === 4 || fibOf(host).local.has(dst)) return false;
  const found = lookupRoute(host, { ...PLAIN_FLOW, dst });
  return found.kind === 'found' && found.type === 'anycast';
}

/**
 * The address an answer comes from: the one that was asked, or where that is an anycast one, what the way back gives
 * (net/ipv6/icmp.c icmpv6_echo_reply). Undefined: there is no way back.
 */
export function answerSource(host: Host, packet: Packet): Ip | undefined {
  if (!cameToAnycast(host, packet)) return packet.dst;
  const back = lookupRoute(host, { ...PLAIN_FLOW, dst: packet.src, ipproto: packet.protocol });
  return back.kind === 'found' ? sourceForRoute(host, back, packet.src) : undefined;
}
