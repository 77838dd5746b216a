import type { ListenSocket } from '../../linux/index.ts';
import type { Ip, Protocol } from '../../net/index.ts';
import type { DropCause, TcpFlag } from '../../trace/index.ts';
import { lookupRoute } from '../fib/index.ts';
import { hasFlag, headersOf, type L4, NO_CT, type Packet, type Skb } from '../packet.ts';
import { perNetns } from '../per-netns.ts';
import { settingsOf } from '../settings.ts';
import { type Host, type OpenSocket, type Outcome, PLAIN_FLOW, type Undecided, type Walk } from '../types.ts';
import { hiddenSocket } from '../unsaid.ts';
import { answerSource, cameToAnycast } from './anycast.ts';
import { rememberRoute } from './early-demux.ts';
import { ICMP, icmpError, ownTtl } from './icmp-error.ts';
import { closeSocket, openSocket, socketFor } from './open-socket.ts';
import { answersBy, byKernel, die, reflectedMark, stopUnknown } from './record.ts';

/**
 * A packet for this host, after INPUT (net/ipv4/ip_input.c ip_local_deliver_finish). Answers are taken as they come: the
 * asking socket judges them (`acceptsAnswer`).
 */
export function deliver(host: Host, skb: Skb, walk: Walk): Outcome {
  const { l4, protocol } = skb.packet;
  switch (l4.kind) {
    case 'tcp':
      return deliverTcp(host, skb, walk, l4);
    case 'ports':
      return deliverPorts(host, skb, walk, l4);
    case 'icmp-query':
      return deliverQuery(host, skb, walk, l4);
    case 'icmp-error':
      return delivered(host, skb, walk, `ICMP ${l4.type}/${l4.code} from ${skb.packet.src}`, undefined);
    case 'other':
      return deliverOther(host, skb, walk, protocol);
  }
}

/** Protocols a module of Linux takes where it is loaded, or an ESP or AH state of xfrm: which are, no artefact says. */
const BY_MODULES: ReadonlySet<Protocol> = new Set(['ipencap', 33, 41, 'gre', 'esp', 'ah', 108, 115]);

/** What every kernel with multicast takes without a word (igmp_rcv, pim_rcv). */
const MULTICAST: ReadonlySet<Protocol> = new Set(['igmp', 103]);

/** ip_protocol_deliver_rcu: what nothing takes is answered. */
function deliverOther(host: Host, skb: Skb, walk: Walk, protocol: Protocol): Outcome {
  if (MULTICAST.has(protocol)) {
    const what = `protocol ${protocol} is for routers of multicast: what a host makes of it is not modelled`;
    return stopUnknown(host, skb, walk, what, 'ss');
  }
  if (BY_MODULES.has(protocol))
    walk.assumptions.add(
      `nothing on ${host.netns.id} takes protocol ${protocol}: no tunnel and no module for it is loaded there`,
    );
  const unreachable = icmpError(host, skb, ICMP.protocolUnreachable[skb.packet.family], true);
  return refuse(host, skb, walk, { kind: 'no-handler', protocol }, `no handler for protocol ${protocol}`, unreachable);
}

/**
 * tcp_v4_rcv: an open socket by all four of its numbers, then a listener, which takes a SYN and ignores what acknowledges
 * nothing; whatever else comes is answered with RST.
 */
function deliverTcp(host: Host, skb: Skb, walk: Walk, l4: L4 & { readonly kind: 'tcp' }): Outcome {
  const { flags } = l4;
  const connection = socketFor(host, skb.packet);
  if (connection !== undefined && takes(host, connection, skb)) return onConnection(host, skb, walk, connection, flags);
  const socket = listener(host, 'tcp', skb, l4.dport);
  const opens = isBareSyn(flags);
  const anycast = cameToAnycast(host, skb.packet);
  if (opens && socket !== undefined && anycast) {
    const because = 'no connection is opened to an anycast address';
    return die(host, skb, walk, 'dropped', NO_SOCKET, because, 'ipv6_unicast_destination, tcp_v6_conn_request');
  }
  if (opens && !hasFlag(flags, 'FIN') && socket !== undefined) {
    // include/net/inet_sock.h inet_request_mark; the connection keeps it (inet_csk_clone_lock).
    const mark = settingsOf(host).tcpFwmarkAccept ? skb.mark : 0;
    openSocket(host, skb.packet, 'accepted', socket.dev, mark);
    return delivered(host, skb, walk, socket.text, answer(host, skb, ['SYN', 'ACK']), socket.dev, mark);
  }
  const hidden = opens && socket === undefined ? hiddenSocket(host.netns, 'tcp', l4.dport) : undefined;
  if (hidden !== undefined) return stopUnknown(host, skb, walk, hidden, 'ss');
  const ignored = !flags.includes('ACK') && (!opens || flags.includes('FIN'));
  if (socket !== undefined && ignored) {
    return die(
      host,
      skb,
      walk,
      'dropped',
      { kind: 'not-a-syn' },
      'a listener takes only a SYN',
      'TCP_FLAGS, tcp_rcv_state_process',
    );
  }
  const because = opens
    ? `nothing listens on TCP ${l4.dport}`
    : `no connection of this host has ${skb.packet.src}:${l4.sport} at its other end`;
  // A RST is never answered with one, nor is what came to an anycast address (tcp_v6_send_reset).
  const reset = anycast || flags.includes('RST') ? undefined : answer(host, skb, resetFlags(flags));
  const cause: DropCause = opens ? { kind: 'closed-port', protocol: 'tcp', port: l4.dport } : NO_SOCKET;
  return refuse(host, skb, walk, cause, because, reset);
}

