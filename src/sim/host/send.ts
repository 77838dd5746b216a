import type { Ip } from '../../net/index.ts';
import { setClosing } from '../conntrack/index.ts';
import { deviceOf } from '../fib/index.ts';
import { hangsOn, runHook } from '../netfilter/index.ts';
import { NO_CT, type Packet, type Skb } from '../packet.ts';
import { settingsOf } from '../settings.ts';
import type { Host, Outcome, Ties, Undecided, Walk } from '../types.ts';
import { firstQuery, isLinkLocal6, outputQuery } from './flow-query.ts';
import { errorAsksWithoutSource } from './icmp-error.ts';
import { ipvsXmit } from './ipvs-xmit.ts';
import { narrowRoute } from './narrow-route.ts';
import { forgetUnanswered, senderOf } from './open-socket.ts';
import { type Hop, isOwnSource, outputRoute } from './output-route.ts';
import { receive } from './receive.ts';
import { byKernel, byLink, die, recordLookup, snapshot, stopUnknown } from './record.ts';
import { stopped } from './reject.ts';
import { refusedAnew, rerouting } from './rerouting.ts';
import { transmit } from './transmit.ts';

export interface SendOptions extends Ties {
  readonly forcedInvalid?: boolean;
  /** Why nobody can know how it leaves. */
  readonly undecided?: Undecided | undefined;
}

/** A packet this host makes: route, OUTPUT (which may route again), POSTROUTING, the device; its own addresses loop back. */
export function send(host: Host, packet: Packet, walk: Walk, options: SendOptions = {}): Outcome {
  const skb: Skb = {
    packet,
    mark: options.mark ?? 0,
    iif: undefined,
    oif: undefined,
    mtu: undefined,
    ct: options.ct ?? NO_CT,
    forcedInvalid: options.forcedInvalid ?? false,
    pkttype: 'unicast',
  };
  const { unmodelled } = settingsOf(host);
  if (unmodelled !== undefined) return stopUnknown(host, skb, walk, unmodelled, 'unmodelled.json');
  const { undecided } = options;
  if (undecided !== undefined) return stopUnknown(host, skb, walk, undecided.what, undecided.evidence);
  const { boundTo } = options;
  const query = (of: typeof outputQuery): typeof outputQuery =>
    boundTo === undefined ? strictly(of, options.oif) : (...asked) => ({ ...of(...asked), oif: boundTo });
  const asked = askedSource(host, packet, skb.mark);
  const foreign = options.resets === true || asked === undefined ? undefined : foreignSource(host, skb, walk);
  const routed = foreign ?? routeOutput(host, skb, walk, asked, query(firstQuery));
  if (routed.kind !== 'hop') {
    forgetUnanswered(host, packet);
    return routed;
  }
  const tooLong = narrowRoute(host, skb, walk, routed) ?? messageSize(host, skb, walk, routed);
  if (tooLong !== undefined) return tooLong;
  if (options.resets === true) closeConnection(host, skb, walk.now);
  const hop = hangsOn('OUTPUT', host, packet.family) ? output(host, skb, walk, routed, query(outputQuery)) : routed;
  if (hop.kind !== 'hop') return hop;
  skb.oif = hop.dev;
  if (hop.local) return loop(host, skb, walk, hop);
  return transmit(host, skb, walk, hop.out, hop.nexthop, hop.mtu);
}

/** net/ipv4/netfilter/nf_reject_ipv4.c nf_send_reset, net/ipv6/netfilter/nf_reject_ipv6.c nf_send_reset6: once there is a route. */
function closeConnection(host: Host, { ct }: Skb, now: number): void {
  if (ct.kind === 'tracked' && ct.conn.confirmed) setClosing(host, ct.conn, now);
}

/** With the device a link-local address is reached by, which also ip6_route_me_harder keeps. */
const strictly = (of: typeof outputQuery, oif: string | undefined): typeof outputQuery =>
  oif === undefined
    ? of
    : (packet, src, mark) => ({ ...of(packet, src, mark), oif: isLinkLocal6(packet.dst) ? oif : undefined });

/** OUTPUT, whose rules and whose IPVS may send the packet another way, or end its stay. */
function output(host: Host, skb: Skb, walk: Walk, routed: Hop, queryOf: typeof outputQuery): Hop | Outcome {
  const { reroute, way } = rerouting((changed) => {
    const again = routeOutput(host, changed, walk, changed.packet.src, queryOf, true);
    // Until the hook is done, rules see the device the packet entered it with (struct nf_hook_state, out).
    if (again.kind === 'hop') changed.oif = routed.dev;
    return again;
  });
  const balancing = host.netns.ipvs === undefined ? undefined : ipvsXmit(host, walk);
  const result = runHook('OUTPUT', host, skb, walk, { reroute, xmit: balancing?.xmit });
  const taken = balancing?.outcome();
  if (taken !== undefined) return taken;
  const hop = way() ?? routed;
  return hop.kind !== 'hop' || result.kind === 'accept' ? hop : stopped(host, skb, walk, result);
}

