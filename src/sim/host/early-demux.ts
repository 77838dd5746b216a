import type { Skb } from '../packet.ts';
import { settingsOf } from '../settings.ts';
import type { Host } from '../types.ts';
import { socketFor } from './open-socket.ts';

/**
 * Before it is routed, a packet that belongs to a connection or a connected UDP socket of this host is given to that socket
 * (net/ipv4/ip_input.c ip_rcv_finish_core, tcp_v4_early_demux, udp_v4_early_demux; net/ipv6/ip6_input.c the same, by the same
 * settings). Undefined: to none; else the setting that has it so.
 */
export function earlyDemux(host: Host, skb: Skb): string | undefined {
  const { protocol } = skb.packet;
  if ((protocol !== 'tcp' && protocol !== 'udp') || skb.pkttype !== 'unicast') return undefined;
  if (!settingsOf(host).earlyDemux[protocol] || socketFor(host, skb.packet) === undefined) return undefined;
  return `net.ipv4.${protocol}_early_demux`;
}
