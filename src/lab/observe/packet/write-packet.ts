import { protocolNumber } from '../../../net/index.ts';
import type { Headers, TcpFlag } from '../../../trace/index.ts';
import { ipBytes } from '../../exec/ffi/index.ts';

const BITS: Readonly<Record<TcpFlag, number>> = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16 };

/** What a packet needs beside its headers. */
export interface Octets {
  /** IP id: the same before and behind every link and translation. */
  readonly id: number;
  readonly seq?: number;
  readonly ack?: number;
  /** For an ICMP error: the packet it is about, as it was seen. */
  readonly quoted?: Uint8Array;
}

/** The bytes of an IP packet with these headers: valid checksums, zeros as payload up to `length`. */
export function writePacket(headers: Headers, octets: Octets): Buffer {
  const { family, length } = headers;
  const head = family === 4 ? 20 : 40;
  const bytes = Buffer.alloc(Math.max(length, head + transportLength(headers, octets)));
  const body = bytes.subarray(head);
  writeTransport(body, headers, octets);
  if (family === 4) writeIpv4(bytes, headers, octets.id);
  else writeIpv6(bytes, headers);
  sealTransport(body, headers);
  return bytes;
}

function transportLength({ protocol }: Headers, { quoted }: Octets): number {
  if (protocol === 'tcp') return 20;
  return 8 + (quoted?.length ?? 0);
}

function writeIpv4(bytes: Buffer, { src, dst, protocol, ttl, df }: Headers, id: number): void {
  bytes.writeUInt8(0x45, 0);
  bytes.writeUInt16BE(bytes.length, 2);
  bytes.writeUInt16BE(id & 0xffff, 4);
  bytes.writeUInt16BE(df ? 0x4000 : 0, 6);
  bytes.writeUInt8(ttl, 8);
  bytes.writeUInt8(protocolNumber(protocol), 9);
  bytes.set(ipBytes(src), 12);
  bytes.set(ipBytes(dst), 16);
  bytes.writeUInt16BE(checksum(bytes.subarray(0, 20), 0), 10);
}

function writeIpv6(bytes: Buffer, { src, dst, protocol, ttl }: Headers): void {
  bytes.writeUInt8(0x60, 0);
  bytes.writeUInt16BE(bytes.length - 40, 4);
  bytes.writeUInt8(protocolNumber(protocol), 6);
  bytes.writeUInt8(ttl, 7);
  bytes.set(ipBytes(src), 8);
  bytes.set(ipBytes(dst), 24);
}

function writeTransport(body: Buffer, headers: Headers, octets: Octets): void {
  const { protocol, sport = 0, dport = 0, tcpFlags = [], icmp } = headers;
  if (icmp !== undefined) {
    body.writeUInt8(icmp.type, 0);
    body.writeUInt8(icmp.code, 1);
    if (icmp.id !== undefined) body.writeUInt32BE(icmp.id * 65536 + 1, 4);
    if (icmp.mtu !== undefined) body.writeUInt32BE(icmp.mtu, 4);
    if (octets.quoted !== undefined) body.set(octets.quoted, 8);
    return;
  }
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'udplite') return;
  body.writeUInt16BE(sport, 0);
  body.writeUInt16BE(dport, 2);
  if (protocol === 'udplite') return;
  if (protocol === 'udp') {
    body.writeUInt16BE(body.length, 4);
    return;
  }
  body.writeUInt32BE(octets.seq ?? 0, 4);
  body.writeUInt32BE(octets.ack ?? 0, 8);
  body.writeUInt8(0x50, 12);
  body.writeUInt8(
    tcpFlags.reduce((bits, flag) => bits | BITS[flag], 0),
    13,
  );
  body.writeUInt16BE(60000, 14);
}

/** RFC 1071, over the pseudo header where the protocol asks for one. */
function sealTransport(body: Buffer, { src, dst, protocol, family }: Headers): void {
  const at = ({ tcp: 16, udp: 6, udplite: 6, icmp: 2, 'ipv6-icmp': 2 } as Readonly<Record<string, number>>)[protocol];
  if (at === undefined) return;
  const pseudo = Buffer.concat([
    ipBytes(src),
    ipBytes(dst),
    Buffer.from([0, protocolNumber(protocol), body.length >> 8, body.length & 255]),
  ]);
  const bare = protocol === 'icmp' && family === 4;
  const value = checksum(body, bare ? 0 : sum(pseudo));
  body.writeUInt16BE(value === 0 && !bare ? 0xffff : value, at);
}

function sum(bytes: Buffer): number {
  let total = 0;
  for (let i = 0; i + 1 < bytes.length; i += 2) total += bytes.readUInt16BE(i);
  if (bytes.length % 2 === 1) total += bytes.readUInt8(bytes.length - 1) << 8;
  return total;
}

function checksum(bytes: Buffer, start: number): number {
  let total = start + sum(bytes);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return ~total & 0xffff;
}
