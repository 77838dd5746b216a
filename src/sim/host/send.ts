import type { Ip } from '../../net/index.ts';
import { addressType } from '../fib/index.ts';
import { runHook } from '../netfilter/index.ts';
import type { Ct, Packet, Skb } from '../packet.ts';
import type { HookResult, Host, Outcome, Walk } from '../types.ts';
import { outputQuery } from './flow-query.ts';
import { ICMP, icmpError } from './icmp-error.ts';
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
  if (routed.kind !== 'hop') return routed;
  let hop = routed;
  const out = hop.dev;
  let failure: Outcome | undefined;
  const reroute = (changed: Skb): HookResult => {
    const again = routeOutput(host, changed, walk, changed.packet.src);
    if (again.kind === 'hop') {
      hop = again;
      // Until the hook is done, rules see the device the packet entered it with (struct nf_hook_state, out).
      changed.oif = out;
      return { kind: 'accept' };
    }
    failure = again;
    const because = failure.kind === 'died' ? failure.because : failure.kind === 'unknown' ? failure.what : '';
    return { kind: 'drop', disposition: failure.kind === 'died' ? failure.disposition : 'dropped', because };
  };
  const result = runHook('OUTPUT', host, skb, walk, { reroute });
  if (failure !== undefined) return failure;
  if (result.kind !== 'accept') return stopped(host, skb, walk, result);
  skb.oif = hop.dev;
  if (hop.local) return loop(host, skb, walk, hop);
  return fit(host, skb, walk, hop) ?? transmit(host, skb, walk, hop.out, hop.nexthop);
}

/**
 * The source a packet's first route is asked with. An ICMP error about a packet that was not for this host has none yet
 * (net/ipv4/icmp.c __icmp_send): no rule `from` takes it, and the route found gives the address. IPv6 has chosen by then.
 */
function boundSource(host: Host, { l4, src, family }: Packet): Ip | undefined {
  if (l4.kind !== 'icmp-error' || family === 6 || addressType(host, l4.quoted.dst) === 'LOCAL') return src;
  return host.sysctl('net.ipv4.icmp_errors_use_inbound_ifaddr') === '1' ? src : undefined;
}

function routeOutput(host: Host, skb: Skb, walk: Walk, src: Ip | undefined): Hop | Outcome {
  const before = snapshot(skb, walk);
  const out = outputRoute(host, outputQuery(skb.packet, src, skb.mark));
  if (out.kind === 'unknown') return stopUnknown(host, skb, walk, out.what);
  if (out.kind === 'error') {
    recordLookup(host, skb, walk, out.lookup, before);
    const evidence = out.evidence ?? byKernel(host, 'ip_route_output_key', 'ip-route.json');
    return die(host, skb, walk, out.disposition, out.cause, out.because, evidence);
  }
  skb.oif = out.dev;
  recordLookup(host, skb, walk, out.lookup, before);
  return out;
}

/** A sender's own packet that does not fit: EMSGSIZE to the socket, or fragments without DF. */
function fit(host: Host, skb: Skb, walk: Walk, hop: Hop): Outcome | undefined {
  const { packet } = skb;
  const { link } = hop.out;
  const { mtu } = hop;
  if (packet.length <= mtu || (!packet.df && packet.family === 4)) return undefined;
  const evidence = link === undefined ? byKernel(host, 'EMSGSIZE') : byLink(host, link);
  const because = `${packet.length} bytes do not fit the MTU of ${mtu} on ${hop.dev} (EMSGSIZE)`;
  return die(
    host,
    skb,
    walk,
    'too-big',
    { kind: 'mtu', mtu },
    because,
    evidence,
    icmpError(host, skb, { ...ICMP.tooBig[packet.family], mtu }, true),
  );
}

/** To an address of this host: out through POSTROUTING and in again by lo, the same skb with its connection and mark. */
function loop(host: Host, skb: Skb, walk: Walk, hop: Hop): Outcome {
  const post = runHook('POSTROUTING', host, skb, walk, { nexthop: hop.nexthop });
  if (post.kind !== 'accept') return stopped(host, skb, walk, post);
  skb.iif = 'lo';
  skb.oif = undefined;
  return receive(host, skb, walk);
}
