import type { Skb } from '../packet.ts';
import { settingsOf } from '../settings.ts';
import type { Host, OpenSocket } from '../types.ts';
import { socketFor } from './open-socket.ts';

/**
 * Before it is routed, a packet that belongs to a connection or a connected UDP socket of this host is given to that socket
 * (net/ipv4/ip_input.c ip_rcv_finish_core, tcp_v4_early_demux, udp_v4_early_demux; net/ipv6/ip6_input.c the same, by the same
 * settings). Undefined: to none; else the setting that has it so.
 */
export const earlyDemux = (host: Host, skb: Skb): string | undefined =>
  claimant(host, skb) === undefined ? undefined : `net.ipv4.${String(skb.packet.protocol)}_early_demux`;

function claimant(host: Host, { packet, pkttype, iif }: Skb): OpenSocket | undefined {
  const { protocol } = packet;
  if ((protocol !== 'tcp' && protocol !== 'udp') || pkttype !== 'unicast') return undefined;
  const socket = socketFor(host, packet);
  if (socket?.dev !== undefined && socket.dev !== iif) return undefined;
  return socket !== undefined && settingsOf(host).earlyDemux[protocol] ? socket : undefined;
}

/**
 * A packet whose socket remembers the route of an earlier one is not routed: no ip rule, no source check and no rp_filter is
 * asked about it. TCP goes by the device as well, UDP does not (tcp_v4_early_demux, udp_v4_early_demux, sk_rx_dst).
 */
export function keepsRoute(host: Host, skb: Skb): boolean {
  const { cameBy } = claimant(host, skb) ?? {};
  return cameBy !== undefined && (skb.packet.protocol === 'udp' || cameBy === skb.iif);
}

/**
 * What a socket takes shows it the route it came by: of TCP one with a state of its own, no half-open one (inet_sk_rx_dst_set);
 * of UDP what early demux gave it (__udp4_lib_rcv).
 */
export function rememberRoute(host: Host, skb: Skb, socket: OpenSocket): void {
  const { iif, packet } = skb;
  const kept =
    packet.protocol === 'udp' ? iif !== 'lo' && claimant(host, skb) !== undefined : packet.protocol === 'tcp';
  if (kept) socket.cameBy = iif;
}
