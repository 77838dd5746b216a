import { protocolNumber } from '../../net/index.ts';
import type { Conn, CtTuple } from '../packet.ts';

/** A connection as `conntrack -L` prints it (libnetfilter_conntrack, snprintf_default.c). */
export function printConn(conn: Conn, now: number): string {
  const { protocol } = conn.original;
  const name = typeof protocol === 'number' ? 'unknown' : protocol === 'ipv6-icmp' ? 'icmpv6' : protocol;
  const parts = [
    name.padEnd(8),
    String(protocolNumber(protocol)),
    String(Math.max(0, Math.ceil(conn.expiresAt - now))),
  ];
  if (conn.tcpState !== undefined) parts.push(conn.tcpState);
  parts.push(printTuple(conn.original));
  if (!conn.seenReply) parts.push('[UNREPLIED]');
  parts.push(printTuple(conn.reply));
  if (conn.assured) parts.push('[ASSURED]');
  parts.push(`mark=${conn.mark}`);
  if (conn.zone !== 0) parts.push(`zone=${conn.zone}`);
  parts.push('use=1');
  return parts.join(' ');
}

function printTuple({ src, dst, sport, dport, icmp, protocol }: CtTuple): string {
  const addresses = `src=${src} dst=${dst}`;
  if (icmp !== undefined) return `${addresses} type=${icmp.type} code=${icmp.code} id=${sport}`;
  const ports = protocol === 'tcp' || protocol === 'udp' || protocol === 'udplite' || protocol === 'sctp';
  return ports ? `${addresses} sport=${sport} dport=${dport}` : addresses;
}
