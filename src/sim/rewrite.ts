import type { Ip } from '../net/index.ts';
import type { Packet } from './packet.ts';

/** Ports of a packet; an ICMP query has its id on both sides, as NAT sees it. undefined where there is nothing to tell flows by. */
export function readPorts(packet: Packet): { readonly sport: number; readonly dport: number } | undefined {
  const { l4 } = packet;
  if (l4.kind === 'tcp' || l4.kind === 'ports') return { sport: l4.sport, dport: l4.dport };
  // An id has no direction: the request carries it out, the answer back. The far side's "port" is 0.
  if (l4.kind === 'icmp-query') return isAnswer(l4.type) ? { sport: 0, dport: l4.id } : { sport: l4.id, dport: 0 };
  return undefined;
}

/** Echo and timestamp replies, IPv4 and IPv6. */
const isAnswer = (type: number): boolean => type === 0 || type === 14 || type === 129;

export interface Ends {
  readonly src?: Ip;
  readonly dst?: Ip;
  readonly sport?: number;
  readonly dport?: number;
}

/** The packet with some of its ends replaced. */
export function writeEnds(packet: Packet, ends: Ends): Packet {
  const { l4 } = packet;
  const moved = { ...packet, src: ends.src ?? packet.src, dst: ends.dst ?? packet.dst };
  if (l4.kind === 'tcp' || l4.kind === 'ports')
    return { ...moved, l4: { ...l4, sport: ends.sport ?? l4.sport, dport: ends.dport ?? l4.dport } };
  if (l4.kind === 'icmp-query')
    return { ...moved, l4: { ...l4, id: (isAnswer(l4.type) ? ends.dport : ends.sport) ?? l4.id } };
  return moved;
}
