import type { Headers, Hook } from '../../trace/index.ts';
import type { DropEvent } from './bpf/kernel-events.ts';
import { isFragment6, readPacket } from './packet/read-packet.ts';

/** Pieces of one: by the id each carries. */
export const sameDatagram = (a: Buffer, b: Buffer): boolean =>
  isFragment6(a) && isFragment6(b)
    ? a.subarray(8, 40).equals(b.subarray(8, 40)) && a.subarray(44, 48).equals(b.subarray(44, 48))
    : sameDatagram4(a, b);

const sameDatagram4 = (a: Buffer, b: Buffer): boolean =>
  a.readUInt8(0) >> 4 === 4 &&
  a.length > 20 &&
  a.subarray(4, 6).equals(b.subarray(4, 6)) &&
  a.subarray(12, 20).equals(b.subarray(12, 20)) &&
  (b.readUInt16BE(6) & 0x3fff) !== 0;

/** A packet of this host's own that nat gave another destination, to which it has no way (ip_route_me_harder): no header is told between. */
export function diedTranslated(
  { hook, reachedPost, headers }: { readonly hook: Hook; readonly reachedPost: boolean; readonly headers: Headers },
  { reason, packet }: DropEvent,
): boolean {
  if (reason !== 'NETFILTER_DROP' || hook !== 'OUTPUT' || reachedPost) return false;
  const { src, sport, protocol, length, icmp } = readPacket(packet) ?? {};
  const same = src === headers.src && sport === headers.sport && protocol === headers.protocol;
  return same && length === headers.length && icmp?.id === headers.icmp?.id;
}
