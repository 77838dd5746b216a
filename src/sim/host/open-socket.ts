import type { Packet } from '../packet.ts';
import type { Host } from '../types.ts';

/** A socket by what a lookup compares: protocol, own address and port, the other's (__inet_lookup_established). */
function socketKey(packet: Packet, side: 'sender' | 'receiver'): string | undefined {
  const { l4, protocol, src, dst } = packet;
  // A ping socket is bound to the address it asked from (net/ipv4/ping.c ping_lookup).
  if (l4.kind === 'icmp-query') return `${protocol} ${side === 'sender' ? src : dst} id ${l4.id}`;
  if (l4.kind !== 'tcp' && l4.kind !== 'ports') return undefined;
  return side === 'sender'
    ? `${protocol} ${src} ${l4.sport} ${dst} ${l4.dport}`
    : `${protocol} ${dst} ${l4.dport} ${src} ${l4.sport}`;
}

/** The sender's socket waits for an answer from now on. */
export function openSocket(host: Host, sent: Packet, side: 'sender' | 'receiver' = 'sender'): void {
  const key = socketKey(sent, side);
  if (key !== undefined) host.openSockets.add(key);
}

/** Some socket of this host belongs to exactly this packet. */
export function hasSocket(host: Host, received: Packet): boolean {
  const key = socketKey(received, 'receiver');
  return key !== undefined && host.openSockets.has(key);
}
