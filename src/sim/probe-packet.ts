import {
  type Family,
  familyOf,
  hasPorts,
  type Ip,
  ip,
  isLinkLocal,
  isUnspecified,
  type Protocol,
} from '../net/index.ts';
import type { DropCause, Evidence, Probe } from '../trace/index.ts';
import { chooseSource, ownsSocket, ownTtl } from './host/index.ts';
import { freePort, type LocalPorts, localPorts } from './local-ports.ts';
import { type L4, type Packet, withEnds, withSegment } from './packet.ts';
import { settingsOf } from './settings.ts';
import type { Host } from './types.ts';

export type ProbePacket =
  /** `cut`: bytes of a segment, where more were asked for than one takes. */
  | { readonly ok: true; readonly packet: Packet; readonly cut?: number }
  | {
      readonly ok: false;
      readonly disposition: 'not-sent' | 'no-route' | 'dropped' | 'refused' | 'unknown';
      /** Absent: whether it could be sent is not known. */
      readonly cause?: DropCause;
      readonly because: string;
      readonly packet: Packet;
      readonly evidence?: Evidence;
    };

/** The source port of a socket that names none: `port`, or another of the range. */
export type DrawSource = (ports: LocalPorts, port: number) => number;

/** What a connect says when no port of the range is free (__inet_hash_connect), or an autobind of another socket (inet_autobind). */
function noPort(host: Host, { protocol }: Probe, packet: Packet): ProbePacket & { readonly ok: false } {
  const { first, count } = localPorts(host);
  const range = `${first}-${first + count - 1}`;
  const because = `no local port is left: ip_local_port_range is ${range}, and what ip_local_reserved_ports and open sockets leave of it is nothing (${protocol === 'tcp' ? 'EADDRNOTAVAIL' : 'EAGAIN'})`;
  return { ok: false, disposition: 'not-sent', cause: { kind: 'no-local-port', range }, because, packet };
}

/**
 * A socket that is connected to a link-local address has to be bound to a device, and none here is (net/ipv6/tcp_ipv6.c
 * tcp_v6_connect, net/ipv6/datagram.c __ip6_datagram_connect). ping connects a socket of its own to learn its source.
 */
function noScope(address: Ip, packet: Packet): ProbePacket & { readonly ok: false } {
  const because = `${address} is an address of one link, and nobody says of which: the socket is not bound to a device (EINVAL)`;
  return { ok: false, disposition: 'not-sent', cause: { kind: 'no-scope', address }, because, packet };
}

/** The first packet of a flow as the asking socket makes it: source by route, port by hash of the flow, sizes of real tools. */
export function probePacket(host: Host, asked: Probe, draw?: DrawSource): ProbePacket {
  const dst = connectTo(asked);
  const probe = dst === asked.dst ? asked : { ...asked, dst };
  const family = familyOf(probe.dst);
  const sport = probe.sport ?? ephemeralPort(host, probe, draw);
  const draft = packetOf(host, probe, probe.src ?? unspecified(family), sport ?? 0);
  if (sport === undefined) return noPort(host, probe, draft);
  if (family === 6 && isLinkLocal(probe.dst)) return noScope(probe.dst, draft);
  const chosen = chooseSource(host, {
    dst: probe.dst,
    src: probe.src,
    iif: undefined,
    oif: undefined,
    anyDevice: false,
    mark: 0,
    tos: 0,
    ipproto: probe.protocol,
    sport: undefined,
    dport: probe.dport,
  });
  if (chosen.kind === 'source') {
    const { mtu, lookup } = chosen.hop;
    const sent = withEnds(draft, chosen.src, draft.dst, draft.l4);
    const ttl =
      probe.ttl ?? ownTtl(host, { src: chosen.src, dst: probe.dst, ipproto: probe.protocol, dport: probe.dport });
    const packet = { ...sent, ttl, df: probe.df ?? mayNotBeCut(host, sent, mtu, lookup.route.mtuLocked === true) };
    const most = mostOf(packet, mtu);
    return !cutsItself(packet) || packet.length <= most
      ? { ok: true, packet }
      : { ok: true, packet: withSegment(packet, packet.l4, most), cut: most };
  }
  if (chosen.kind === 'unknown') {
    const { what: because, evidence } = chosen;
    return {
      ok: false,
      disposition: 'unknown',
      because,
      packet: draft,
      ...(evidence === undefined ? {} : { evidence }),
    };
  }
  const { disposition, cause, because } = chosen;
  const known =
    disposition === 'no-route' || disposition === 'dropped' || disposition === 'refused' ? disposition : 'not-sent';
  return { ok: false, disposition: known, cause, because, packet: draft };
}

/**
 * What a socket nobody set up says of its packets (net/ipv4/af_inet.c inet_create, IP_PMTUDISC_WANT): no router is to cut what
 * its own first route takes whole (include/net/ip.h ip_dont_fragment, net/ipv4/ip_output.c __ip_make_skb). IPv6 cuts at its
 * sender alone.
 */
function mayNotBeCut(host: Host, packet: Packet, mtu: number, locked: boolean): boolean {
  if (packet.family === 6) return packet.df;
  return settingsOf(host).discoversMtu && !locked && (cutsItself(packet) || packet.length <= mtu);
}

/** Makes no packet longer than its route's MTU: net/ipv4/tcp_output.c tcp_sync_mss, net/sctp/transport.c sctp_transport_pmtu. */
const cutsItself = ({ protocol }: Packet): boolean => protocol === 'tcp' || protocol === 'sctp';

