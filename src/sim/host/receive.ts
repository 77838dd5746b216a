import type { Link } from '../../linux/index.ts';
import { isGroupMac, type Mac, NO_MAC } from '../../net/index.ts';
import { classify } from '../bpf/index.ts';
import { checkMartian, deviceOf, type FibLookup, lookupRoute, validateSource } from '../fib/index.ts';
import { runHook } from '../netfilter/index.ts';
import { headersOf, type Packet, type Skb } from '../packet.ts';
import { arrivingAt, frontEvidence } from '../socket-lb/lookup.ts';
import type { Device, Host, Outcome, Undecided, Walk } from '../types.ts';
import { deliver } from './deliver.ts';
import { keepsRoute } from './early-demux.ts';
import { inputQuery } from './flow-query.ts';
import { forward, hiddenForwarding, notForwarding } from './forward.ts';
import { ICMP, type IcmpWhat, icmpError } from './icmp-error.ts';
import { ipvsXmit } from './ipvs-xmit.ts';
import { isAnycast6, isForMany, manyAt, refusalOf } from './output-route.ts';
import { byKernel, byLink, die, recordLookup, snapshot, stopUnknown } from './record.ts';
import { stopped } from './reject.ts';

/**
 * A packet arriving on a device: its classifiers, PREROUTING, the routing decision, then INPUT or FORWARD (net/ipv4/ip_input.c ip_rcv). Of
 * IPv6, addresses no wire can carry are refused before any hook (net/ipv6/ip6_input.c ip6_rcv_core). `lladdr`: whom the frame
 * is for; undefined where that is this device, whatever its address.
 */
export function receive(
  host: Host,
  skb: Skb,
  walk: Walk,
  iif = deviceOf(host, skb.iif ?? ''),
  lladdr?: Mac | undefined,
): Outcome {
  const { name: dev, link, up } = iif;
  if (link === undefined) return stopUnknown(host, skb, walk, `${host.folder} has no device ${dev}`, 'ip-link.json');
  if (!up)
    return die(
      host,
      skb,
      walk,
      'dropped',
      { kind: 'device', dev, state: 'down' },
      `${dev} is down`,
      byLink(host, link),
    );
  if (walk.record !== undefined) {
    const headers = headersOf(skb);
    walk.record({
      kind: 'enter',
      dev,
      action: `on ${dev}`,
      because: '',
      evidence: byLink(host, link),
      before: headers,
      after: headers,
    });
  }
  if (iif.unmodelled !== undefined) return stopUnknown(host, skb, walk, iif.unmodelled, 'unmodelled.json');
  const shot = classify(host, skb, walk, dev, 'ingress');
  if (shot !== undefined) return shot;
  const unread = iif.unread?.ingress;
  if (unread !== undefined) return stopUnknown(host, skb, walk, unread.what, unread.evidence);
  if (lladdr !== undefined && lladdr !== link.address && isForOther(lladdr, link))
    return forOther(host, skb, walk, link, lladdr);
  const taken = host.netns.lbMap === undefined ? undefined : atDevice(host, skb);
  if (taken !== undefined) return stopUnknown(host, skb, walk, taken, 'cilium-bpf-lb-list');
  if (skb.packet.family === 6 && iif.conf.disableIpv6) return withoutIpv6(host, skb, walk, dev);
  const malformed = skb.packet.family === 6 ? checkMartian(skb, iif) : undefined;
  if (malformed !== undefined && malformed.kind !== 'ok') return refuseSource(host, skb, walk, malformed);
  const pre = runHook('PREROUTING', host, skb, walk);
  if (pre.kind !== 'accept') return stopped(host, skb, walk, pre);
  return routeInput(host, skb, walk, iif);
}

/** eth_type_trans: PACKET_OTHERHOST. A device without a known address says nothing. */
const isForOther = (lladdr: Mac, { address, link_type }: Link): boolean =>
  link_type === 'ether' && address !== NO_MAC && !isGroupMac(lladdr);

/** ip_rcv_core and ip6_rcv_core drop what another host would take, and tell nobody (SKB_DROP_REASON_OTHERHOST). */
function forOther(host: Host, skb: Skb, walk: Walk, link: Link, lladdr: Mac): Outcome {
  const { ifname: dev, address } = link;
  const because = `the frame is for ${lladdr}, and ${dev} is ${address}: what is for another host is dropped`;
  const line = byLink(host, link);
  const evidence = { ...line, text: `${line.text} link/ether ${address}` };
  return die(host, skb, walk, 'dropped', { kind: 'other-host', dev, address, lladdr }, because, evidence);
}

/** ip6_rcv_core: SKB_DROP_REASON_IPV6DISABLED. */
function withoutIpv6(host: Host, skb: Skb, walk: Walk, dev: string): Outcome {
  const setting = `net.ipv6.conf.${dev}.disable_ipv6`;
  const cause = { kind: 'device', dev, state: 'no-ipv6' } as const;
  return die(host, skb, walk, 'dropped', cause, `${setting} is 1`, byKernel(host, `${setting} = 1`));
}

/** The frontend a program at the device balances before the stack has the packet (Cilium: bpf/bpf_host.c, nodeport_lb4). */
function atDevice(host: Host, { iif, packet: { l4, dst, protocol } }: Skb): string | undefined {
  if (iif === 'lo' || (l4.kind !== 'tcp' && l4.kind !== 'ports')) return undefined;
  const front = arrivingAt(host, protocol, dst, l4.dport);
  if (front === undefined || front.flags.includes('non-routable')) return undefined;
  const { artefact, text } = frontEvidence(host, front);
  return `${artefact.file}:${artefact.line ?? 0}: what the programs at devices do is not modelled: ${text}`;
}

