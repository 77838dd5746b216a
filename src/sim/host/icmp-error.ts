import { cidr, cidrContains, familyOf, type Ip, ip } from '../../net/index.ts';
import {
  addressType,
  type FibLookup,
  fibOf,
  hiddenSource,
  lookupRoute,
  selectSourceAddress,
  sourceForRoute,
} from '../fib/index.ts';
import type { Packet, Skb } from '../packet.ts';
import { settingsOf } from '../settings.ts';
import { type FlowQuery, type Host, PLAIN_FLOW, type Undecided, type Unsettled } from '../types.ts';
import { isOwnSource, outputRoute } from './output-route.ts';
import { answersBy, reflectedMark } from './record.ts';

export interface IcmpWhat {
  readonly type: number;
  readonly code: number;
  readonly mtu?: number;
}

/** The same cause in both families; `undefined` where the family stays silent. */
export const ICMP = {
  noRoute: { 4: { type: 3, code: 0 }, 6: { type: 1, code: 0 } },
  hostUnreachable: { 4: { type: 3, code: 1 }, 6: { type: 1, code: 3 } },
  /** ip6_pkt_discard answers "no route" for an unreachable route too. */
  unreachableRoute: { 4: { type: 3, code: 1 }, 6: { type: 1, code: 0 } },
  prohibited: { 4: { type: 3, code: 13 }, 6: { type: 1, code: 1 } },
  protocolUnreachable: { 4: { type: 3, code: 2 }, 6: { type: 4, code: 1 } },
  portUnreachable: { 4: { type: 3, code: 3 }, 6: { type: 1, code: 4 } },
  timeExceeded: { 4: { type: 11, code: 0 }, 6: { type: 3, code: 0 } },
  tooBig: { 4: { type: 3, code: 4 }, 6: { type: 2, code: 0 } },
  beyondScope: { 4: { type: 3, code: 1 }, 6: { type: 1, code: 2 } },
} as const;

const UNSPECIFIED = { 4: ip('0.0.0.0'), 6: ip('::') } as const;

const MULTICAST = { 4: cidr('224.0.0.0/4'), 6: cidr('ff00::/8') } as const;

/**
 * TTL of a packet this host makes: that of its route, else the namespace's; of IPv6 that of the device it leaves by
 * (ip4_dst_hoplimit, ip6_dst_hoplimit).
 */
export function ownTtl(host: Host, flow: Partial<FlowQuery> & Pick<FlowQuery, 'dst'>): number {
  const { defaultTtl, hopLimit, byRoute } = settingsOf(host);
  const four = familyOf(flow.dst) === 4;
  if (!byRoute && four) return defaultTtl;
  if (!byRoute && typeof hopLimit === 'number') return hopLimit;
  const out = outputRoute(host, { ...PLAIN_FLOW, ...flow });
  const own = out.kind === 'hop' ? out.lookup.route.hoplimit : undefined;
  // Zero is none (dst_metric_raw).
  if (own !== undefined && own > 0) return own;
  if (four) return defaultTtl;
  return typeof hopLimit === 'number' ? hopLimit : (hopLimit.get(out.kind === 'hop' ? out.dev : 'lo') ?? defaultTtl);
}

/**
 * An ICMP error about a packet, as it stands in this namespace (net/ipv4/icmp.c __icmp_send, net/ipv6/icmp.c icmp6_send).
 * None about another error or an answer it is sending, about a broadcast or multicast, or where no route leads back;
 * undecided where the model cannot tell which route does. `local`: the packet was for this host, which then answers from the
 * address it was sent to, if it was to any; otherwise the route back chooses the source. Rate limits are left out: one packet never meets them.
 */
export function icmpError(host: Host, skb: Skb, what: IcmpWhat, local = false): Packet | Undecided | undefined {
  const { packet } = skb;
  const { family } = packet;
  if (packet.l4.kind === 'icmp-error' || isOwnAnswer(skb) || skb.pkttype !== 'unicast') return undefined;
  // RFC 4443 2.4 (e.3): a multicast destination may still be told the packet is too big.
  if (cidrContains(MULTICAST[family], packet.dst) && !(family === 6 && what.type === 2)) return undefined;
  if (packet.src === '::' || cidrContains(MULTICAST[family], packet.src)) return undefined;
  const mark = reflectedMark(host, skb);
  const named = local && family === 4 && packet.dst !== UNSPECIFIED[4];
  const source = named ? packet.dst : errorSource(host, skb, mark);
  if (source === undefined || (named && !isOwnSource(host, packet.dst))) return undefined;
  if (typeof source === 'string') return errorFrom(host, source, packet, what, mark);
  const draft = errorFrom(host, UNSPECIFIED[family], packet, what, mark);
  return { kind: 'undecided', packet: draft, what: source.what, evidence: source.evidence };
}