/**
 * What neither acknowledges, opens nor resets says nothing to a connection (tcp_rcv_established). A SYN on a half-open one was
 * sent again, and so is what answered it (tcp_check_req); an open one says where it stands (RFC 5961, 4.2).
 */
function onConnection(host: Host, skb: Skb, walk: Walk, connection: OpenSocket, flags: readonly TcpFlag[]): Outcome {
  const { accepted } = connection;
  if (accepted !== 'half-open' || (flags.includes('ACK') && !flags.includes('RST')))
    rememberRoute(host, skb, connection);
  if (accepted !== undefined && isBareSyn(flags))
    return delivered(
      host,
      skb,
      walk,
      'the connection',
      answer(host, skb, accepted === 'half-open' ? ['SYN', 'ACK'] : ['ACK']),
      connection.dev,
      connection.mark,
    );
  // A SYN for who waits for the answer to its own: both open, and each answers (tcp_rcv_synsent_state_process).
  const crosses = accepted === undefined && !connection.answered && isBareSyn(flags);
  if (hasFlag(flags, 'SYN') || hasFlag(flags, 'RST')) connection.answered = true;
  if (crosses) return delivered(host, skb, walk, 'the asking socket', answer(host, skb, ['SYN', 'ACK']));
  if (accepted !== undefined && flags.includes('RST')) closeSocket(host, skb.packet, connection);
  else if (accepted !== undefined && flags.includes('ACK')) connection.accepted = 'opened';
  if (flags.includes('ACK') || flags.includes('SYN') || flags.includes('RST'))
    return delivered(host, skb, walk, 'the connection', undefined);
  const because = 'a connection ignores what acknowledges nothing';
  return die(host, skb, walk, 'dropped', { kind: 'not-a-syn' }, because, 'TCP_FLAGS, tcp_rcv_established');
}

const isBareSyn = (flags: readonly TcpFlag[]): boolean =>
  hasFlag(flags, 'SYN') && !hasFlag(flags, 'ACK') && !hasFlag(flags, 'RST');

/** A RST acknowledges only what acknowledged nothing itself (tcp_v4_send_reset, nf_reject_ip_tcphdr_put). */
export const resetFlags = (of: readonly TcpFlag[]): readonly TcpFlag[] =>
  of.includes('ACK') ? ['RST'] : ['RST', 'ACK'];

/** __udp4_lib_rcv: the asking socket, then one bound to the port; else port unreachable. */
function deliverPorts(host: Host, skb: Skb, walk: Walk, l4: L4 & { readonly kind: 'ports' }): Outcome {
  const { packet } = skb;
  const protocol = packet.protocol === 'sctp' || packet.protocol === 'udplite' ? packet.protocol : 'udp';
  const asking = socketFor(host, packet);
  if (asking !== undefined) {
    rememberRoute(host, skb, asking);
    return delivered(host, skb, walk, 'the asking socket', undefined);
  }
  const socket = listener(host, protocol, skb, l4.dport);
  if (socket !== undefined) return delivered(host, skb, walk, socket.text, answer(host, skb, []), socket.dev);
  const hidden = hiddenSocket(host.netns, protocol, l4.dport);
  if (hidden !== undefined) return stopUnknown(host, skb, walk, hidden, 'ss');
  const cause: DropCause = { kind: 'closed-port', protocol, port: l4.dport };
  const because = `nothing listens on ${protocol.toUpperCase()} ${l4.dport}`;
  if (protocol === 'sctp') return refuse(host, skb, walk, cause, because, answer(host, skb, []));
  return refuse(host, skb, walk, cause, because, icmpError(host, skb, ICMP.portUnreachable[packet.family], true));
}

