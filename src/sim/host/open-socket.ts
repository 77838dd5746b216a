import type { Packet } from '../packet.ts';
import type { Host, OpenSocket } from '../types.ts';

/**
 * The socket that sends a packet waits for an answer from now on: `bound` to its source by the program, or `unbound`, with
 * the one the kernel chose. Or a listener has `accepted` the packet's connection.
 */
export function openSocket(host: Host, packet: Packet, as: 'bound' | 'unbound' | 'accepted'): void {
  const { l4, protocol, src, dst } = packet;
  const unbound = as === 'unbound';
  // A ping socket is bound to the address it asked from (net/ipv4/ping.c ping_lookup).
  if (l4.kind === 'icmp-query') {
    host.openSockets.add(l4.id, 0, { protocol, own: as === 'accepted' ? dst : src, other: undefined, unbound });
  }
  if (l4.kind !== 'tcp' && l4.kind !== 'ports') return;
  if (as === 'accepted') host.openSockets.add(l4.dport, l4.sport, { protocol, own: dst, other: src, unbound });
  else host.openSockets.add(l4.sport, l4.dport, { protocol, own: src, other: dst, unbound });
}

/** Some socket of this host belongs to exactly this packet. */
export function hasSocket(host: Host, received: Packet): boolean {
  const { l4, protocol, src, dst } = received;
  if (l4.kind === 'icmp-query')
    return host.openSockets.at(l4.id, 0).some((socket) => socket.protocol === protocol && socket.own === dst);
  if (l4.kind !== 'tcp' && l4.kind !== 'ports') return false;
  for (const socket of host.openSockets.at(l4.dport, l4.sport)) {
    if (socket.own === dst && socket.other === src && socket.protocol === protocol) return true;
  }
  return false;
}

/** A socket of this host already sends exactly these packets. */
export const ownsSocket = (host: Host, packet: Packet): boolean =>
  packet.l4.kind !== 'icmp-query' && senderOf(host, packet) !== undefined;

/** The socket a packet made here is from, the last one made of several; undefined where the kernel made it by itself. */
export function senderOf(host: Host, { l4, protocol, src, dst }: Packet): OpenSocket | undefined {
  if (l4.kind === 'icmp-query')
    return host.openSockets.at(l4.id, 0).findLast((socket) => socket.protocol === protocol && socket.own === src);
  if (l4.kind !== 'tcp' && l4.kind !== 'ports') return undefined;
  return host.openSockets
    .at(l4.sport, l4.dport)
    .findLast((socket) => socket.own === src && socket.other === dst && socket.protocol === protocol);
}