/** TCP makes no segment shorter than its headers, a timestamp and 36 octets, however short the route's MTU (net/ipv4/tcp_output.c __tcp_mtu_to_mss, tcp_min_snd_mss). */
const mostOf = ({ protocol, family }: Packet, mtu: number): number =>
  protocol === 'tcp' ? Math.max(mtu, family === 4 ? 88 : 108) : mtu;

/**
 * A connect to the unspecified address means this host: IPv4 takes the bound source, else 127.0.0.1 (net/ipv4/route.c
 * ip_route_output_key_hash_rcu); IPv6 takes ::1 (net/ipv6/tcp_ipv6.c tcp_v6_connect).
 */
function connectTo({ dst, src }: Probe): Ip {
  if (!isUnspecified(dst)) return dst;
  return familyOf(dst) === 4 ? (src ?? LOOPBACK[4]) : LOOPBACK[6];
}

const LOOPBACK = { 4: ip('127.0.0.1'), 6: ip('::1') } as const;

/**
 * The probe with the source port a new socket gets: the flow's own, or the next one no open socket of this host uses towards
 * that end (net/ipv4/inet_hashtables.c, __inet_hash_connect: every second port, then the others); or what it is refused with.
 */
export function bindPort(host: Host, probe: Probe): Probe | (ProbePacket & { readonly ok: false }) {
  if (probe.sport !== undefined || !hasPorts(probe.protocol)) return probe;
  const made = probePacket(host, probe);
  if (!made.ok) return made;
  const { l4 } = made.packet;
  if (l4.kind !== 'tcp' && l4.kind !== 'ports') return probe;
  const ports = localPorts(host);
  const taken = (sport: number): boolean => ownsSocket(host, { ...made.packet, l4: { ...l4, sport } });
  const sport = freePort(ports, l4.sport - ports.first, taken);
  return sport === undefined ? noPort(host, probe, made.packet) : { ...probe, sport };
}

// Both are canonical addresses of their family.
const unspecified = (family: Family): Ip => (family === 4 ? '0.0.0.0' : '::') as Ip;

const packetOf = (host: Host, probe: Probe, src: Ip, sport: number): Packet =>
  madeWith(probe, src, sport, probe.ttl ?? ownTtl(host, { src: probe.src, dst: probe.dst }));

/** The first packet of a flow as one makes it whose own stack nobody knows: any port will do, 64 is every system's TTL. */
export function packetWithoutHost(probe: Probe, src: Ip, draw: DrawSource = (_, port) => port): Packet {
  const { first, count } = ANY_PORT;
  return madeWith(probe, src, probe.sport ?? draw(ANY_PORT, first + (hashOf(probe) % count)), probe.ttl ?? 64);
}

const ANY_PORT: LocalPorts = { first: 1024, count: 64_512, reserved: () => false };

function madeWith(probe: Probe, src: Ip, sport: number, ttl: number): Packet {
  const family = familyOf(probe.dst);
  return {
    family,
    src,
    dst: probe.dst,
    protocol: probe.protocol,
    ttl,
    tos: 0,
    length: probe.size ?? defaultSize(probe.protocol, family),
    df: probe.df ?? probe.protocol === 'tcp',
    l4: l4Of(probe, family, sport),
  };
}

/** A SYN with options, a ping's 56 bytes, a datagram of one byte. */
function defaultSize(protocol: Protocol, family: Family): number {
  const header = family === 4 ? 20 : 40;
  if (protocol === 'tcp') return header + 40;
  if (protocol === 'icmp' || protocol === 'ipv6-icmp') return header + 64;
  return header + 9;
}

function l4Of(probe: Probe, family: Family, sport: number): L4 {
  const { protocol } = probe;
  const dport = probe.dport ?? 0;
  if (protocol === 'tcp') return { kind: 'tcp', sport, dport, flags: ['SYN'] };
  if (hasPorts(protocol)) return { kind: 'ports', sport, dport };
  if (protocol === 'icmp' || protocol === 'ipv6-icmp') {
    const { type, code } = probe.icmp ?? { type: family === 4 ? 8 : 128, code: 0 };
    return { kind: 'icmp-query', type, code, id: sport, seq: 1 };
  }
  return { kind: 'other' };
}

/** Equal probes get equal ports, folded into the range, unless chance is asked. */
function ephemeralPort(host: Host, probe: Probe, draw: DrawSource = (_, port) => port): number | undefined {
  const isPort = hasPorts(probe.protocol);
  const ports = isPort ? localPorts(host) : ECHO_IDS;
  const port = freePort(ports, hashOf(probe) % ports.count);
  return port === undefined || !isPort ? port : draw(ports, port);
}

/** FNV-1a over the flow. */
function hashOf({ from, dst, dport = 0, protocol }: Probe): number {
  const ends = fnv1a(fnv1a(fnv1a(FNV_OFFSET, from), ' '), dst);
  return fnv1a(fnv1a(fnv1a(fnv1a(ends, ' '), String(dport)), ' '), String(protocol)) >>> 0;
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** Goes on with a hash: that of two texts is that of both in one, which need not be joined. */
function fnv1a(start: number, text: string): number {
  let hash = start;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME);
  return hash;
}

/** A ping's id is no port: a range of its own for every namespace. */
const ECHO_IDS: LocalPorts = { first: 32_768, count: 28_232, reserved: () => false };