const NO_SOCKET: DropCause = { kind: 'no-socket' };
const ECHO_REPLY = 0;
const TIMESTAMP = 13;
/** Two headers and three stamps, whatever was asked with. */
const TIMESTAMP_LENGTH = 40;

/** Queries the kernel answers by itself, and the type of the answer (net/ipv4/icmp.c icmp_pointers; net/ipv6/icmp.c). */
const ANSWERED: Readonly<Record<4 | 6, ReadonlyMap<number, number>>> = {
  4: new Map([
    [8, 0],
    [TIMESTAMP, 14],
  ]),
  6: new Map([[128, 129]]),
};

function deliverQuery(host: Host, skb: Skb, walk: Walk, l4: L4 & { readonly kind: 'icmp-query' }): Outcome {
  const { packet } = skb;
  const reply = ANSWERED[packet.family].get(l4.type);
  // Answers to other queries, and queries of old, are taken and thrown away (net/ipv4/icmp.c icmp_pointers).
  if (reply === undefined && packet.family === 4 && l4.type !== ECHO_REPLY)
    return delivered(host, skb, walk, 'kernel (icmp_discard)', undefined);
  if (reply === undefined) {
    // An echo reply nobody waits for ends here without a word (ping_rcv).
    return socketFor(host, packet) !== undefined
      ? delivered(host, skb, walk, 'the ping socket', undefined)
      : die(host, skb, walk, 'dropped', NO_SOCKET, 'no ping socket has this id', 'NO_SOCKET, ping_rcv');
  }
  const key = packet.family === 4 ? 'net.ipv4.icmp_echo_ignore_all' : 'net.ipv6.icmp.echo_ignore_all';
  if (l4.type !== TIMESTAMP && (host.sysctl(key) ?? '0') !== '0')
    return die(host, skb, walk, 'dropped', { kind: 'ignores-echo', sysctl: key }, `${key} is set`, key);
  const length = l4.type === TIMESTAMP ? TIMESTAMP_LENGTH : packet.length;
  // The kernel's own ICMP socket lets its packets be cut (icmp_init, IP_PMTUDISC_DONT; icmpv6_sk leaves IPV6_PMTUDISC_WANT).
  const src = answerSource(host, packet);
  const answer =
    src === undefined ? undefined : reversed(host, { ...packet, dst: src }, length, false, { ...l4, type: reply });
  return delivered(host, skb, walk, l4.type === TIMESTAMP ? 'kernel (icmp_timestamp)' : 'kernel (icmp_echo)', answer);
}

/** A listening socket, and how a step names it. */
interface Listener {
  readonly port: number;
  readonly protocol: ListenSocket['protocol'];
  readonly local: ListenSocket['local'];
  readonly dev: string | undefined;
  readonly text: string;
}

const listenersOf = perNetns(({ sockets }): readonly Listener[] =>
  sockets.map(({ protocol, local, port, dev, process }) => ({
    port,
    protocol,
    local,
    dev,
    text: `${process === '' ? 'a socket' : process} on ${local}${dev === undefined ? '' : `%${dev}`}:${port}`,
  })),
);

/**
 * Of a socket bound to a device what comes by another is none of its (include/net/inet_sock.h inet_bound_dev_eq). What this
 * host sends itself comes by the device of the address (net/ipv4/route.c ip_route_output_key_hash_rcu, rt_iif).
 */
function takes(host: Host, { dev }: { readonly dev: string | undefined }, { iif, packet: { dst } }: Skb): boolean {
  if (dev === undefined || dev === iif) return true;
  if (iif !== 'lo') return false;
  const found = lookupRoute(host, { ...PLAIN_FLOW, dst });
  return found.kind === 'found' && found.type === 'local' && found.dev === dev;
}

/**
 * Best match first: an exact address, then a socket of the device, then a wildcard, then IPv6's, which takes both families
 * (compute_score, __inet_lookup_listener, udp4_lib_lookup2).
 */
