import type { Family, Ip, Protocol } from '../net/index.ts';
import type { Headers, TcpFlag } from '../trace/index.ts';

/** One IP packet. A value: rewriting makes a new one. */
export interface Packet {
  readonly family: Family;
  readonly src: Ip;
  readonly dst: Ip;
  readonly protocol: Protocol;
  readonly ttl: number;
  readonly tos: number;
  /** Bytes, IP header included. */
  readonly length: number;
  readonly df: boolean;
  readonly l4: L4;
}

export type L4 =
  | { readonly kind: 'tcp'; readonly sport: number; readonly dport: number; readonly flags: readonly TcpFlag[] }
  /** UDP, UDP-Lite, SCTP: ports are all a walk needs of them. */
  | { readonly kind: 'ports'; readonly sport: number; readonly dport: number }
  | {
      readonly kind: 'icmp-query';
      readonly type: number;
      readonly code: number;
      readonly id: number;
      readonly seq: number;
    }
  /** An ICMP or ICMPv6 error; `quoted` is the packet it is about, as its sender saw it. */
  | {
      readonly kind: 'icmp-error';
      readonly type: number;
      readonly code: number;
      readonly mtu?: number;
      readonly quoted: Packet;
    }
  | { readonly kind: 'other' };

/** As `flags.includes(flag)`, several times as fast: it is asked of every packet in every namespace. */
export function hasFlag(flags: readonly string[], flag: string): boolean {
  for (const each of flags) if (each === flag) return true;
  return false;
}

// Rewriting copies field by field: packets of one shape are what the walk's inner loops are fast with.

export const withTtl = ({ family, src, dst, protocol, tos, length, df, l4 }: Packet, ttl: number): Packet => ({
  family,
  src,
  dst,
  protocol,
  ttl,
  tos,
  length,
  df,
  l4,
});

export const withTos = ({ family, src, dst, protocol, ttl, length, df, l4 }: Packet, tos: number): Packet => ({
  family,
  src,
  dst,
  protocol,
  ttl,
  tos,
  length,
  df,
  l4,
});

export const withEnds = (packet: Packet, src: Ip, dst: Ip, l4: L4): Packet => ({
  family: packet.family,
  src,
  dst,
  protocol: packet.protocol,
  ttl: packet.ttl,
  tos: packet.tos,
  length: packet.length,
  df: packet.df,
  l4,
});

export const withSegment = ({ family, src, dst, protocol, ttl, tos, df }: Packet, l4: L4, length: number): Packet => ({
  family,
  src,
  dst,
  protocol,
  ttl,
  tos,
  length,
  df,
  l4,
});

/** `l4` with one side's port, or an ICMP query's id, replaced. */
export function withPort(l4: L4, side: 'src' | 'dst', port: number): L4 {
  switch (l4.kind) {
    case 'tcp':
      return side === 'src'
        ? { kind: 'tcp', sport: port, dport: l4.dport, flags: l4.flags }
        : { kind: 'tcp', sport: l4.sport, dport: port, flags: l4.flags };
    case 'ports':
      return side === 'src'
        ? { kind: 'ports', sport: port, dport: l4.dport }
        : { kind: 'ports', sport: l4.sport, dport: port };
    case 'icmp-query':
      return { ...l4, id: port };
    case 'icmp-error':
    case 'other':
      return l4;
  }
}

/**
 * A packet inside one namespace, with what the kernel keeps beside it (struct sk_buff). It is the one mutable thing of a
 * walk: the host path owns it, matchers only read it, and crossing a veth makes a fresh one (mark, conntrack and device
 * do not travel: net/core/skbuff.c skb_scrub_packet).
 */
export interface Skb {
  packet: Packet;
  mark: number;
  /** Devices by name. `iif` is absent for a packet this host made; it stays set while the packet is forwarded. */
  iif: string | undefined;
  oif: string | undefined;
  /** What its route takes in one piece (dst_mtu); undefined: it has none yet. */
  mtu?: number | undefined;
  ct: Ct;
  /** Carried by a probe that asks for it: conntrack calls the packet INVALID whatever its tuple says. */
  forcedInvalid: boolean;
  /** IPVS has had it, and lets it pass at every other hook of this namespace (skb->ipvs_property). */
  ipvs?: boolean;
  /** Bridge/multicast class on arrival. */
  pkttype: 'unicast' | 'broadcast' | 'multicast';
}

/** A packet's tie to a connection (skb->_nfct and ctinfo). */
export type Ct =
  | { readonly kind: 'none' }
  | { readonly kind: 'untracked' }
  /**
   * `attached`: an error about an untracked packet. It carries the direction of none (nf_conntrack_attach), so NOTRACK takes
   * it for one that was seen before, and it stays INVALID.
   */
  | { readonly kind: 'invalid'; readonly attached?: true }
  | {
      readonly kind: 'tracked';
      readonly conn: Conn;
      readonly dir: 'original' | 'reply';
      readonly info: 'new' | 'established' | 'related';
    };

