import type { RejectWith, VirtualServer } from '../../../linux/index.ts';
import type { Family } from '../../../net/index.ts';
import { type Conn, headersOf, type Packet, withEnds, withPort } from '../../packet.ts';
import type { IpvsConn } from '../../types.ts';
import { portsOf } from '../matches/ports.ts';
import { rerouted } from '../reroute.ts';
import type { Frame, RuleVerdict } from '../types.ts';
import { schedule } from './schedule.ts';
import { findService, serviceEvidence } from './services.ts';
import { nextTcpState, tcpTimeout } from './tcp-state.ts';

// IPVS at its hooks (net/netfilter/ipvs/ip_vs_core.c, ip_vs_ops4 and ip_vs_ops6): what clients send is taken at INPUT and
// OUTPUT, after the filter; what real servers answer gets the virtual address back at INPUT, FORWARD and OUTPUT.

/** ip_vs_in: the packet's connection, or a new one where a virtual service has its address; then off to the real server. */
export function ipvsIn(frame: Frame): RuleVerdict {
  const { host, skb, walk } = frame;
  const { packet } = skb;
  if (skb.ipvs === true) return 'continue';
  if (packet.l4.kind === 'icmp-error') return errorIn(frame);
  const ports = balancedPorts(packet);
  if (ports === undefined) return 'continue';
  const { src, dst, protocol } = packet;
  const known = host.ipvs.findIn(protocol, src, ports.sport, dst, ports.dport);
  if (known !== undefined && !startsAnew(frame, known)) return forwarded(frame, known);
  if (!opens(packet)) return 'continue';
  const service = findService(host, skb.mark, protocol, dst, ports.dport);
  if (service === undefined || answersOwnServer(frame, ports)) return 'continue';
  const scheduled = schedule(frame, service, src);
  if (scheduled.kind === 'unknown') return stopUnknown(frame, service, scheduled.what);
  if (scheduled.kind === 'none') return leave(frame, service);
  const { server, keptBy } = scheduled;
  const conn: IpvsConn = {
    protocol,
    client: { address: src, port: ports.sport },
    virtual: { address: dst, port: ports.dport },
    real: { address: server.address, port: server.port === 0 ? ports.dport : server.port },
    service,
    server,
    tcpState: 'NONE',
    expiresAt: walk.now,
    ...(keptBy === undefined ? {} : { keptBy }),
  };
  if (known !== undefined) host.ipvs.remove(known);
  host.ipvs.insert(conn);
  return forwarded(frame, conn);
}

/** TCP, UDP and SCTP are what IPVS balances. */
const balancedPorts = (packet: Packet): ReturnType<typeof portsOf> =>
  packet.protocol === 'udplite' ? undefined : portsOf(packet);

/** tcp_conn_schedule: only a SYN may start a connection; a datagram may always. */
const opens = ({ l4 }: Packet): boolean => l4.kind !== 'tcp' || (l4.flags.includes('SYN') && !l4.flags.includes('RST'));

/** is_new_conn_expected: the client uses the port of a connection that is over again (conn_reuse_mode 1, the kernel's default). */
function startsAnew({ skb: { packet } }: Frame, conn: IpvsConn): boolean {
  if (packet.l4.kind !== 'tcp' || !packet.l4.flags.includes('SYN') || conn.keptBy !== undefined) return false;
  return conn.tcpState === 'TIME_WAIT' || conn.tcpState === 'CLOSE';
}

/** ip_vs_schedule: what a real server of this very host answers is no request, though its address is a virtual one. */
function answersOwnServer({ host, skb }: Frame, { sport, dport }: { sport: number; dport: number }): boolean {
  const { protocol, src, dst } = skb.packet;
  const own = skb.iif === undefined || host.links.get(skb.iif)?.flags.includes('LOOPBACK') === true;
  return own && host.ipvs.findIn(protocol, dst, dport, src, sport) !== undefined;
}

function forwarded(frame: Frame, conn: IpvsConn): RuleVerdict {
  advance(frame, conn, 'input');
  const result = frame.xmit?.(frame.skb, conn);
  if (result === undefined || result.kind === 'accept') return 'continue';
  frame.result = result;
  return 'stop';
}

const UDP_TIMEOUT = 300;
const SCTP_TIMEOUT = 900;

/** ip_vs_set_state. */
function advance({ skb: { packet }, walk }: Frame, conn: IpvsConn, direction: 'input' | 'output'): void {
  if (packet.l4.kind === 'tcp') {
    conn.tcpState = nextTcpState(conn.tcpState, direction, packet.l4.flags);
    conn.expiresAt = walk.now + tcpTimeout(conn.tcpState);
  } else conn.expiresAt = walk.now + (packet.protocol === 'udp' ? UDP_TIMEOUT : SCTP_TIMEOUT);
}

/** ip_vs_leave: nobody serves it, and the client is told. */
function leave(frame: Frame, service: VirtualServer): RuleVerdict {
  const { host, skb, walk, family } = frame;
  const because = 'the virtual service has no real server';
  frame.result = { kind: 'reject', with: UNREACHABLE[family], because };
  if (walk.record === undefined) return 'stop';
  const now = headersOf(skb);
  walk.record({
    kind: 'drop',
    disposition: 'refused',
    cause: { kind: 'no-real-server' },
    action: `reject with ${UNREACHABLE[family]}`,
    because,
    evidence: serviceEvidence(host, service),
    before: now,
    after: now,
  });
  return 'stop';
}

