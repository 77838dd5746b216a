import { cidrContains, type Ip, ip, LINK_LOCAL6 } from '../../net/index.ts';
import type { Packet } from '../packet.ts';
import type { FlowQuery } from '../types.ts';

/** What is on one link alone. */
export const isLinkLocal6 = (address: Ip): boolean => cidrContains(LINK_LOCAL6, address);

const LOOPBACK6 = ip('::1');

/** Routed by the device it came by alone (net/ipv6/route.c rt6_need_strict). */
const needsStrict = (dst: Ip): boolean => dst === LOOPBACK6 || isLinkLocal6(dst);

/** The lookup of an arriving packet (ip_route_input_slow; ports count only where a rule asks for them). */
export function inputQuery(packet: Packet, iif: string, mark: number): FlowQuery {
  const { family, dst, src, tos, protocol, l4 } = packet;
  const ported = l4.kind === 'tcp' || l4.kind === 'ports';
  return {
    dst,
    src,
    iif,
    oif: family === 6 && needsStrict(dst) ? iif : undefined,
    anyDevice: false,
    mark,
    tos,
    ipproto: protocol,
    sport: ported ? l4.sport : undefined,
    dport: ported ? l4.dport : undefined,
  };
}

/**
 * The first lookup of a packet this host makes. IPv6 asks without its traffic class, which what is answered is given behind the
 * route (net/ipv6/icmp.c icmpv6_echo_reply, tcp_ipv6.c tcp_v6_send_response).
 */
export const firstQuery: typeof outputQuery = (packet, src, mark) =>
  packet.family === 4 ? outputQuery(packet, src, mark) : { ...outputQuery(packet, src, mark), tos: 0 };

/** The lookup of a packet this host sends; `src` is undefined while none is chosen. */
export function outputQuery(packet: Packet, src: Ip | undefined, mark: number): FlowQuery {
  const { dst, tos, protocol, l4 } = packet;
  const ported = l4.kind === 'tcp' || l4.kind === 'ports';
  return {
    dst,
    src,
    iif: undefined,
    oif: undefined,
    anyDevice: false,
    mark,
    tos,
    ipproto: protocol,
    sport: ported ? l4.sport : undefined,
    dport: ported ? l4.dport : undefined,
  };
}
