import { firstOctet, type Ip } from '../../net/index.ts';
import { alterReply, runHook, serviceEvidence, usesConntrack } from '../netfilter/index.ts';
import { headersOf, type Skb, withEnds, withPort, withTtl } from '../packet.ts';
import { type HookResult, type Host, type IpvsConn, type Outcome, PLAIN_FLOW, type Walk } from '../types.ts';
import { ICMP, icmpError } from './icmp-error.ts';
import { type Hop, outputRoute } from './output-route.ts';
import { byKernel, die, recordLookup, snapshot, stopUnknown } from './record.ts';
import { stopped } from './reject.ts';
import { gone, rerouting, routeAnew } from './rerouting.ts';
import { transmit } from './transmit.ts';

/** What a hook's caller hands to it, and what became of a packet IPVS took out of the hook. */
export interface IpvsXmit {
  readonly xmit: (skb: Skb, conn: IpvsConn) => HookResult;
  readonly outcome: () => Outcome | undefined;
}

const ACCEPT: HookResult = { kind: 'accept' };

/**
 * IPVS's NAT transmitter (net/netfilter/ipvs/ip_vs_xmit.c, ip_vs_nat_xmit): a route to the real server, one TTL, the
 * destination rewritten; then the packet leaves as one this host makes, past OUTPUT and POSTROUTING. Where the real server is
 * this host, the hook it was in goes on.
 */
export function ipvsXmit(host: Host, walk: Walk): IpvsXmit {
  let taken: Outcome | undefined;
  return {
    outcome: () => taken,
    xmit(skb, conn) {
      const hop = routeTo(host, skb, walk, conn.real.address);
      if (hop.kind !== 'hop') {
        taken = hop;
        return gone(hop);
      }
      rewrite(host, skb, walk, conn);
      skb.ipvs = true;
      trackAs(host, skb, conn);
      if (hop.local) return ACCEPT;
      taken = sendOn(host, skb, walk, hop);
      return gone(taken);
    },
  };
}

/** __ip_vs_get_out_rt: by the real server's address alone, no mark and no source. */
function routeTo(host: Host, skb: Skb, walk: Walk, dst: Ip): Hop | Outcome {
  const { packet } = skb;
  const { family } = packet;
  const before = snapshot(skb, walk);
  const out = outputRoute(host, { ...PLAIN_FLOW, dst });
  if (out.kind === 'unknown') return stopUnknown(host, skb, walk, out.what, out.evidence);
  recordLookup(host, skb, walk, out.lookup, before);
  if (out.kind === 'error') {
    const evidence = out.evidence ?? byKernel(host, '__ip_vs_get_out_rt, dst_link_failure', 'ip-route.json');
    const error = icmpError(host, skb, ICMP.hostUnreachable[family]);
    return die(host, skb, walk, out.disposition, out.cause, out.because, evidence, error);
  }
  if (out.local) return out;
  if (family === 4 && firstOctet(packet.src) === 127) {
    const because = `a packet from ${packet.src} may not be forwarded to another host`;
    const evidence = byKernel(host, 'crosses_local_route_boundary, ip_vs_xmit.c');
    return die(host, skb, walk, 'dropped', { kind: 'martian', address: packet.src }, because, evidence);
  }
  if (packet.ttl <= 1) {
    const error = icmpError(host, skb, ICMP.timeExceeded[family]);
    const evidence = byKernel(host, 'decrement_ttl, ip_vs_xmit.c');
    return die(host, skb, walk, 'ttl-exceeded', { kind: 'ttl' }, 'TTL ran out here', evidence, error);
  }
  const { mtu } = out;
  if (packet.length > mtu && (packet.df || family === 6)) {
    const because = `${packet.length} bytes${family === 4 ? ' with DF' : ''} do not fit the MTU of ${mtu} on ${out.dev}`;
    const error = icmpError(host, skb, { ...ICMP.tooBig[family], mtu });
    const evidence = byKernel(host, 'ensure_mtu_is_adequate, ip_vs_xmit.c');
    return die(host, skb, walk, 'too-big', { kind: 'mtu', mtu }, because, evidence, error);
  }
  takeTtl(host, skb, walk);
  return out;
}

function takeTtl(host: Host, skb: Skb, walk: Walk): void {
  const { packet } = skb;
  const before = snapshot(skb, walk);
  skb.packet = withTtl(packet, packet.ttl - 1);
  if (walk.record === undefined || before === undefined) return;
  walk.record({
    kind: 'ttl',
    action: `TTL ${packet.ttl} ⇒ ${packet.ttl - 1}`,
    because: 'IPVS takes one, as a router does',
    evidence: byKernel(host, 'decrement_ttl, ip_vs_xmit.c'),
    before,
    after: headersOf(skb),
  });
}

function rewrite(
  host: Host,
  skb: Skb,
  walk: Walk,
  { real, virtual, service, server, tcpState, keptBy }: IpvsConn,
): void {
  const { packet } = skb;
  const before = snapshot(skb, walk);
  skb.packet = withEnds(packet, packet.src, real.address, withPort(packet.l4, 'dst', real.port));
  if (walk.record === undefined || before === undefined) return;
  const show = ({ address, port }: IpvsConn['real']): string =>
    address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  const first = tcpState === 'NONE' || tcpState === 'SYN_RECV';
  walk.record({
    kind: 'nat',
    manip: 'dst',
    reply: false,
    action: `destination ${show(virtual)} becomes ${show(real)}`,
    because: !first
      ? "the real server of the connection's first packet"
      : keptBy === undefined
        ? `IPVS scheduler ${service.scheduler}`
        : `a client keeps its real server for ${service.persistent ?? 0} s`,
    evidence: serviceEvidence(host, service, server),
    before,
    after: headersOf(skb),
  });
}

/** ip_vs_nat_send_or_cont: a new connection's answer is expected from the real server, where conntrack is to know of IPVS. */
function trackAs(host: Host, skb: Skb, conn: IpvsConn): void {
  const { ct } = skb;
  if (!usesConntrack({ host })) skb.ct = { kind: 'untracked' };
  else if (ct.kind === 'tracked' && ct.dir === 'original' && !ct.conn.confirmed)
    alterReply(ct.conn, { src: conn.real });
}

/** NF_INET_LOCAL_OUT, then dst_output. nf_nat of OUTPUT routes it again, now with its source and its mark. */
function sendOn(host: Host, skb: Skb, walk: Walk, first: Hop): Outcome {
  const came = skb.iif;
  skb.iif = undefined;
  skb.oif = first.dev;
  skb.mtu = first.mtu;
  const { reroute, way } = rerouting((changed) => routeAnew(host, changed, walk));
  const result = runHook('OUTPUT', host, skb, walk, { reroute });
  skb.iif = came;
  const hop = way() ?? first;
  if (hop.kind !== 'hop') return hop;
  if (result.kind !== 'accept') return stopped(host, skb, walk, result);
  skb.oif = hop.dev;
  if (hop.local) return stopUnknown(host, skb, walk, 'a packet IPVS sends on and a second route keeps here');
  return transmit(host, skb, walk, hop.out, hop.nexthop);
}
