import { abi, bindTo, getOption, setOption, sockaddrLink, socketIn } from '../exec/ffi/index.ts';
import { BatchReader } from './batch-reader.ts';

/** An IP packet seen on a device, with nothing between it and the wire. */
export interface LinkRecord {
  readonly ifindex: number;
  readonly direction: 'in' | 'out' | 'other';
  /** From the IP header on. */
  readonly packet: Buffer;
  /** skb->mark: what it was on the way out; always 0 on the way in. */
  readonly mark: number;
  /** Destination MAC on the way out. */
  readonly lladdr: string;
}

const ETHERNET = 14;
const PACKET_OUTGOING = 4;
const PACKET_OTHERHOST = 3;
const SNAP = 2048;
const BUFFER = 1 << 24;

/** Every packet on every device of a namespace (packet(7), ETH_P_ALL: with ETH_P_IP outgoing ones would be missing). */
export class LinkTap {
  readonly #fd: number;
  readonly #reader: BatchReader;

  constructor(netns: number) {
    this.#fd = socketIn(netns, abi.AF_PACKET, abi.SOCK_RAW, 0);
    setOption(this.#fd, abi.SOL_SOCKET, abi.SO_RCVBUFFORCE, BUFFER);
    setOption(this.#fd, abi.SOL_SOCKET, abi.SO_RCVMARK, 1);
    bindTo(this.#fd, sockaddrLink(abi.ETH_P_ALL, 0), 'every device');
    this.#reader = new BatchReader(this.#fd, 16, SNAP);
  }

  drain(): LinkRecord[] {
    const records: LinkRecord[] = [];
    this.#reader.drain(({ bytes, from, control }) => {
      const protocol = from.readUInt16BE(2);
      if (protocol !== abi.ETH_P_IP && protocol !== abi.ETH_P_IPV6) return;
      const type = from.readUInt8(10);
      records.push({
        ifindex: from.readInt32LE(4),
        direction: type === PACKET_OUTGOING ? 'out' : type === PACKET_OTHERHOST ? 'other' : 'in',
        packet: Buffer.from(bytes.subarray(ETHERNET)),
        mark: control(abi.SOL_SOCKET, abi.SO_MARK) ?? 0,
        lladdr: bytes.toString('hex', 0, 6).replace(/..\B/g, '$&:'),
      });
    });
    return records;
  }

  /** True when the tap's buffer overflowed since this was last asked (PACKET_STATISTICS). */
  takeLost(): boolean {
    return getOption(this.#fd, abi.SOL_PACKET, abi.PACKET_STATISTICS, 8).readUInt32LE(4) > 0;
  }

  close(): void {
    this.#reader.close();
  }
}
