import type { Ip } from '../../net/index.ts';
import type { Packet } from '../packet.ts';
import type { FlowQuery } from '../types.ts';

/** The lookup of an arriving packet (ip_route_input_slow; ports count only where a rule asks for them). */
export function inputQuery(packet: Packet, iif: string, mark: number): FlowQuery {
  const { l4 } = packet;
  const { src, dst, tos } = packet;
  const ipproto = String(packet.protocol);
  if (l4.kind !== 'tcp' && l4.kind !== 'ports') return { dst, src, iif, mark, tos, ipproto };
  return { dst, src, iif, mark, tos, ipproto, sport: l4.sport, dport: l4.dport };
}

/** The lookup of a packet this host sends; `src` is absent while none is chosen. */
export function outputQuery(packet: Packet, src: Ip | undefined, mark: number, oif: string | undefined): FlowQuery {
  const { l4 } = packet;
  const query: { -readonly [K in keyof FlowQuery]: FlowQuery[K] } = {
    dst: packet.dst,
    mark,
    tos: packet.tos,
    ipproto: String(packet.protocol),
  };
  if (src !== undefined) query.src = src;
  if (oif !== undefined) query.oif = oif;
  if (l4.kind === 'tcp' || l4.kind === 'ports') {
    query.sport = l4.sport;
    query.dport = l4.dport;
  }
  return query;
}