function errorFrom(host: Host, src: Ip, packet: Packet, what: IcmpWhat, mark: number): Packet {
  const { family } = packet;
  // IPv4: IPTOS_PREC_INTERNETCONTROL, at most 576 bytes; IPv6: at most 1280.
  const length = family === 4 ? Math.min(packet.length + 28, 576) : Math.min(packet.length + 48, 1280);
  const protocol = family === 4 ? 'icmp' : 'ipv6-icmp';
  const tos = family === 4 ? (packet.tos & 0x1e) | 0xc0 : 0;
  const l4 = { kind: 'icmp-error', ...what, quoted: packet } as const;
  const error = { family, src, dst: packet.src, protocol, ttl: 0, tos, length, df: false, l4 } as const;
  const asked = errorAsksWithoutSource(host, error, mark) ? undefined : src;
  return { ...error, ttl: ownTtl(host, { src: asked, dst: packet.src, tos, mark, ipproto: protocol }) };
}

/** While the kernel's ICMP sends an answer it holds the socket an error would need (icmp_xmit_lock). */
function isOwnAnswer({ packet: { l4, family }, iif }: Skb): boolean {
  if (iif !== undefined || l4.kind !== 'icmp-query') return false;
  return family === 4 ? l4.type === 0 || l4.type === 14 : l4.type === 129;
}

/** An address of this host, or the anycast one of a subnet of its own (net/ipv6/icmp.c icmp6_send, ipv6_chk_acast_addr_src). */
function isOwn6(host: Host, address: Ip): boolean {
  if (fibOf(host).local.has(address)) return true;
  const found = lookupRoute(host, { ...PLAIN_FLOW, dst: address });
  return found.kind === 'found' && found.type === 'anycast' && found.route.protocol === 'kernel';
}

/**
 * IPv6: the route's `src`, else the best address of the device the packet came by, with which the error is routed then
 * (net/ipv6/icmp.c icmp6_send, icmpv6_rt_has_prefsrc).
 */
function errorSource(host: Host, skb: Skb, mark: number): Ip | Unsettled | undefined {
  const { packet } = skb;
  const oif = answersBy(skb);
  if (oif !== undefined && errorRoute(host, packet, packet.src, mark, oif).kind === 'no-route') return undefined;
  if (packet.family === 6 && isOwn6(host, packet.dst)) return packet.dst;
  if (packet.family === 4 && skb.iif !== undefined && host.sysctl('net.ipv4.icmp_errors_use_inbound_ifaddr') === '1') {
    return selectSourceAddress(host, skb.iif, packet.src, 'link');
  }
  const back = errorRoute(host, packet, packet.src, mark, oif);
  if (back.kind === 'unknown') return unsettled(back);
  if (packet.family === 6 && skb.iif !== undefined && !namesSource(back))
    return selectSourceAddress(host, skb.iif, packet.src, 'global');
  if (back.kind !== 'found') return undefined;
  const hidden = hiddenSource(host, back);
  return hidden === undefined ? sourceForRoute(host, back, packet.src) : unsettled(hidden);
}

const unsettled = (why: Unsettled): Unsettled => ({
  ...why,
  what: `which error goes back is not known: ${why.what}`,
});

const errorRoute = (host: Host, { family, tos }: Packet, dst: Ip, mark: number, oif?: string): FibLookup =>
  family === 4
    ? lookupRoute(host, { ...PLAIN_FLOW, dst, mark, tos, ipproto: 'icmp' })
    : lookupRoute(host, { ...PLAIN_FLOW, dst, oif, mark, ipproto: 'ipv6-icmp' });

const namesSource = (back: FibLookup): boolean => back.kind === 'found' && back.route.prefsrc !== undefined;

/**
 * Whether an error is routed before it has its source. IPv4: one about a packet that was not for this host (net/ipv4/icmp.c
 * __icmp_send). IPv6: of these, one whose route names the source (net/ipv6/icmp.c icmp6_send); else it has chosen by then.
 */
export function errorAsksWithoutSource(
  host: Host,
  error: Packet & { readonly l4: { readonly kind: 'icmp-error' } },
  mark: number,
): boolean {
  const { quoted } = error.l4;
  if (error.family === 6) return !isOwn6(host, quoted.dst) && namesSource(errorRoute(host, quoted, error.dst, mark));
  if (addressType(host, quoted.dst) === 'LOCAL') return false;
  return host.sysctl('net.ipv4.icmp_errors_use_inbound_ifaddr') !== '1';
}