function listener(host: Host, protocol: ListenSocket['protocol'], skb: Skb, port: number): Listener | undefined {
  const { dst } = skb.packet;
  let best: Listener | undefined;
  let score = 0;
  for (const socket of listenersOf(host)) {
    const own =
      socket.port === port && socket.protocol === protocol && takes(host, socket, skb) ? scoreOf(socket, dst) : 0;
    if (own <= score) continue;
    best = socket;
    score = own;
  }
  return best;
}

function scoreOf({ local, dev }: Listener, address: Ip): number {
  const own = dev === undefined ? 0 : 2;
  if (local === address) return 5 + own;
  if (local === '*' || local === (address.includes(':') ? '::' : '0.0.0.0')) return 2 + own;
  return local === '::' ? 1 + own : 0;
}

const portsOf = (l4: L4): { readonly sport?: number; readonly dport?: number } =>
  l4.kind === 'tcp' || l4.kind === 'ports' ? { sport: l4.sport, dport: l4.dport } : {};

/**
 * What this host sends back to where a packet came from. The kernel's own answers have that packet's TOS byte, a RST without
 * the bits of ECN (net/ipv4/icmp.c icmp_reply, tcp_ipv4.c tcp_v4_send_reset, ip_output.c ip_send_unicast_reply; the same of
 * IPv6); a socket's have none.
 */
function reversed(
  host: Host,
  { family, src, dst, protocol, tos: asked }: Packet,
  length: number,
  df: boolean,
  l4: L4,
): Packet {
  const tos = l4.kind === 'icmp-query' ? asked : l4.kind === 'tcp' && l4.flags.includes('RST') ? asked & ~3 : 0;
  const way = { src: dst, dst: src, ipproto: protocol, tos: family === 4 ? tos : 0, ...portsOf(l4) };
  return { family, src: dst, dst: src, protocol, ttl: ownTtl(host, way), tos, length, df, l4 };
}

/** A TCP header, and one with the segment size alone. */
const BARE = 20;
const WITH_MSS = 24;

/**
 * A SYN-ACK says its segment size, and agrees to what else the SYN offers (net/ipv4/tcp_output.c, tcp_synack_options): all that a
 * socket's SYN has, of which each later segment keeps the timestamps; nothing to a bare one.
 */
const agreedTo = (syn: number): number => (syn <= WITH_MSS ? WITH_MSS : 40);

function answer(host: Host, skb: Skb, flags: (L4 & { readonly kind: 'tcp' })['flags']): Packet | undefined {
  const { packet } = skb;
  const { l4 } = packet;
  if (l4.kind === 'tcp') {
    const header = packet.family === 4 ? 20 : 40;
    const segment = flags.includes('RST') ? BARE : flags.includes('SYN') ? agreedTo(packet.length - header) : 32;
    return reversed(host, packet, header + segment, true, { kind: 'tcp', sport: l4.dport, dport: l4.sport, flags });
  }
  const src = answerSource(host, packet);
  if (src === undefined) return undefined;
  const swapped: L4 = l4.kind === 'ports' ? { kind: 'ports', sport: l4.dport, dport: l4.sport } : l4;
  return reversed(host, { ...packet, dst: src }, packet.length, l4.kind === 'ports' ? false : packet.df, swapped);
}

function delivered(
  host: Host,
  skb: Skb,
  walk: Walk,
  socket: string,
  reply: Packet | undefined,
  boundTo?: string,
  mark = 0,
): Outcome {
  if (walk.record !== undefined) {
    const headers = headersOf(skb);
    const evidence = byKernel(host, socket, 'ss');
    walk.record({
      kind: 'deliver',
      socket,
      action: skb.packet.l4.kind === 'icmp-error' ? socket : `to ${socket}`,
      because: '',
      evidence,
      before: headers,
      after: headers,
    });
  }
  return {
    kind: 'delivered',
    skb,
    socket,
    answer: reply,
    ties: {
      mark: reply?.l4.kind === 'icmp-query' ? reflectedMark(host, skb) : mark,
      oif: answersBy(skb),
      boundTo,
    },
  };
}

/**
 * What a closed port answers is a packet of its own: the connection is let go of before the socket is looked for (nf_reset_ct
 * in net/ipv4/udp.c __udp4_lib_rcv and tcp_ipv4.c tcp_v4_rcv), and OUTPUT's conntrack finds it again.
 */
function refuse(
  host: Host,
  skb: Skb,
  walk: Walk,
  cause: DropCause,
  because: string,
  error: Packet | Undecided | undefined,
): Outcome {
  skb.ct = NO_CT;
  return die(host, skb, walk, 'refused', cause, because, byKernel(host, because, 'ss'), error);
}
