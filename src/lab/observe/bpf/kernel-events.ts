import { type Ip, ipFromBits } from '../../../net/index.ts';
import { RecordProgram } from './assembler.ts';
import { type Btf, readBtf } from './btf.ts';
import { BpfRing } from './ring.ts';

/** A packet the kernel let go of, and why (tracepoint skb:kfree_skb). */
export interface DropEvent {
  readonly kind: 'drop';
  /** `IP_RPFILTER`, `NETFILTER_DROP`: enum skb_drop_reason without its prefix. */
  readonly reason: string;
  /** Inode of the namespace; 0 where the packet had no device yet. */
  readonly netns: number;
  readonly ifindex: number;
  readonly mark: number;
  /** From the network header on, as it was at the drop. */
  readonly packet: Buffer;
}

/** One look into one IPv4 routing table (tracepoint fib:fib_table_lookup). */
export interface FibEvent {
  readonly kind: 'fib';
  readonly table: number;
  /** 0 found, -11 nothing here: the next rule is asked; others are what an unreachable, prohibit or blackhole route says. */
  readonly error: number;
  readonly iif: number;
  readonly oif: number;
  readonly mark: number;
  /** Protocol number; 0 where the flow was asked without one. */
  readonly protocol: number;
  readonly src: Ip;
  readonly dst: Ip;
  /** 0 where the flow was asked without them, as where no rule asks for ports. */
  readonly sport: number;
  readonly dport: number;
  /** What was found; 0 and undefined where nothing was. */
  readonly netns: number;
  readonly dev: number;
  readonly gateway: Ip | undefined;
}

export type KernelEvent = DropEvent | FibEvent;

const DROP = 1;
const FIB = 2;
const RECORD = 104;
const HEADER = 40;
const HEADER_BYTES = 64;
const RING = 1 << 22;

/** Opens both tracepoints. They are machine-wide: events of foreign namespaces are passed over when read. */
export function openKernelEvents(): KernelEvents {
  return new KernelEvents(readBtf());
}

export class KernelEvents {
  readonly #ring = new BpfRing(RING);
  readonly #reasons: ReadonlyMap<number, string>;

  constructor(btf: Btf) {
    const reasons = [...btf.enumOf('skb_drop_reason')];
    this.#reasons = new Map(reasons.map(([n, name]) => [n, name.replace(/^SKB_(DROP_REASON_)?/, '')]));
    this.#ring.attach('kfree_skb', dropProgram(btf).send(this.#ring.map));
    this.#ring.attach('fib_table_lookup', fibProgram(btf).send(this.#ring.map));
  }

  /** What happened since the last call, in order, in one of `namespaces` or (where no namespace is told) by this process. */
  drain(namespaces: ReadonlySet<number>): KernelEvent[] {
    const events: KernelEvent[] = [];
    this.#ring.drain((bytes, at) => {
      const netns = bytes.readUInt32LE(at + 8);
      const ours = netns === 0 ? bytes.readUInt32LE(at + 4) === process.pid : namespaces.has(netns);
      if (ours) events.push(this.#decode(bytes, at, netns));
    });
    return events;
  }

  #decode(bytes: Buffer, at: number, netns: number): KernelEvent {
    if (bytes.readUInt32LE(at) === DROP) {
      const reason = bytes.readUInt32LE(at + 12);
      return {
        kind: 'drop',
        reason: this.#reasons.get(reason) ?? `reason ${reason}`,
        netns,
        ifindex: bytes.readUInt32LE(at + 16),
        mark: bytes.readUInt32LE(at + 20),
        packet: Buffer.from(bytes.subarray(at + HEADER, at + HEADER + HEADER_BYTES)),
      };
    }
    return {
      kind: 'fib',
      netns,
      table: bytes.readUInt32LE(at + 12),
      error: bytes.readInt32LE(at + 16),
      dev: bytes.readUInt32LE(at + 20),
      oif: bytes.readUInt32LE(at + 24),
      iif: bytes.readUInt32LE(at + 28),
      mark: bytes.readUInt32LE(at + 32),
      protocol: bytes.readUInt8(at + 36),
      src: ipFromBits(bytes.readUInt32BE(at + 40), 4),
      dst: ipFromBits(bytes.readUInt32BE(at + 44), 4),
      dport: bytes.readUInt16BE(at + 56),
      sport: bytes.readUInt16BE(at + 58),
      gateway: bytes.readUInt8(at + 48) === 2 ? ipFromBits(bytes.readUInt32BE(at + 52), 4) : undefined,
    };
  }

  /** True when there were more events than the ring holds since this was last asked. */
  takeLost(): boolean {
    return this.#ring.takeLost();
  }

  close(): void {
    this.#ring.close();
  }
}

/** trace_kfree_skb(skb, location, reason, ...). */
function dropProgram(btf: Btf): RecordProgram {
  return new RecordProgram(RECORD)
    .constant(DROP, 0)
    .process(4)
    .argument(7, 2)
    .store(7, 12)
    .argument(7, 0)
    .copy(7, btf.offset('sk_buff', 'mark'), 4, 20)
    .copy(7, btf.offset('sk_buff', 'protocol'), 2, 24)
    .follow(7, btf.offset('sk_buff', 'dev'), 8)
    .copy(8, btf.offset('net_device', 'ifindex'), 4, 16)
    .follow(8, btf.offset('net_device', 'nd_net'), 9)
    .copy(9, btf.offset('net', 'ns.inum'), 4, 8)
    .follow(7, btf.offset('sk_buff', 'head'), 8)
    .add16(7, btf.offset('sk_buff', 'network_header'), 8)
    .copy(8, 0, HEADER_BYTES, HEADER);
}

/** trace_fib_table_lookup(tb_id, flp, nhc, err). */
function fibProgram(btf: Btf): RecordProgram {
  const common = btf.offset('flowi4', '__fl_common');
  const flow = (field: string): number => common + btf.offset('flowi_common', field);
  return new RecordProgram(RECORD)
    .constant(FIB, 0)
    .process(4)
    .argument(7, 0)
    .store(7, 12)
    .argument(7, 3)
    .store(7, 16)
    .argument(7, 1)
    .copy(7, flow('flowic_oif'), 4, 24)
    .copy(7, flow('flowic_iif'), 4, 28)
    .copy(7, flow('flowic_mark'), 4, 32)
    .copy(7, flow('flowic_proto'), 1, 36)
    .copy(7, btf.offset('flowi4', 'saddr'), 4, 40)
    .copy(7, btf.offset('flowi4', 'daddr'), 4, 44)
    .copy(7, btf.offset('flowi4', 'uli'), 4, 56)
    .argument(7, 2)
    .copy(7, btf.offset('fib_nh_common', 'nhc_gw_family'), 1, 48)
    .copy(7, btf.offset('fib_nh_common', 'nhc_gw'), 4, 52)
    .follow(7, btf.offset('fib_nh_common', 'nhc_dev'), 8)
    .copy(8, btf.offset('net_device', 'ifindex'), 4, 20)
    .follow(8, btf.offset('net_device', 'nd_net'), 9)
    .copy(9, btf.offset('net', 'ns.inum'), 4, 8);
}
