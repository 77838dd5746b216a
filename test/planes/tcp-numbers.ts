import { readPacket } from '../../src/lab/observe/index.ts';
import type { Headers } from '../../src/trace/index.ts';

/**
 * Sequence numbers that fit: what comes back to a segment that left acknowledges it, as an endpoint's stack would. Numbers
 * are no part of a case; a window is, and there `nf_conntrack_tcp_be_liberal` decides.
 */
export class TcpNumbers {
  readonly #left = new Map<string, { readonly seq: number; readonly ack: number; readonly accepts: boolean }>();

  left(packet: Buffer): void {
    const headers = readPacket(packet);
    if (headers?.protocol !== 'tcp') return;
    const body = headers.family === 4 ? (packet.readUInt8(0) & 15) * 4 : 40;
    if (packet.length < body + 14) return;
    const flags = packet.readUInt8(body + 13);
    const end = headers.family === 4 ? packet.readUInt16BE(2) : 40 + packet.readUInt16BE(4);
    const data = Math.max(0, end - body - (packet.readUInt8(body + 12) >> 4) * 4);
    const counted = data + ((flags & SYN_OR_FIN) === 0 ? 0 : 1);
    this.#left.set(keyOf(headers.src, headers.sport, headers.dst, headers.dport), {
      seq: (packet.readUInt32BE(body + 4) + counted) >>> 0,
      ack: packet.readUInt32BE(body + 8),
      accepts: (flags & SYN_ACK) === SYN_ACK,
    });
  }

  of({ protocol, src, dst, sport, dport, tcpFlags = [] }: Headers): { readonly seq?: number; readonly ack?: number } {
    if (protocol !== 'tcp') return {};
    const opens = tcpFlags.includes('SYN');
    const answered = this.#left.get(keyOf(dst, dport, src, sport));
    const accepts = tcpFlags.includes('ACK');
    // A SYN is sent again as it was, and what accepts one behind the answer to it: an end repeats it until it has heard (RFC 9293, 3.8.1).
    const first = answered === undefined || answered.ack === 0 || (opens && (!accepts || answered.accepts));
    const seq = first ? (opens ? FIRST : FIRST + 1) : answered.ack;
    return { seq, ack: accepts ? (answered?.seq ?? FIRST + 1) : 0 };
  }
}

const FIRST = 1000;
const SYN_OR_FIN = 0x03;
const SYN_ACK = 0x12;

const keyOf = (src: string, sport: number | undefined, dst: string, dport: number | undefined): string =>
  `${src} ${sport ?? 0} ${dst} ${dport ?? 0}`;
