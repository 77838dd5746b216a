import type { Conn, CtTuple, Packet } from '../packet.ts';

/**
 * Tuples: what identifies one direction of a connection (net/netfilter/nf_conntrack_core.c, nf_ct_get_tuple). An ICMP
 * error has none of its own: it belongs to the connection of the packet it quotes.
 */
export function tupleOf(packet: Packet): CtTuple | undefined {
  const { src, dst, protocol, l4 } = packet;
  switch (l4.kind) {
    case 'tcp':
    case 'ports':
      return { protocol, src, dst, sport: l4.sport, dport: l4.dport, icmp: undefined };
    case 'icmp-query':
      return { protocol, src, dst, sport: l4.id, dport: l4.id, icmp: { type: l4.type, code: l4.code } };
    case 'icmp-error':
      return undefined;
    case 'other':
      return { protocol, src, dst, sport: 0, dport: 0, icmp: undefined };
  }
}

/** Query types and their answers (nf_conntrack_proto_icmp.c and _icmpv6.c, invmap). */
const ICMP_ANSWER: ReadonlyMap<number, number> = new Map([
  [8, 0],
  [0, 8],
  [13, 14],
  [14, 13],
  [15, 16],
  [16, 15],
  [17, 18],
  [18, 17],
]);
const ICMPV6_ANSWER: ReadonlyMap<number, number> = new Map([
  [128, 129],
  [129, 128],
  [139, 140],
  [140, 139],
]);

/** The tuple an answer would have; undefined for an ICMP type that has no answer. */
export function invertTuple(tuple: CtTuple): CtTuple | undefined {
  const { protocol, src, dst, sport, dport, icmp } = tuple;
  if (icmp === undefined) return { protocol, src: dst, dst: src, sport: dport, dport: sport, icmp };
  const type = (protocol === 'ipv6-icmp' ? ICMPV6_ANSWER : ICMP_ANSWER).get(icmp.type);
  if (type === undefined) return undefined;
  return { protocol, src: dst, dst: src, sport, dport, icmp: { type, code: icmp.code } };
}

/** One direction's tuple of a connection. */
export const tupleIn = (conn: Conn, dir: 'original' | 'reply'): CtTuple =>
  dir === 'original' ? conn.original : conn.reply;

/** nf_ct_tuple_equal. */
export const sameTuple = (a: CtTuple, b: CtTuple): boolean =>
  a.sport === b.sport &&
  a.dport === b.dport &&
  a.src === b.src &&
  a.dst === b.dst &&
  a.protocol === b.protocol &&
  (a.icmp === b.icmp || (a.icmp?.type === b.icmp?.type && a.icmp?.code === b.icmp?.code));

/** nf_nat_core.c, same_src. */
export const sameSource = (a: CtTuple, b: CtTuple): boolean =>
  a.sport === b.sport && a.src === b.src && a.protocol === b.protocol;
