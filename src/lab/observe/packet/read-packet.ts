import { protocolOf } from '../../../net/index.ts';
import type { Headers, TcpFlag } from '../../../trace/index.ts';
import { addressAt } from '../netlink/conntrack-events.ts';

const FLAGS: readonly (readonly [number, TcpFlag])[] = [
  [2, 'SYN'],
  [16, 'ACK'],
  [4, 'RST'],
  [1, 'FIN'],
  [8, 'PSH'],
];

type Draft = { -readonly [K in keyof Headers]: Headers[K] };

/** The header values of an IP packet. It may be cut off behind its first transport bytes, as the kernel's events are. */
export function readPacket(bytes: Buffer, mark = 0): Headers | undefined {
  if (bytes.length < 20) return undefined;
  const v6 = bytes.readUInt8(0) >> 4 === 6;
  if (v6 && bytes.length < 40) return undefined;
  const piece = v6 && isFragment6(bytes);
  const body = v6 ? (piece ? 48 : 40) : (bytes.readUInt8(0) & 15) * 4;
  const draft: Draft = {
    family: v6 ? 6 : 4,
    src: v6 ? addressAt(bytes, 8, 16) : addressAt(bytes, 12, 4),
    dst: v6 ? addressAt(bytes, 24, 16) : addressAt(bytes, 16, 4),
    protocol: protocolOf(bytes.readUInt8(piece ? 40 : v6 ? 6 : 9)),
    ttl: bytes.readUInt8(v6 ? 7 : 8),
    length: v6 ? 40 + bytes.readUInt16BE(4) : bytes.readUInt16BE(2),
    df: !v6 && (bytes.readUInt8(6) & 0x40) !== 0,
    mark,
  };
  const offset = piece ? bytes.readUInt16BE(42) >> 3 : v6 ? 0 : bytes.readUInt16BE(6) & 0x1fff;
  const laterFragment = offset !== 0;
  if (!laterFragment && bytes.length >= body + 4) readTransport(bytes, body, draft);
  return draft;
}

/** A fragment header behind the IPv6 header (RFC 8200, 4.5). */
export const isFragment6 = (bytes: Buffer): boolean => bytes.length >= 48 && bytes.readUInt8(6) === 44;

function readTransport(bytes: Buffer, at: number, draft: Draft): void {
  switch (draft.protocol) {
    case 'tcp':
      draft.sport = bytes.readUInt16BE(at);
      draft.dport = bytes.readUInt16BE(at + 2);
      if (bytes.length < at + 14) return;
      draft.tcpFlags = FLAGS.filter(([bit]) => (bytes.readUInt8(at + 13) & bit) !== 0).map(([, name]) => name);
      return;
    case 'udp':
    case 'udplite':
    case 'sctp':
      draft.sport = bytes.readUInt16BE(at);
      draft.dport = bytes.readUInt16BE(at + 2);
      return;
    case 'icmp':
    case 'ipv6-icmp':
      draft.icmp = readIcmp(bytes, at, draft.family);
      return;
    default:
  }
}

/** RFC 792, RFC 4443: queries carry an id, errors the packet they are about. */
function readIcmp(bytes: Buffer, at: number, family: 4 | 6): NonNullable<Headers['icmp']> {
  const type = bytes.readUInt8(at);
  const code = bytes.readUInt8(at + 1);
  const isError = family === 4 ? [3, 4, 5, 11, 12].includes(type) : type < 128;
  if (bytes.length < at + 8) return { type, code };
  if (!isError) return { type, code, id: bytes.readUInt16BE(at + 4) };
  const quoted = readPacket(bytes.subarray(at + 8));
  const mtu = family === 4 && type === 3 && code === 4 ? bytes.readUInt16BE(at + 6) : undefined;
  const mtu6 = family === 6 && type === 2 ? bytes.readUInt32BE(at + 4) : undefined;
  const told = mtu ?? mtu6;
  return { type, code, ...(told === undefined ? {} : { mtu: told }), ...(quoted === undefined ? {} : { quoted }) };
}

/**
 * What tells one packet from another at one moment: addresses, protocol, IP id and the first transport bytes, of TCP its
 * numbers and flags, too: a segment and the reset that follows it are alike in all else. Not the TTL, which changes on the
 * way, nor an ICMP checksum, which follows its quoted packet.
 */
export function identityOf(bytes: Buffer): string {
  if (bytes.length < 20) return '';
  if (bytes.readUInt8(0) >> 4 === 6) {
    const [next, body] = isFragment6(bytes) ? [40, 48] : [6, 40];
    const protocol = bytes.readUInt8(next);
    return (
      bytes.toString('latin1', next, next + 1) +
      bytes.toString('latin1', 8, 40) +
      bytes.toString('latin1', body, body + telling(protocol))
    );
  }
  const body = (bytes.readUInt8(0) & 15) * 4;
  const protocol = bytes.readUInt8(9);
  return (
    bytes.toString('latin1', 4, 6) +
    bytes.toString('latin1', 9, 10) +
    bytes.toString('latin1', 12, 20) +
    bytes.toString('latin1', body, body + telling(protocol))
  );
}

/** Octets of a transport header before its checksum, or before what a router may change. */
const telling = (protocol: number): number => (protocol === 1 || protocol === 58 ? 2 : protocol === 6 ? 14 : 4);
