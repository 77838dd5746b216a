import type { Packet } from '../packet.ts';
import type { Host } from '../types.ts';

/** The sender's socket waits for an answer from now on; or a listener has taken a connection. */
export function openSocket(host: Host, packet: Packet, side: 'sender' | 'receiver' = 'sender'): void {
  const { l4, protocol, src, dst } = packet;
  // A ping socket is bound to the address it asked from (net/ipv4/ping.c ping_lookup).
  if (l4.kind === 'icmp-query') {
    host.openSockets.add(l4.id, 0, { protocol, own: side === 'sender' ? src : dst, other: undefined });
  }
  if (l4.kind !== 'tcp' && l4.kind !== 'ports') return;
  if (side === 'sender') host.openSockets.add(l4.sport, l4.dport, { protocol, own: src, other: dst });
  else host.openSockets.add(l4.dport, l4.sport, { protocol, own: dst, other: src });
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
export function ownsSocket(host: Host, { l4, protocol, src, dst }: Packet): boolean {
  if (l4.kind !== 'tcp' && l4.kind !== 'ports') return false;
  return host.openSockets
    .at(l4.sport, l4.dport)
    .some((socket) => socket.own === src && socket.other === dst && socket.protocol === protocol);
}
