import type { Ip } from '../../net/index.ts';
import { hasFlag, type Packet } from '../packet.ts';
import type { Host, OpenSocket } from '../types.ts';

/**
 * The socket that sends a packet waits for an answer from now on: `bound` to its source by the program, or `unbound`, with
 * the one the kernel chose. Or a listener has `accepted` the packet's connection.
 */
export function openSocket(
  host: Host,
  packet: Packet,
  as: 'bound' | 'unbound' | 'accepted',
  dev?: string,
  mark = 0,
): void {
  const { l4, protocol, src, dst } = packet;
  const unbound = as === 'unbound';
  // A ping socket is bound to the address it asked from (net/ipv4/ping.c ping_lookup).
  const accepted = as === 'accepted' ? 'half-open' : undefined;
  // Fields in one order, each time: a spread in front of others would cost more than all the rest of a packet's stay.
  const socket = (own: Ip, other: Ip | undefined): OpenSocket => ({
    protocol,
    own,
    other,
    unbound,
    accepted,
    answered: false,
    dev,
    mark,
    cameBy: undefined,
  });
  if (l4.kind === 'icmp-query') host.openSockets.add(l4.id, 0, socket(src, undefined));
  if (l4.kind !== 'tcp' && l4.kind !== 'ports') return;
  if (accepted !== undefined) host.openSockets.add(l4.dport, l4.sport, socket(dst, src));
  else host.openSockets.add(l4.sport, l4.dport, socket(src, dst));
}

/** The socket of this host that belongs to exactly this packet. */
export function socketFor(host: Host, received: Packet): OpenSocket | undefined {
  const { l4, protocol, src, dst } = received;
  if (l4.kind === 'icmp-query')
    return host.openSockets.at(l4.id, 0).find((socket) => socket.protocol === protocol && socket.own === dst);
  if (l4.kind !== 'tcp' && l4.kind !== 'ports') return undefined;
  for (const socket of host.openSockets.at(l4.dport, l4.sport)) {
    if (socket.own === dst && socket.other === src && socket.protocol === protocol) return socket;
  }
  return undefined;
}

/** The socket that received the packet is gone. */
export function closeSocket(host: Host, { l4 }: Packet, socket: OpenSocket): void {
  if (l4.kind === 'tcp') host.openSockets.remove(l4.dport, l4.sport, (each) => each === socket);
}

/** A SYN whose answer has no route leaves no connection behind (net/ipv4/tcp_input.c tcp_conn_request, route_req). */
export function forgetUnanswered(host: Host, answer: Packet): void {
  const { l4, src, dst } = answer;
  if (l4.kind !== 'tcp' || !hasFlag(l4.flags, 'SYN') || !hasFlag(l4.flags, 'ACK')) return;
  host.openSockets.remove(
    l4.sport,
    l4.dport,
    ({ own, other, accepted }) => own === src && other === dst && accepted === 'half-open',
  );
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