/**
 * The source a packet's first route is asked with: where it has none yet no rule `from` takes it, and the route found gives the
 * address. A socket of IPv6 that chose none keeps the route found so (net/ipv6/ip6_output.c ip6_dst_lookup_tail); IPv4 asks
 * again with the address that one gave (include/net/route.h ip_route_connect).
 */
function askedSource(host: Host, packet: Packet, mark: number): Ip | undefined {
  const { l4, src, family } = packet;
  if (l4.kind === 'icmp-error') return errorAsksWithoutSource(host, { ...packet, l4 }, mark) ? undefined : src;
  return family === 6 && senderOf(host, packet)?.unbound === true ? undefined : src;
}

/** IPv4 routes nothing from an address that is none of this host's, as a local route of another table may lend it one. */
function foreignSource(host: Host, skb: Skb, walk: Walk): Outcome | undefined {
  const { src } = skb.packet;
  if (skb.packet.family === 6 || isOwnSource(host, src)) return undefined;
  const because = `no packet leaves from ${src}: table local has no such address (ENETUNREACH)`;
  const cause = { kind: 'foreign-source', address: src } as const;
  const evidence = byKernel(host, '__ip_dev_find, ip_route_output_key_hash_rcu', 'ip-route.json');
  return die(host, skb, walk, 'no-route', cause, because, evidence);
}

/** Where no route leads by it, IPv4 takes the destination to be a neighbour (net/ipv4/route.c ip_route_output_key_hash_rcu). */
const onLinkBy = (dev: string, dst: Ip): string =>
  `a socket bound to ${dev} asks its neighbours there for ${dst}, for no route leads by it: not modelled`;

function routeOutput(
  host: Host,
  skb: Skb,
  walk: Walk,
  src: Ip | undefined,
  queryOf: typeof outputQuery,
  anew = false,
): Hop | Outcome {
  const before = snapshot(skb, walk);
  const query = queryOf(skb.packet, src, skb.mark);
  let out = outputRoute(host, query);
  if (out.kind === 'error' && src === undefined && skb.packet.family === 6)
    out = outputRoute(host, queryOf(skb.packet, skb.packet.src, skb.mark));
  if (out.kind === 'unknown') return stopUnknown(host, skb, walk, out.what, out.evidence);
  if (out.kind === 'error' && out.disposition === 'no-route' && query.oif !== undefined && skb.packet.family === 4)
    return stopUnknown(host, skb, walk, onLinkBy(query.oif, skb.packet.dst), 'ss');
  if (out.kind === 'error') {
    recordLookup(host, skb, walk, out.lookup, before);
    const evidence = out.evidence ?? byKernel(host, 'ip_route_output_key', 'ip-route.json');
    const disposition = anew ? refusedAnew(skb.packet, out.disposition) : out.disposition;
    return die(host, skb, walk, disposition, out.cause, out.because, evidence);
  }
  skb.oif = out.dev;
  skb.mtu = out.mtu;
  recordLookup(host, skb, walk, out.lookup, before);
  return out;
}

/**
 * A message its socket may not cut, longer than the route of the first lookup takes: sendto fails with EMSGSIZE, and no hook
 * sees a packet (net/ipv4/ip_output.c __ip_append_data, net/ipv6/ip6_output.c __ip6_append_data). TCP and SCTP cut by that
 * route's MTU before they make a packet.
 */
function messageSize(host: Host, skb: Skb, walk: Walk, hop: Hop): Outcome | undefined {
  const { df, length, l4, protocol } = skb.packet;
  const { mtu } = hop;
  if (!df || length <= mtu || l4.kind === 'tcp' || protocol === 'sctp') return undefined;
  const { link } = hop.out;
  const evidence = link === undefined ? byKernel(host, 'ip_append_data') : byLink(host, link);
  const because = `${length} bytes are more than the MTU of ${mtu} on ${hop.dev}, and the socket forbids to cut them (EMSGSIZE)`;
  return die(host, skb, walk, 'too-big', { kind: 'message-size', mtu }, because, evidence);
}

/** To an address of this host: out through POSTROUTING and in again by lo, the same skb with its connection and mark. */
function loop(host: Host, skb: Skb, walk: Walk, hop: Hop): Outcome {
  const post = runHook('POSTROUTING', host, skb, walk, { nexthop: hop.nexthop });
  if (post.kind !== 'accept') return stopped(host, skb, walk, post);
  const unread = deviceOf(host, 'lo').unread?.egress;
  if (unread !== undefined) return stopUnknown(host, skb, walk, unread.what, unread.evidence);
  skb.iif = 'lo';
  skb.oif = undefined;
  return receive(host, skb, walk);
}
