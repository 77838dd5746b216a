import type { Family } from '../../net/index.ts';
import type { FoundRoute } from '../fib/index.ts';
import { runHook } from '../netfilter/index.ts';
import { headersOf, type Skb, withTtl } from '../packet.ts';
import type { Device, Host, Outcome, Walk } from '../types.ts';
import { hiddenSetting } from '../unsaid.ts';
import { earlyDemux } from './early-demux.ts';
import { isLinkLocal6 } from './flow-query.ts';
import { ICMP, icmpError } from './icmp-error.ts';
import type { Hop } from './output-route.ts';
import { byKernel, byMtu, die, recordLookup, snapshot, stopUnknown } from './record.ts';
import { stopped } from './reject.ts';
import { rerouting, routeAnew } from './rerouting.ts';
import { transmit } from './transmit.ts';

/**
 * net/ipv4/ip_forward.c ip_forward: forwarding allowed, no socket of this host claims it, TTL left, MTU fits, TTL decremented, then the FORWARD hook sees it.
 */
export function forward(
  host: Host,
  skb: Skb,
  walk: Walk,
  iif: Device,
  found: FoundRoute,
  before: ReturnType<typeof snapshot>,
): Outcome {
  const { packet } = skb;
  const { family } = packet;
  const hidden = hiddenForwarding(host, family, iif);
  if (hidden !== undefined) return stopUnknown(host, skb, walk, hidden, 'sysctl');
  if (family === 4 ? !iif.conf.forwarding : !iif.conf.forwarding6) return notForwarding(host, skb, walk, iif);
  skb.oif = found.dev;
  skb.mtu = found.mtu;
  recordLookup(host, skb, walk, found, before);
  const claimed = earlyDemux(host, skb);
  if (claimed !== undefined) return ofASocket(host, skb, walk, claimed);
  const ended = unfit(host, skb, walk, found);
  if (ended !== undefined) return ended;
  const old = snapshot(skb, walk);
  skb.packet = withTtl(packet, packet.ttl - 1);
  if (walk.record !== undefined && old !== undefined) {
    walk.record({
      kind: 'ttl',
      action: `TTL ${packet.ttl} ⇒ ${packet.ttl - 1}`,
      because: 'a router takes one',
      evidence: byKernel(host, 'ip_decrease_ttl'),
      before: old,
      after: headersOf(skb),
    });
  }
  const balanced = host.netns.ipvs === undefined ? undefined : rerouting((answer) => rerouteAsOwn(host, answer, walk));
  const result = runHook('FORWARD', host, skb, walk, balanced);
  const way = balanced?.way();
  if (way !== undefined) return way.kind === 'hop' ? transmit(host, skb, walk, way.out, way.nexthop) : way;
  if (result.kind !== 'accept') return stopped(host, skb, walk, result);
  return transmit(host, skb, walk, found.out, found.gateway ?? packet.dst, found.mtu);
}

/** Why it is not known whether a host sends on what comes by a device. */
export function hiddenForwarding(host: Host, family: Family, { name }: Device): string | undefined {
  if (family === 6) return hiddenSetting(host.netns, 'net.ipv6.conf.all.forwarding');
  const own = host.netns.unmodelled.length > 0 && host.sysctl(`net.ipv4.conf.${name}.forwarding`) !== undefined;
  return own ? undefined : hiddenSetting(host.netns, 'net.ipv4.ip_forward');
}

/** A packet that has its socket is not forwarded, whatever its route says (net/ipv4/ip_forward.c, net/ipv6/ip6_output.c ip6_forward). */
const ofASocket = (host: Host, skb: Skb, walk: Walk, sysctl: string): Outcome =>
  die(
    host,
    skb,
    walk,
    'dropped',
    { kind: 'early-demux', sysctl },
    `${sysctl} is 1: a socket of this host claims it before it is routed, and what has a socket is not forwarded`,
    byKernel(host, `skb->sk, ${skb.packet.family === 4 ? 'ip_forward' : 'ip6_forward'}`, 'sysctl'),
  );

/** Too old, or too big for the way: an error says so. */
function unfit(host: Host, skb: Skb, walk: Walk, found: FoundRoute): Outcome | undefined {
  const { packet } = skb;
  const { family } = packet;
  if (packet.ttl <= 1) {
    const text = family === 4 ? 'IP_INHDR, ip_forward' : 'ip6_forward';
    return die(
      host,
      skb,
      walk,
      'ttl-exceeded',
      { kind: 'ttl' },
      'TTL ran out here',
      byKernel(host, text),
      icmpError(host, skb, ICMP.timeExceeded[family]),
    );
  }
  const foreign = family === 6 && found.dev !== skb.iif ? unfitSource(host, skb, walk) : undefined;
  if (foreign !== undefined) return foreign;
  const { forwardMtu: mtu } = found;
  if (packet.length > mtu && (packet.df || family === 6)) {
    const because = `${packet.length} bytes${family === 4 ? ' with DF' : ''} do not fit the MTU of ${mtu} on ${found.dev}`;
    const evidence = byMtu(host, found.out, mtu, found.evidence);
    return die(
      host,
      skb,
      walk,
      'too-big',
      { kind: 'mtu', mtu },
      because,
      evidence,
      icmpError(host, skb, { ...ICMP.tooBig[family], mtu }),
    );
  }
  return undefined;
}

/** ip6_forward: from one link to another go no packets whose source is on a link alone, or none. */
function unfitSource(host: Host, skb: Skb, walk: Walk): Outcome | undefined {
  const { src: address } = skb.packet;
  const linkLocal = isLinkLocal6(address);
  if (!linkLocal && address !== '::' && address !== '::1') return undefined;
  const because = `source ${address} ${linkLocal ? 'is of one link' : 'is no sender of another host'}, and no router takes it to another`;
  const error = linkLocal ? icmpError(host, skb, ICMP.beyondScope[6]) : undefined;
  return die(host, skb, walk, 'dropped', { kind: 'martian', address }, because, byKernel(host, 'ip6_forward'), error);
}

/** ip_route_me_harder for what IPVS answers with: the route of a packet this host would make. */
function rerouteAsOwn(host: Host, skb: Skb, walk: Walk): Hop | Outcome {
  const out = routeAnew(host, skb, walk);
  if (out.kind !== 'hop') return out;
  if (out.local) return stopUnknown(host, skb, walk, 'an answer IPVS forwards and a second route keeps here');
  skb.oif = out.dev;
  return out;
}

export function notForwarding(host: Host, skb: Skb, walk: Walk, iif: Device): Outcome {
  const key = skb.packet.family === 4 ? `net.ipv4.conf.${iif.name}.forwarding` : 'net.ipv6.conf.all.forwarding';
  const cause = { kind: 'no-forwarding', sysctl: key } as const;
  return die(
    host,
    skb,
    walk,
    'dropped',
    cause,
    `${key} is 0: this host does not forward`,
    byKernel(host, `${key} = 0`),
  );
}
