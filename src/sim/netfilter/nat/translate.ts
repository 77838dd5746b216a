import type { Ip } from '../../../net/index.ts';
import { tupleIn } from '../../conntrack/index.ts';
import { type Conn, type L4, type Packet, withEnds, withPort } from '../../packet.ts';
import type { Manip } from '../types.ts';

export type Direction = 'original' | 'reply';

export const oppositeOf = (dir: Direction): Direction => (dir === 'original' ? 'reply' : 'original');

/** Whether this direction's packets have that side rewritten: what the reply sees is the original's, inverted. */
export function isTranslated(conn: Conn, dir: Direction, manip: Manip): boolean {
  const source = (manip === 'src') === (dir === 'original');
  return source ? conn.srcNat : conn.dstNat;
}

/** Makes one side look like the inverse of the other direction (nf_nat_proto.c, nf_nat_manip_pkt). */
export function translatePacket(packet: Packet, conn: Conn, dir: Direction, manip: Manip): Packet {
  const other = tupleIn(conn, oppositeOf(dir));
  // Source and destination of an inverted tuple; an ICMP query has its id on both sides.
  return manip === 'src'
    ? rewrite(packet, manip, other.dst, other.dport)
    : rewrite(packet, manip, other.src, other.sport);
}

const rewrite = (packet: Packet, manip: Manip, address: Ip, port: number): Packet =>
  withAddress(packet, manip, address, withPort(packet.l4, manip, port));

/**
 * An ICMP error about a translated connection: the quoted packet is put back as its sender knew it, and the outer address
 * made to look as if the quoted packet's destination had answered (nf_nat_proto.c, nf_nat_icmp_reply_translation).
 */
export function translateError(packet: Packet, conn: Conn, dir: Direction, manip: Manip): Packet {
  const { l4 } = packet;
  if (l4.kind !== 'icmp-error') return packet;
  const { src, sport, dst, dport } = tupleIn(conn, oppositeOf(dir));
  const quoted = manip === 'src' ? rewrite(l4.quoted, 'dst', dst, dport) : rewrite(l4.quoted, 'src', src, sport);
  return withAddress(packet, manip, manip === 'src' ? dst : src, { ...l4, quoted });
}

const withAddress = (packet: Packet, side: Manip, address: Ip, l4: L4): Packet =>
  side === 'src' ? withEnds(packet, address, packet.dst, l4) : withEnds(packet, packet.src, address, l4);

/** ICMP redirects through a translation would teach the wrong thing: dropped. */
export const isRedirect = ({ protocol, l4 }: Packet): boolean =>
  l4.kind === 'icmp-error' && l4.type === (protocol === 'icmp' ? 5 : 137);
