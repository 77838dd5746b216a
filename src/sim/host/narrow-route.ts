import type { Packet, Skb } from '../packet.ts';
import type { Host, Outcome, Walk } from '../types.ts';
import type { Hop } from './output-route.ts';
import { byKernel, byLink, die, stopUnknown } from './record.ts';

/**
 * MTUs below which a route is too narrow for what this host makes: IPv4's least (include/linux/inetdevice.h
 * inetdev_valid_mtu), and for IPv6 TCP's shortest full segment. No hook sees a packet that ends so.
 */
const NARROW = { 4: 68, 6: 108 } as const;
/** A header, that of a fragment and eight octets of data (RFC 8200 4.5). */
const LEAST_PIECE = 56;

export function narrowRoute(host: Host, skb: Skb, walk: Walk, hop: Hop): Outcome | undefined {
  const { packet } = skb;
  if (hop.mtu >= NARROW[packet.family]) return undefined;
  return packet.family === 4 ? narrow4(host, skb, walk, hop) : narrow6(host, skb, walk, hop);
}

/**
 * Every socket but those of TCP and SCTP, ICMP's own and the one of resets asks for the room of a packet first
 * (net/ipv4/ip_output.c ip_setup_cork: ENETUNREACH); a reset REJECT makes does not (nf_send_reset).
 */
function narrow4(host: Host, skb: Skb, walk: Walk, { mtu, dev, out }: Hop): Outcome | undefined {
  const { packet } = skb;
  if (isReset(packet))
    return stopUnknown(host, skb, walk, `a reset by a route of MTU ${mtu}: not modelled`, 'ip-route.json');
  if (packet.l4.kind === 'tcp' || packet.protocol === 'sctp') return undefined;
  const because = `the route's MTU of ${mtu} on ${dev} is less than IPv4's least (ENETUNREACH)`;
  const evidence = out.link === undefined ? byKernel(host, 'ip_setup_cork', 'ip-route.json') : byLink(host, out.link);
  return die(host, skb, walk, 'no-route', { kind: 'message-size', mtu }, because, evidence);
}

/** TCP's packets are given up where they do not fit (net/ipv6/ip6_output.c ip6_xmit: EMSGSIZE); others are cut. */
function narrow6(host: Host, skb: Skb, walk: Walk, { mtu, dev, out }: Hop): Outcome | undefined {
  const { length, l4 } = skb.packet;
  if (length <= mtu) return undefined;
  if (l4.kind !== 'tcp') {
    if (mtu >= LEAST_PIECE) return undefined;
    return stopUnknown(host, skb, walk, `pieces of a packet by a route of MTU ${mtu}: not modelled`, 'ip-route.json');
  }
  const because = `the route's MTU of ${mtu} on ${dev} is less than the ${length} bytes of TCP's headers and options (EMSGSIZE)`;
  const evidence = out.link === undefined ? byKernel(host, 'ip6_xmit', 'ip-route.json') : byLink(host, out.link);
  return die(host, skb, walk, 'too-big', { kind: 'message-size', mtu }, because, evidence);
}

const isReset = ({ l4 }: Packet): boolean => l4.kind === 'tcp' && l4.flags.includes('RST');
