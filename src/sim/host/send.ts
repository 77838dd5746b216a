import type { Ip } from '../../net/index.ts';
import { addressType } from '../fib/index.ts';
import { runHook } from '../netfilter/index.ts';
import type { Ct, Packet, Skb } from '../packet.ts';
import type { HookResult, Host, Outcome, Walk } from '../types.ts';
import { outputQuery } from './flow-query.ts';
import { type Hop, outputRoute } from './output-route.ts';
import { receive } from './receive.ts';
import { byKernel, byLink, die, recordLookup, snapshot, stopUnknown } from './record.ts';
import { stopped } from './reject.ts';
import { transmit } from './transmit.ts';

export interface SendOptions {
  /** The connection an error belongs to (nf_conntrack_attach). */
  readonly ct?: Ct;
  readonly forcedInvalid?: boolean;
}

/** A packet this host makes: route, OUTPUT (which may route again), POSTROUTING, the device; its own addresses loop back. */
export function send(host: Host, packet: Packet, walk: Walk, options: SendOptions = {}): Outcome {
  const skb: Skb = {
    packet,
    mark: 0,
    iif: undefined,
    oif: undefined,
    ct: options.ct ?? { kind: 'none' },
    forcedInvalid: options.forcedInvalid ?? false,
    pkttype: 'unicast',
  };
  const { unmodelled } = host.netns;
  const hidden = unmodelled.length === 0 ? undefined : unmodelled.find((each) => each.scope.kind === 'netns');
  if (hidden !== undefined) return stopUnknown(host, skb, walk, hidden.what, 'unmodelled.json');
  const routed = routeOutput(host, skb, walk, boundSource(host, packet));
  if (routed.kind === 'outcome') return routed.outcome;
  let { hop } = routed;
  const tooLong = messageSize(host, skb, walk, hop);
  if (tooLong !== undefined) return tooLong;
  const out = hop.dev;
  let failure: Outcome | undefined;
  const reroute = (changed: Skb): HookResult => {
    const again = routeOutput(host, changed, walk, changed.packet.src);
    if (again.kind === 'hop') {
      hop = again.hop;
      // Until the hook is done, rules see the device the packet entered it with (struct nf_hook_state, out).
      changed.oif = out;
      return { kind: 'accept' };
    }
    failure = again.outcome;
    const because = failure.kind === 'died' ? failure.because : failure.kind === 'unknown' ? failure.what : '';
    return { kind: 'drop', disposition: failure.kind === 'died' ? failure.disposition : 'dropped', because };
  };
  const result = runHook('OUTPUT', host, skb, walk, { reroute });
  if (failure !== undefined) return failure;
  if (result.kind !== 'accept') return stopped(host, skb, walk, result);
  skb.oif = hop.dev;
  if (hop.local) return loop(host, skb, walk, hop);
  return transmit(host, skb, walk, hop.out, hop.nexthop, mtuOf(hop));
}

type Routed = { readonly kind: 'hop'; readonly hop: Hop } | { readonly kind: 'outcome'; readonly outcome: Outcome };

/**
 * The source a packet's first route is asked with. An ICMP error about a packet that was not for this host has none yet
 * (net/ipv4/icmp.c __icmp_send): no rule `from` takes it, and the route found gives the address. IPv6 has chosen by then.
 */
function boundSource(host: Host, { l4, src, family }: Packet): Ip | undefined {
  if (l4.kind !== 'icmp-error' || family === 6 || addressType(host, l4.quoted.dst) === 'LOCAL') return src;
  return host.sysctl('net.ipv4.icmp_errors_use_inbound_ifaddr') === '1' ? src : undefined;
}

function routeOutput(host: Host, skb: Skb, walk: Walk, src: Ip | undefined): Routed {
  const before = snapshot(skb, walk);
  const out = outputRoute(host, outputQuery(skb.packet, src, skb.mark));
  if (out.kind === 'unknown') return { kind: 'outcome', outcome: stopUnknown(host, skb, walk, out.what) };
  if (out.kind === 'error') {
    recordLookup(host, skb, walk, out.lookup, before);
    const evidence = out.evidence ?? byKernel(host, 'ip_route_output_key', 'ip-route.json');
    return { kind: 'outcome', outcome: die(host, skb, walk, out.disposition, out.cause, out.because, evidence) };
  }
  skb.oif = out.hop.dev;
  recordLookup(host, skb, walk, out.hop.lookup, before);
  return { kind: 'hop', hop: out.hop };
}

/** dst_mtu: the route's own MTU where it has one, else the device's. */
const mtuOf = ({ route, out }: Hop): number => route.mtu ?? out.mtu;

/**
 * A message its socket may not cut, longer than the route of the first lookup takes: sendto fails with EMSGSIZE, and no hook
 * sees a packet (net/ipv4/ip_output.c __ip_append_data, net/ipv6/ip6_output.c __ip6_append_data). TCP and SCTP cut by that
 * route's MTU before they make a packet.
 */
function messageSize(host: Host, skb: Skb, walk: Walk, hop: Hop): Outcome | undefined {
  const { df, length, l4, protocol } = skb.packet;
  const mtu = mtuOf(hop);
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
  skb.iif = 'lo';
  skb.oif = undefined;
  return receive(host, skb, walk);
}