export const NO_CT: Ct = { kind: 'none' };

/** One connection (struct nf_conn). NAT is the difference between `original` and `reply`, nothing else. */
export interface Conn {
  readonly id: number;
  original: CtTuple;
  reply: CtTuple;
  mark: number;
  /** In the table; before that only the packet that made it knows it. */
  confirmed: boolean;
  seenReply: boolean;
  assured: boolean;
  /** IPS_SRC_NAT_DONE / IPS_DST_NAT_DONE: that side is decided, translated or not. */
  srcNatDone: boolean;
  dstNatDone: boolean;
  srcNat: boolean;
  dstNat: boolean;
  tcpState: string | undefined;
  /** Clock second at which it is forgotten. */
  expiresAt: number;
  zone: number;
  // What follows no printed entry shows (struct nf_conn's proto and nat parts).
  /** UDP: second from which an answered flow counts as a stream (nf_conntrack_proto_udp.c, stream_ts). */
  streamAt: number;
  /** TCP: direction and kind of the last packet that the state machine let through without a state change. */
  lastDir: 'original' | 'reply';
  lastIndex: number;
  /** TCP: one end has begun to close (IP_CT_TCP_FLAG_CLOSE_INIT of either). */
  closeInit: boolean;
  /** TCP: both ends have sent a SYN (IP_CT_TCP_SIMULTANEOUS_OPEN). */
  bothOpen: boolean;
  /** TCP: a SYN was ignored while the last ACK was due (IP_CT_EXP_CHALLENGE_ACK). */
  challenged: boolean;
  /** MASQUERADE: the device whose address the connection took (nf_nat_masquerade.c, masq_index). */
  masqueradeDev: string | undefined;
}

export interface CtTuple {
  readonly protocol: Protocol;
  readonly src: Ip;
  readonly dst: Ip;
  /** Ports; for ICMP queries the id in `sport`, and type and code in `icmp`. */
  readonly sport: number;
  readonly dport: number;
  readonly icmp: { readonly type: number; readonly code: number } | undefined;
}

let ids = 0;

/** A connection nothing is known of yet but its two ends. */
export const newConn = (original: CtTuple, reply: CtTuple): Conn => ({
  id: ++ids,
  original,
  reply,
  mark: 0,
  confirmed: false,
  seenReply: false,
  assured: false,
  srcNatDone: false,
  dstNatDone: false,
  srcNat: false,
  dstNat: false,
  tcpState: undefined,
  expiresAt: 0,
  zone: 0,
  streamAt: 0,
  lastDir: 'original',
  lastIndex: -1,
  closeInit: false,
  bothOpen: false,
  challenged: false,
  masqueradeDev: undefined,
});

let last:
  | {
      readonly packet: Packet;
      readonly mark: number;
      readonly iif: string | undefined;
      readonly oif: string | undefined;
    }
  | undefined;
let lastHeaders: Headers | undefined;

/** The header values a step shows. Steps in a row share one object while nothing changes. */
export function headersOf(skb: Skb): Headers {
  const { packet, mark, iif, oif } = skb;
  if (
    lastHeaders !== undefined &&
    last?.packet === packet &&
    last.mark === mark &&
    last.iif === iif &&
    last.oif === oif
  )
    return lastHeaders;
  last = { packet, mark, iif, oif };
  lastHeaders = makeHeaders(packet, mark, iif, oif);
  return lastHeaders;
}

export const packetHeaders = (packet: Packet): Headers => makeHeaders(packet, 0, undefined, undefined);

type Draft = { -readonly [K in keyof Headers]: Headers[K] };

/** Field by field: spreads here were a third of a walk's time. */
function makeHeaders(packet: Packet, mark: number, iif: string | undefined, oif: string | undefined): Headers {
  const { family, src, dst, protocol, ttl, length, df, l4 } = packet;
  const headers: Draft = { family, src, dst, protocol, ttl, length, df, mark };
  if (l4.kind === 'tcp' || l4.kind === 'ports') {
    headers.sport = l4.sport;
    headers.dport = l4.dport;
  }
  if (l4.kind === 'tcp') headers.tcpFlags = l4.flags;
  if (l4.kind === 'icmp-query') headers.icmp = { type: l4.type, code: l4.code, id: l4.id };
  if (l4.kind === 'icmp-error') {
    const quoted = packetHeaders(l4.quoted);
    headers.icmp =
      l4.mtu === undefined
        ? { type: l4.type, code: l4.code, quoted }
        : { type: l4.type, code: l4.code, mtu: l4.mtu, quoted };
  }
  if (iif !== undefined) headers.iif = iif;
  if (oif !== undefined) headers.oif = oif;
  return headers;
}
