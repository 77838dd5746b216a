import { type Link, placeOfEntry } from '../../linux/index.ts';
import { type Ip, type Mac, NO_MAC } from '../../net/index.ts';
import type { DropCause } from '../../trace/index.ts';
import { classify } from '../bpf/index.ts';
import { runHook } from '../netfilter/index.ts';
import { headersOf, type Skb, withSegment } from '../packet.ts';
import type { Device, Host, KnownNeighbour, Outcome, Walk } from '../types.ts';
import type { UnreadChain } from '../unread-chains.ts';
import { ICMP, icmpError } from './icmp-error.ts';
import { byKernel, byLink, byMtu, die, stopUnknown } from './record.ts';
import { stopped } from './reject.ts';

/**
 * POSTROUTING, the neighbour, the device and its classifiers (ip_output, ip_finish_output2). Loopback is the caller's business. `mtu`: of the
 * route.
 */
export function transmit(host: Host, skb: Skb, walk: Walk, out: Device, nexthop: Ip, mtu?: number): Outcome {
  const post = runHook('POSTROUTING', host, skb, walk, { nexthop });
  if (post.kind !== 'accept') return stopped(host, skb, walk, post);
  const tooBig = mtu === undefined ? undefined : fragment(host, skb, walk, out, mtu);
  if (tooBig !== undefined) return tooBig;
  const { link: dev } = out;
  if (dev === undefined)
    return die(
      host,
      skb,
      walk,
      'dropped',
      { kind: 'device', dev: out.name, state: 'absent' },
      `device ${out.name} does not exist`,
      byKernel(host, 'dev_queue_xmit', 'ip-link.json'),
    );
  if (out.unmodelled !== undefined) return stopUnknown(host, skb, walk, out.unmodelled, 'ip-link.json');
  const neighbour = out.neighbours.get(nexthop);
  const lladdr = neighbour?.lladdr ?? unasked(out, dev);
  if (!out.carrier) return lost(host, skb, walk, dev, lladdr !== undefined || out.noarp);
  if (lladdr === undefined && !out.noarp && walk.resolves?.(out, nexthop) === false) {
    const because = `nobody on ${dev.ifname} answers ${solicitation(skb)} for ${nexthop}, and ${neighbour === undefined ? 'there is no entry for it' : `its entry is ${neighbour.entry.state}`}`;
    const cause = { kind: 'no-neighbour', dev: dev.ifname, address: nexthop } as const;
    const line = neighbour === undefined ? byLink(host, dev) : neighbourEvidence(host, neighbour);
    return unresolved(host, skb, walk, cause, because, line);
  }
  const unread = out.unread?.egress ?? askedFor(skb, walk, out, neighbour);
  if (unread !== undefined) return stopUnknown(host, skb, walk, unread.what, unread.evidence);
  const shot = classify(host, skb, walk, out.name, 'egress');
  if (shot !== undefined) return shot;
  recordLeave(host, skb, walk, neighbour?.lladdr === undefined ? undefined : neighbour, dev);
  return { kind: 'transmit', skb, dev: out, nexthop, lladdr };
}

/**
 * Rules of ARP on either side that are not read, where a neighbour is asked for: an entry that is not permanent is asked about
 * again and again (net/core/neighbour.c, neigh_timer_handler).
 */
function askedFor(
  { packet }: Skb,
  walk: Walk,
  out: Device,
  neighbour: KnownNeighbour | undefined,
): UnreadChain | undefined {
  if (packet.family === 6 || out.noarp) return undefined;
  const state = neighbour?.lladdr === undefined ? undefined : neighbour.entry.state;
  if (state === 'PERMANENT' || state === 'NOARP') return undefined;
  return out.unread?.neighbours ?? walk.unreadArp?.(out);
}

/**
 * Whom a device that asks nobody sends to where no entry says so: to the address it has itself, which the other end of a pair
 * does not (net/ipv4/arp.c arp_constructor, net/ipv6/ndisc.c ndisc_constructor). A device without addresses needs none.
 */
const unasked = ({ noarp }: Device, { link_type, address }: Link): Mac | undefined =>
  noarp && link_type === 'ether' && address !== NO_MAC ? address : undefined;

/**
 * A packet too long for its route is cut, or its sender told (net/ipv4/ip_output.c ip_fragment, net/ipv6/ip6_output.c
 * ip6_fragment): of one with DF, which is an own one that OUTPUT's rules sent another way, and of one of IPv6 that came from
 * elsewhere and found its route's MTU shorter than forwarding did. Of an own packet of IPv6 the first piece, which is the
 * largest, stands for the whole.
 */
