import { type TableRoom, tableRoom } from '../../linux/index.ts';
import { type Conn, type Ct, type CtTuple, newConn, type Packet, type Skb } from '../packet.ts';
import { perNetns } from '../per-netns.ts';
import { settingsOf } from '../settings.ts';
import type { Host, Walk } from '../types.ts';
import { type Tracked, trackTcp } from './tcp.ts';
import { type Timeouts, timeoutsOf } from './timeouts.ts';
import { invertTuple, sameTuple, tupleIn, tupleOf } from './tuple.ts';

/** Two ends that keep reopening the same tuple: one retry is all a packet can need. */
const MAX_LOOKUPS = 2;

/**
 * Conntrack's own step at PREROUTING and OUTPUT, priority -200 (nf_conntrack_core.c, nf_conntrack_in): finds the packet's
 * connection or starts one, and follows its state. A new connection is known to this packet alone until it is confirmed.
 * Returned: why it cannot be tracked, or nobody can know how.
 */
export function trackPacket(host: Host, skb: Skb, walk: Walk): Untracked | undefined {
  // Seen before: looped back, made for a connection (an ICMP error), or NOTRACK.
  if (skb.ct.kind === 'tracked' || skb.ct.kind === 'untracked') return undefined;
  const found = lookUp(host, skb, walk);
  if (found.kind === 'undecided' || found.kind === 'full') return found;
  const attached = skb.ct.kind === 'invalid' && skb.ct.attached === true;
  skb.ct = found.kind === 'invalid' && attached ? skb.ct : found;
  return undefined;
}

export type Untracked =
  /** The entry whose history, which no print shows, decides what becomes of the packet. */
  | { readonly kind: 'undecided'; readonly conn: Conn }
  /** No room for a new connection. `kept`: and none of those there are gives way to it; else chance decides. */
  | { readonly kind: 'full'; readonly room: TableRoom; readonly kept: boolean };

function lookUp(host: Host, skb: Skb, walk: Walk): Ct | Untracked {
  const { packet } = skb;
  const { now } = walk;
  if (isNeighbourDiscovery(packet)) return { kind: 'untracked' };
  if (packet.l4.kind === 'icmp-error') return relatedTo(host, packet, packet.l4.quoted, now);
  const tuple = tupleOf(packet);
  if (tuple === undefined) return { kind: 'invalid' };
  for (let i = 0; i < MAX_LOOKUPS; i++) {
    const found = host.conntrack.find(tuple, now);
    const conn = found?.conn ?? startConn(tuple);
    if (conn === undefined) return { kind: 'invalid' };
    const full = found === undefined ? fullTable(host, walk) : undefined;
    if (full !== undefined) return full;
    const dir = found?.dir ?? 'original';
    const info = dir === 'reply' || conn.seenReply ? 'established' : 'new';
    const tracked = follow(host, skb, conn, dir, now);
    if (tracked === 'invalid') return { kind: 'invalid' };
    if (tracked === 'undecided') return { kind: 'undecided', conn };
    if (tracked === 'repeat') {
      host.conntrack.remove(conn);
      continue;
    }
    if (dir === 'reply') conn.seenReply = true;
    if (tracked === 'forget') host.conntrack.remove(conn);
    return { kind: 'tracked', conn, dir, info };
  }
  return { kind: 'invalid' };
}

/** MLD and neighbour discovery are never tracked (nf_conntrack_proto_icmpv6.c, noct_valid_new). */
function isNeighbourDiscovery(packet: Packet): boolean {
  const { l4 } = packet;
  if (packet.protocol !== 'ipv6-icmp' || l4.kind !== 'icmp-query') return false;
  return (l4.type >= 130 && l4.type <= 136) || l4.type === 143;
}

/**
 * An ICMP error belongs to the connection whose packet it quotes, in the direction opposite to that packet; its receiver
 * must be the one that direction ends at (nf_conntrack_proto_icmp.c, nf_conntrack_inet_error).
 */
function relatedTo(host: Host, packet: Packet, quoted: Packet, now: number): Ct {
  const inner = tupleOf(quoted);
  const answer = inner === undefined ? undefined : invertTuple(inner);
  const found = answer === undefined ? undefined : host.conntrack.find(answer, now);
  if (found === undefined) return { kind: 'invalid' };
  const { conn, dir } = found;
  if (tupleIn(conn, dir).dst !== packet.dst) return { kind: 'invalid' };
  return { kind: 'tracked', conn, dir, info: 'related' };
}

function startConn(tuple: CtTuple): Conn | undefined {
  const reply = invertTuple(tuple);
  return reply === undefined ? undefined : newConn(tuple, reply);
}

const ROOM: { readonly room: TableRoom | undefined } = { room: undefined };
const roomOf = perNetns((netns): { readonly room: TableRoom | undefined } => {
  const room = tableRoom(netns);
  return room === undefined ? ROOM : { room };
});