const UNREACHABLE: Readonly<Record<Family, RejectWith>> = { 4: 'icmp-port-unreachable', 6: 'icmp6-port-unreachable' };

function stopUnknown(frame: Frame, service: VirtualServer, what: string): RuleVerdict {
  const evidence = serviceEvidence(frame.host, service);
  const { file, line } = evidence.artefact;
  const where = line === undefined ? file : `${file}:${line}`;
  frame.result = { kind: 'unknown', what: `${where}: ${what}: ${evidence.text}`, evidence };
  return 'stop';
}

/** ip_vs_out: an answer of a real server, which the client must not see the address of. */
export function ipvsOut(frame: Frame): RuleVerdict {
  const { host, skb } = frame;
  const { packet } = skb;
  if (skb.ipvs === true) return 'continue';
  if (packet.l4.kind === 'icmp-error') return errorOut(frame);
  const ports = balancedPorts(packet);
  if (ports === undefined) return 'continue';
  const conn = host.ipvs.findOut(packet.protocol, packet.src, ports.sport, packet.dst, ports.dport);
  if (conn === undefined) return 'continue';
  const { virtual } = conn;
  rewrite(frame, conn, withEnds(packet, virtual.address, packet.dst, withPort(packet.l4, 'src', virtual.port)));
  advance(frame, conn, 'output');
  return answered(frame, conn);
}

/** handle_response: routed again as the host's own, and conntrack told where it saw the answer first. */
function answered(frame: Frame, conn: IpvsConn): RuleVerdict {
  const { host, skb, hook } = frame;
  const routesAgain = hook !== 'INPUT' && skb.oif !== 'lo' && (host.sysctl('net.ipv4.vs.snat_reroute') ?? '1') !== '0';
  const verdict = routesAgain ? rerouted(frame) : 'continue';
  skb.ipvs = true;
  if (!usesConntrack(frame)) skb.ct = { kind: 'untracked' };
  else if (skb.ct.kind === 'tracked' && skb.ct.dir === 'original' && !skb.ct.conn.confirmed)
    alterReply(skb.ct.conn, { dst: conn.virtual });
  return verdict;
}

export const usesConntrack = ({ host }: Pick<Frame, 'host'>): boolean => host.sysctl('net.ipv4.vs.conntrack') === '1';

/** nf_conntrack_alter_reply by ip_vs_update_conntrack: the sign of a translation is not set, so nf_nat translates nothing. */
export function alterReply(conn: Conn, { src, dst }: { src?: IpvsConn['real']; dst?: IpvsConn['virtual'] }): void {
  const { reply } = conn;
  conn.reply = {
    protocol: reply.protocol,
    src: src?.address ?? reply.src,
    dst: dst?.address ?? reply.dst,
    sport: src?.port ?? reply.sport,
    dport: dst?.port ?? reply.dport,
    icmp: reply.icmp,
  };
}

/** An error about a packet IPVS forwarded: made to be about the packet the client sent (ip_vs_out_icmp, ip_vs_nat_icmp). */
function errorOut(frame: Frame): RuleVerdict {
  const { host, skb } = frame;
  const { packet } = skb;
  if (packet.l4.kind !== 'icmp-error' || !toldOn(packet)) return 'continue';
  const { quoted } = packet.l4;
  const ports = balancedPorts(quoted);
  if (ports === undefined) return 'continue';
  const conn = host.ipvs.findOut(quoted.protocol, quoted.dst, ports.dport, quoted.src, ports.sport);
  if (conn === undefined) return 'continue';
  const { address, port } = conn.virtual;
  const inner = withEnds(quoted, quoted.src, address, withPort(quoted.l4, 'dst', port));
  rewrite(frame, conn, withEnds(packet, address, packet.dst, { ...packet.l4, quoted: inner }));
  return answered(frame, conn);
}

/** Destination unreachable, source quench and time exceeded of IPv4, every error of IPv6. */
const toldOn = ({ family, l4 }: Packet): boolean =>
  l4.kind === 'icmp-error' && (family === 6 || l4.type === 3 || l4.type === 4 || l4.type === 11);

/** An error about an answer is sent on to the real server (ip_vs_in_icmp), which nothing here carries out. */
export function errorIn(frame: Frame): RuleVerdict {
  const { host, skb } = frame;
  const { packet } = skb;
  if (skb.ipvs === true || packet.l4.kind !== 'icmp-error' || !toldOn(packet)) return 'continue';
  const { quoted } = packet.l4;
  const ports = balancedPorts(quoted);
  if (ports === undefined) return 'continue';
  const conn = host.ipvs.findIn(quoted.protocol, quoted.dst, ports.dport, quoted.src, ports.sport);
  if (conn === undefined) return 'continue';
  return stopUnknown(frame, conn.service, 'an ICMP error about an answer of a virtual service is not modelled');
}

function rewrite(frame: Frame, conn: IpvsConn, packet: Packet): void {
  const { skb, walk, host } = frame;
  const before = walk.record === undefined ? undefined : headersOf(skb);
  skb.packet = packet;
  if (walk.record === undefined || before === undefined) return;
  const { src, sport } = before;
  const after = headersOf(skb);
  const end = (address: string, port: number | undefined): string =>
    port === undefined ? address : address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  walk.record({
    kind: 'nat',
    manip: 'src',
    reply: true,
    action: `source ${end(src, sport)} becomes ${end(after.src, after.sport)}`,
    because: 'IPVS: the client asked the virtual address, so that is who answers',
    evidence: serviceEvidence(host, conn.service, conn.server),
    before,
    after,
  });
}
