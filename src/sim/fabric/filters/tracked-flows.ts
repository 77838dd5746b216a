import { TRACKING_TIMEOUTS } from '../../../fabric/index.ts';
import type { Packet } from '../../packet.ts';

export type Way = 'egress' | 'ingress';

interface Flow {
  readonly kind: 'tcp' | 'udp' | 'icmp' | 'other';
  lastSeen: number;
  /** Packets each way. */
  readonly seen: Record<Way, number>;
}

/**
 * The flows an ENI's security groups know. TCP and UDP by addresses and ports, ICMP queries by addresses and id, everything
 * else by addresses and protocol; which end began does not matter (EC2 guide, security group connection tracking).
 */
export class TrackedFlows {
  private readonly flows = new Map<string, Flow>();

  /** True where the packet belongs to a flow that is known, or is an error about a packet of one. */
  knows(packet: Packet, way: Way, now: number): boolean {
    return this.flowOf(packet, way, now) !== undefined;
  }

  /** As `knows`; the flow is not idle any more. An error does not keep alive what it is about. */
  admits(packet: Packet, way: Way, now: number): boolean {
    const flow = this.flowOf(packet, way, now);
    if (flow === undefined) return false;
    if (packet.l4.kind === 'icmp-error') return true;
    flow.lastSeen = now;
    flow.seen[way] += 1;
    return true;
  }

  /** Nobody answers an error: it opens nothing. */
  open(packet: Packet, way: Way, now: number): void {
    if (packet.l4.kind === 'icmp-error') return;
    const seen = { egress: 0, ingress: 0, [way]: 1 };
    this.flows.set(keyOf(packet, way), { kind: kindOf(packet), lastSeen: now, seen });
  }

  private flowOf(packet: Packet, way: Way, now: number): Flow | undefined {
    return packet.l4.kind === 'icmp-error'
      ? this.find(keyOf(packet.l4.quoted, way === 'egress' ? 'ingress' : 'egress'), now)
      : this.find(keyOf(packet, way), now);
  }

  private find(key: string, now: number): Flow | undefined {
    const flow = this.flows.get(key);
    if (flow === undefined || now - flow.lastSeen <= timeoutOf(flow)) return flow;
    this.flows.delete(key);
    return undefined;
  }
}

function timeoutOf({ kind, seen }: Flow): number {
  const isStream = kind === 'udp' && seen.egress > 1 && seen.ingress > 1;
  return TRACKING_TIMEOUTS[isStream ? 'udpStream' : kind];
}

function kindOf({ protocol, l4 }: Packet): Flow['kind'] {
  if (protocol === 'tcp' || protocol === 'udp') return protocol;
  return l4.kind === 'icmp-query' ? 'icmp' : 'other';
}

/** The same for both directions: the ENI's end first. */
function keyOf(packet: Packet, way: Way): string {
  const { protocol, src, dst, l4 } = packet;
  const [own, peer] = way === 'egress' ? [src, dst] : [dst, src];
  if (protocol === 'tcp' || protocol === 'udp') {
    const [sport, dport] = l4.kind === 'tcp' || l4.kind === 'ports' ? [l4.sport, l4.dport] : [0, 0];
    return way === 'egress'
      ? `${protocol} ${own} ${sport} ${peer} ${dport}`
      : `${protocol} ${own} ${dport} ${peer} ${sport}`;
  }
  return `${protocol} ${own} ${peer} ${l4.kind === 'icmp-query' ? l4.id : ''}`;
}