/**
 * A new connection is counted before anything is asked of it; where the table is full one that was not answered gives way, if its
 * hash is near, and else the packet is dropped (nf_conntrack_core.c, __nf_conntrack_alloc, early_drop).
 */
function fullTable(host: Host, { now, assumptions }: Walk): Untracked | undefined {
  const { room } = roomOf(host);
  if (room === undefined) return undefined;
  const { conntrack } = host;
  const made = (now === 0 ? conntrack.size : conntrack.entries(now).length) - host.netns.conntrack.length;
  if (room.count + made < room.max) {
    assumptions.add(
      `the connection table of ${host.folder} has room (${room.text}): once it is full, new connections are dropped`,
    );
    return undefined;
  }
  return { kind: 'full', room, kept: room.kept && made === 0 };
}

/**
 * The protocol's own view of the packet (nf_conntrack_core.c, nf_conntrack_handle_packet). The checksum of UDP-Lite is
 * verified at PREROUTING as if it were UDP's, whose pseudo header has another protocol number, so it is always wrong
 * (nf_conntrack_proto_udp.c, udplite_error).
 */
function follow(host: Host, skb: Skb, conn: Conn, dir: 'original' | 'reply', now: number): Tracked {
  const { packet } = skb;
  if (packet.l4.kind === 'tcp') {
    if (skb.forcedInvalid && !settingsOf(host).tcpLiberal) return 'invalid';
    return trackTcp(host, conn, dir, packet.l4.flags, now);
  }
  if (skb.forcedInvalid) return 'invalid';
  if (packet.protocol === 'udplite' && skb.iif !== undefined && settingsOf(host).checksum) return 'invalid';
  if (packet.protocol === 'udp' || packet.protocol === 'udplite') return trackUdp(host, conn, now);
  if (packet.l4.kind === 'icmp-query') {
    if (!conn.confirmed && !STARTING_TYPES.has(`${packet.protocol} ${packet.l4.type}`)) return 'invalid';
    const of = timeoutsOf(host);
    const v6 = packet.protocol === 'ipv6-icmp';
    conn.expiresAt = now + (v6 ? of.nf_conntrack_icmpv6_timeout : of.nf_conntrack_icmp_timeout);
    return 'accept';
  }
  conn.expiresAt = now + otherTimeout(timeoutsOf(host), packet, conn);
  if (conn.seenReply) conn.assured = packet.protocol === 'sctp' || packet.protocol === 'gre';
  return 'accept';
}

/** Queries that may open a connection; an answer nobody asked for is INVALID (icmp_packet's valid_new). */
const STARTING_TYPES: ReadonlySet<string> = new Set([
  'icmp 8',
  'icmp 13',
  'icmp 15',
  'icmp 17',
  'ipv6-icmp 128',
  'ipv6-icmp 139',
]);

/** Answered and older than two seconds: a stream (nf_conntrack_proto_udp.c, nf_conntrack_udp_packet). */
function trackUdp(host: Host, conn: Conn, now: number): Tracked {
  if (!conn.confirmed) conn.streamAt = now + 2;
  const stream = conn.seenReply && now > conn.streamAt;
  const of = timeoutsOf(host);
  conn.expiresAt = now + (stream ? of.nf_conntrack_udp_timeout_stream : of.nf_conntrack_udp_timeout);
  if (stream) conn.assured = true;
  return 'accept';
}

function otherTimeout(of: Timeouts, packet: Packet, conn: Conn): number {
  switch (packet.protocol) {
    case 'sctp':
      return conn.seenReply ? of.nf_conntrack_sctp_timeout_established : of.nf_conntrack_sctp_timeout_cookie_wait;
    case 'gre':
      return conn.seenReply ? of.nf_conntrack_gre_timeout_stream : of.nf_conntrack_gre_timeout;
    default:
      return of.nf_conntrack_generic_timeout;
  }
}

/**
 * The last thing at POSTROUTING and INPUT (nf_conntrack_core.c, __nf_conntrack_confirm): the connection enters the table.
 * False where a tuple of it is already taken: the packet is dropped there, which is how a NAT without a free port ends.
 */
export function confirmConn(host: Host, skb: Skb, now: number): boolean {
  if (skb.ct.kind !== 'tracked' || skb.ct.dir !== 'original') return true;
  const { conn } = skb.ct;
  if (conn.confirmed) return true;
  const other = host.conntrack.find(conn.original, now)?.conn ?? host.conntrack.find(conn.reply, now)?.conn;
  if (other === undefined) {
    host.conntrack.insert(conn);
    return true;
  }
  // The very same connection, confirmed meanwhile by another copy of the packet: that one is kept.
  if (!sameTuple(other.original, conn.original) || !sameTuple(other.reply, conn.reply)) return false;
  skb.ct = { kind: 'tracked', conn: other, dir: 'original', info: skb.ct.info };
  return true;
}