/**
 * ip_route_input_slow: what no lookup may pass, where it goes, and whether it may come from there. What came by `lo` is this
 * host's own and keeps the route it was sent with (drivers/net/loopback.c loopback_xmit, ip_rcv_finish_core skb_valid_dst); what
 * is a socket's own may have its.
 */
function routeInput(host: Host, skb: Skb, walk: Walk, iif: Device): Outcome {
  if (iif.name === 'lo' || keepsRoute(host, skb)) return input(host, skb, walk);
  const before = snapshot(skb, walk);
  const martian = skb.packet.family === 4 ? checkMartian(skb, iif) : undefined;
  if (martian !== undefined && martian.kind !== 'ok') return refuseSource(host, skb, walk, martian);
  const { dst } = skb.packet;
  if (isForMany(dst)) return stopUnknown(host, skb, walk, manyAt(dst));
  const found = lookupRoute(host, inputQuery(skb.packet, iif.name, skb.mark));
  if (found.kind === 'unknown') return stopUnknown(host, skb, walk, found.what, found.evidence);
  if (found.kind !== 'found') return unroutable(host, skb, walk, iif, found, before);
  if (found.type === 'local' || isAnycast6(found) || found.type === 'broadcast' || found.type === 'multicast') {
    const source = validateSource(host, skb, iif);
    recordLookup(host, skb, walk, found, before);
    if (source.kind !== 'ok') return refuseSource(host, skb, walk, source);
    if (found.type !== 'local' && found.type !== 'anycast') return stopUnknown(host, skb, walk, manyAt(dst));
    return input(host, skb, walk);
  }
  if (found.type === 'anycast') return anycast4(host, skb, walk, iif);
  const source = validateSource(host, skb, iif, found.dev);
  if (source.kind !== 'ok') return refuseSource(host, skb, walk, source);
  return forward(host, skb, walk, iif, found, before);
}

/** To IPv4 an anycast address is nobody's to send to (ip_route_input_slow, martian_destination). */
function anycast4(host: Host, skb: Skb, walk: Walk, iif: Device): Outcome {
  if (!iif.conf.forwarding) return notForwarding(host, skb, walk, iif);
  const { dst: address } = skb.packet;
  const because = `destination ${address} is an anycast address`;
  const text = byKernel(host, 'IP_INVALID_DEST, ip_route_input_slow', 'ip-route.json');
  return die(host, skb, walk, 'dropped', { kind: 'martian', address }, because, text);
}

function input(host: Host, skb: Skb, walk: Walk): Outcome {
  const balancing = host.netns.ipvs === undefined ? undefined : ipvsXmit(host, walk);
  const result = runHook('INPUT', host, skb, walk, balancing);
  const taken = balancing?.outcome();
  if (taken !== undefined) return taken;
  return result.kind === 'accept' ? deliver(host, skb, walk) : stopped(host, skb, walk, result, true);
}

type Refused = Exclude<ReturnType<typeof checkMartian>, { kind: 'ok' }>;

function refuseSource(host: Host, skb: Skb, walk: Walk, verdict: Refused): Outcome {
  if (verdict.kind === 'unknown') return stopUnknown(host, skb, walk, verdict.what, verdict.evidence);
  return die(host, skb, walk, 'dropped', verdict.cause, verdict.because, byKernel(host, verdict.text));
}

/**
 * ip_error: which causes are told to the sender, and how; a blackhole tells nobody. An IPv4 device that does not forward is
 * the cause whatever the lookup said (ip_route_input_slow makes it EHOSTUNREACH, IP_INADDRERRORS).
 */
function unroutable(
  host: Host,
  skb: Skb,
  walk: Walk,
  iif: Device,
  found: Exclude<FibLookup, { kind: 'found' | 'unknown' }>,
  before: ReturnType<typeof snapshot>,
): Outcome {
  recordLookup(host, skb, walk, found, before);
  const { family, dst } = skb.packet;
  const hidden = family === 4 ? hiddenForwarding(host, family, iif) : undefined;
  if (hidden !== undefined) return stopUnknown(host, skb, walk, hidden, 'sysctl');
  if (family === 4 && !iif.conf.forwarding) return notForwarding(host, skb, walk, iif);
  const errorOf = (what: IcmpWhat): Packet | Undecided | undefined => icmpError(host, skb, what);
  if (found.kind === 'no-route') {
    return die(
      host,
      skb,
      walk,
      'no-route',
      { kind: 'no-route', dst },
      `no route to ${dst}`,
      byKernel(host, 'IP_INNOROUTES, ip_error', 'ip-route.json'),
      errorOf(ICMP.noRoute[family]),
    );
  }
  const evidence = found.evidence ?? byKernel(host, 'ip_error', 'ip-route.json');
  const because = `a ${found.type} ${found.by} takes ${dst}`;
  const cause = { kind: 'refusing-route', by: found.by, type: found.type } as const;
  if (found.type === 'blackhole') return die(host, skb, walk, 'dropped', cause, because, evidence);
  const what = found.type === 'prohibit' ? ICMP.prohibited : found.by === 'rule' ? ICMP.noRoute : ICMP.unreachableRoute;
  return die(host, skb, walk, refusalOf(found), cause, because, evidence, errorOf(what[family]));
}
