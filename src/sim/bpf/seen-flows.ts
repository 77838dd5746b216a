import type { CtTuple, Packet } from '../packet.ts';

/** After so long the agent has swept out a flow that connection tracking has forgotten (`--conntrack-cache-cleanup-period`). */
const SWEPT_SECONDS = 300;

/** One direction of a flow as the programs key it (struct conntrack_key): ports are 0 but for TCP, UDP and SCTP. */
export interface FlowKey {
  readonly dev: string;
  readonly owner: string;
  readonly tuple: CtTuple;
}

/** Flows that classifiers of a namespace let through: their map `aws_conntrack_map`, which is not the kernel's connection table. */
export class SeenFlows {
  private readonly last = new Map<string, number>();

  /**
   * Whether the flow was let through before and is remembered still; it counts as seen now. It lives on while the kernel's
   * table has it, before or behind translation, in either direction (pkg/ebpf/conntrack, CleanupConntrackMap).
   */
  has(key: FlowKey, now: number, inTable: (tuple: CtTuple) => boolean): boolean {
    const text = textOf(key);
    const seen = this.last.get(text);
    if (seen === undefined) return false;
    if (now - seen > SWEPT_SECONDS && !inTable(key.tuple) && !inTable(turned(key.tuple))) {
      this.last.delete(text);
      return false;
    }
    this.last.set(text, now);
    return true;
  }

  add(key: FlowKey, now: number): void {
    this.last.set(textOf(key), now);
  }
}

const textOf = ({ dev, owner, tuple: { protocol, src, sport, dst, dport } }: FlowKey): string =>
  `${dev} ${owner} ${protocol} ${src} ${sport} ${dst} ${dport}`;

export const turned = ({ protocol, src, sport, dst, dport }: CtTuple): CtTuple => ({
  protocol,
  src: dst,
  sport: dport,
  dst: src,
  dport: sport,
  icmp: undefined,
});

/** The programs read ports of three protocols; of all others they are 0. */
export function flowTuple({ protocol, src, dst, l4 }: Packet): CtTuple {
  const read = protocol === 'tcp' || protocol === 'udp' || protocol === 'sctp';
  const [sport, dport] = read && (l4.kind === 'tcp' || l4.kind === 'ports') ? [l4.sport, l4.dport] : [0, 0];
  return { protocol, src, sport, dst, dport, icmp: undefined };
}
