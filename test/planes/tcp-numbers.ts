import { readPacket } from '../../src/lab/observe/index.ts';
import type { Headers } from '../../src/trace/index.ts';

/**
 * Sequence numbers that fit: what comes back to a segment that left acknowledges it, as an endpoint's stack would. Numbers
 * are no part of a case; a window is, and there `nf_conntrack_tcp_be_liberal` decides.
 */
export class TcpNumbers {
  readonly #left = new Map<string, Left>();

  /** `tracked`: connection tracking took it for a part of its connection. What it did not, it knows no numbers of. */
  left(packet: Buffer, tracked: boolean): void {
    const headers = readPacket(packet);
    if (headers?.protocol !== 'tcp') return;
    const body = headers.family === 4 ? (packet.readUInt8(0) & 15) * 4 : 40;
    if (packet.length < body + 14) return;
    const flags = packet.readUInt8(body + 13);
    const end = headers.family === 4 ? packet.readUInt16BE(2) : 40 + packet.readUInt16BE(4);
    const data = Math.max(0, end - body - (packet.readUInt8(body + 12) >> 4) * 4);
    const counted = data + ((flags & SYN_OR_FIN) === 0 ? 0 : 1);
    const key = keyOf(headers.src, headers.sport, headers.dst, headers.dport);
    const seq = (packet.readUInt32BE(body + 4) + counted) >>> 0;
    const before = this.#left.get(key);
    const opened = (flags & SYN) === 0 ? before?.opened : seq;
    this.#left.set(key, {
      seq,
      opened,
      ack: tracked || before === undefined ? packet.readUInt32BE(body + 8) : before.ack,
    });
  }

  of({ protocol, src, dst, sport, dport, tcpFlags = [] }: Headers): { readonly seq?: number; readonly ack?: number } {
    if (protocol !== 'tcp') return {};
    const accepts = tcpFlags.includes('ACK');
    const answered = this.#left.get(keyOf(dst, dport, src, sport));
    // An end repeats what opens its side as it was, whatever came meanwhile (RFC 9293, 3.8.1).
    if (tcpFlags.includes('SYN'))
      return { seq: FIRST, ack: accepts ? (answered?.opened ?? answered?.seq ?? FIRST + 1) : 0 };
    const seq = answered === undefined || answered.ack === 0 ? FIRST + 1 : answered.ack;
    return { seq, ack: accepts ? (answered?.seq ?? FIRST + 1) : 0 };
  }
}

/** What left for one end from another, last: where the next octet begins; `opened`, that behind its last SYN. */
interface Left {
  readonly seq: number;
  readonly opened: number | undefined;
  readonly ack: number;
}

const FIRST = 1000;
const SYN = 0x02;
const SYN_OR_FIN = 0x03;

const keyOf = (src: string, sport: number | undefined, dst: string, dport: number | undefined): string =>
  `${src} ${sport ?? 0} ${dst} ${dport ?? 0}`;