function fragment(host: Host, skb: Skb, walk: Walk, out: Device, mtu: number): Outcome | undefined {
  const { packet } = skb;
  if (packet.length <= mtu) return undefined;
  const { df, family } = packet;
  if (df || (family === 6 && skb.iif !== undefined)) {
    const because = `${packet.length} bytes${df ? ' with DF' : ''} do not fit the MTU of ${mtu} on ${out.name}`;
    const evidence = byMtu(host, out, mtu, undefined);
    const error = icmpError(host, skb, { ...ICMP.tooBig[family], mtu });
    return die(host, skb, walk, 'too-big', { kind: 'mtu', mtu }, because, evidence, error);
  }
  if (family === 4) return undefined;
  const piece = FRAGMENT_HEADERS + ((mtu - FRAGMENT_HEADERS) & ~7);
  walk.assumptions.add(
    `the sender cuts ${packet.length} bytes in pieces of at most ${piece} (RFC 8200 4.5): the first stands for all`,
  );
  skb.packet = withSegment(packet, packet.l4, piece);
  return undefined;
}

/** Bytes of an IPv6 header and of the one that marks a fragment, whose data comes in eights. */
const FRAGMENT_HEADERS = 48;

/** Without a carrier the queue is noop (sch_generic.c, dev_deactivate): silence, but for a neighbour that cannot be asked. */
function lost(host: Host, skb: Skb, walk: Walk, dev: Link, addressed: boolean): Outcome {
  const because = `${dev.ifname} has no carrier: its other end is down or gone`;
  const cause = { kind: 'device', dev: dev.ifname, state: 'no-carrier' } as const;
  if (addressed) return die(host, skb, walk, 'dropped', cause, because, byLink(host, dev));
  return unresolved(host, skb, walk, cause, because, byLink(host, dev));
}

const solicitation = ({ packet }: Skb): string => (packet.family === 4 ? 'ARP' : 'neighbour solicitations');

/**
 * When the last probe is unanswered, each packet that waited is answered with "host unreachable" (arp.c arp_error_report,
 * route.c ipv4_link_failure; ndisc.c ndisc_error_report, ip6_link_failure), the sender's own ones too.
 */
function unresolved(
  host: Host,
  skb: Skb,
  walk: Walk,
  cause: DropCause,
  because: string,
  evidence: ReturnType<typeof byKernel>,
): Outcome {
  const error = icmpError(host, skb, ICMP.hostUnreachable[skb.packet.family]);
  // Whether the sender is told is how it ended.
  if (error !== undefined && 'what' in error) return stopUnknown(host, skb, walk, error.what, error.evidence);
  return die(host, skb, walk, error === undefined ? 'dropped' : 'refused', cause, because, evidence, error);
}

const neighbourEvidence = (host: Host, { entry, index }: KnownNeighbour): ReturnType<typeof byKernel> => ({
  plane: 'sim',
  artefact: placeOfEntry(host.folder, 'ip-neigh.json', index, entry.written),
  text: `${entry.dst} dev ${entry.dev}${entry.lladdr === undefined ? '' : ` lladdr ${entry.lladdr}`} ${entry.state}`,
  ...(entry.origin === undefined ? {} : { by: entry.origin.by }),
});

function recordLeave(host: Host, skb: Skb, walk: Walk, found: KnownNeighbour | undefined, link: Link): void {
  if (walk.record === undefined) return;
  const headers = headersOf(skb);
  if (found !== undefined) {
    const { entry } = found;
    const because =
      entry.state === 'PERMANENT'
        ? skb.packet.family === 4
          ? 'no ARP is sent: the entry is permanent'
          : 'no neighbour is solicited: the entry is permanent'
        : '';
    walk.record({
      kind: 'neighbour',
      state: entry.state,
      ...(entry.lladdr === undefined ? {} : { lladdr: entry.lladdr }),
      action: `${entry.dst} is ${entry.lladdr ?? 'unresolved'}`,
      because,
      evidence: neighbourEvidence(host, found),
      before: headers,
      after: headers,
    });
  }
  const evidence = byLink(host, link);
  const { ifname: dev } = link;
  walk.record({ kind: 'leave', dev, action: `by ${dev}`, because: '', evidence, before: headers, after: headers });
}
