import type { TcpFlag } from '../../trace/index.ts';
import { type Conn, hasFlag } from '../packet.ts';
import { perNetns } from '../per-netns.ts';
import { settingsOf } from '../settings.ts';
import type { Host } from '../types.ts';
import { readTimeouts, type Timeouts, timeoutsOf } from './timeouts.ts';

/**
 * The TCP state machine of net/netfilter/nf_conntrack_proto_tcp.c. Sequence numbers are outside the model: a packet out of
 * its window is said to be so by the probe, never computed.
 */
const STATES = [
  'NONE',
  'SYN_SENT',
  'SYN_RECV',
  'ESTABLISHED',
  'FIN_WAIT',
  'CLOSE_WAIT',
  'LAST_ACK',
  'TIME_WAIT',
  'CLOSE',
  'SYN_SENT2',
] as const;
type TcpState = (typeof STATES)[number];
const CLOSING: ReadonlySet<string> = new Set<TcpState>(['FIN_WAIT', 'CLOSE_WAIT', 'LAST_ACK', 'TIME_WAIT']);

const SYN = 0;
const SYNACK = 1;
const FIN = 2;
const ACK = 3;
const RST = 4;
const NO_FLAGS = 5;

/** What may be said of a packet: the state it leads to, in the order of STATES, or `iv` invalid, `ig` ignored. */
const CODES = ['no', 'ss', 'sr', 'es', 'fw', 'cw', 'la', 'tw', 'cl', 's2', 'iv', 'ig'];
const SYN_SENT = CODES.indexOf('ss');
const SYN_SENT2 = CODES.indexOf('s2');
const SYN_RECV = CODES.indexOf('sr');
const ESTABLISHED = CODES.indexOf('es');
const FIN_WAIT = CODES.indexOf('fw');
const LAST_ACK = CODES.indexOf('la');
const TIME_WAIT = CODES.indexOf('tw');
const CLOSE = CODES.indexOf('cl');
const INVALID = CODES.indexOf('iv');
const IGNORED = CODES.indexOf('ig');

type Row = readonly number[];
const rowOf = (text: string): Row => text.split(' ').map((code) => CODES.indexOf(code));

/** Next state by direction, packet and present state. */
const NEXT = {
  original: [
    'ss ss ig ig ig ig ig ss ss s2',
    'iv iv sr iv iv iv iv iv iv sr',
    'iv iv fw fw la la la tw cl iv',
    'es iv es es cw cw tw tw cl iv',
    'iv cl cl cl cl cl cl cl cl cl',
    'iv iv iv iv iv iv iv iv iv iv',
  ].map(rowOf),
  reply: [
    'iv s2 iv iv iv iv iv ss iv s2',
    'iv sr ig ig ig ig ig ig ig sr',
    'iv iv fw fw la la la tw cl iv',
    'iv ig sr es cw cw tw tw cl ig',
    'iv cl cl cl cl cl cl cl cl cl',
    'iv iv iv iv iv iv iv iv iv iv',
  ].map(rowOf),
} as const;

/** By state: how long the connection is remembered in it (tcp_timeouts). */
const tcpTimeouts = perNetns((netns): Row => {
  const of = readTimeouts(netns);
  return TIMEOUTS.map((name) => of[name]);
});

const TIMEOUTS: readonly (keyof Timeouts)[] = [
  'nf_conntrack_tcp_timeout_syn_sent',
  'nf_conntrack_tcp_timeout_syn_sent',
  'nf_conntrack_tcp_timeout_syn_recv',
  'nf_conntrack_tcp_timeout_established',
  'nf_conntrack_tcp_timeout_fin_wait',
  'nf_conntrack_tcp_timeout_close_wait',
  'nf_conntrack_tcp_timeout_last_ack',
  'nf_conntrack_tcp_timeout_time_wait',
  'nf_conntrack_tcp_timeout_close',
  'nf_conntrack_tcp_timeout_syn_sent',
];

/** What the tracker says of a packet: `repeat` means the connection was forgotten and the packet must be looked up anew. */
export type Tracked = 'accept' | 'invalid' | 'repeat' | 'forget' | 'undecided';

/**
 * What a printed entry's state says of its past. Only a FIN leads to these: one end has begun to close. To CLOSE leads a RST
 * too, and a SYN is a new connection only after one from its own side.
 */
export function followFrom(conn: Conn, state: string | undefined): void {
  conn.tcpState = state;
  conn.closeInit = state !== undefined && CLOSING.has(state);
  conn.bothOpen = state === STATES[SYN_SENT2];
}

/** PSH says nothing about a connection. */
const BITS: Readonly<Record<TcpFlag, number>> = { FIN: 1, SYN: 2, RST: 4, ACK: 8, PSH: 0 };
function bitsOf(flags: readonly TcpFlag[]): number {
  let bits = 0;
  for (const flag of flags) bits |= BITS[flag];
  return bits;
}

/** The flags a packet may carry together (tcp_valid_flags). */
const COMBINATIONS: readonly (readonly TcpFlag[])[] = [
  ['SYN'],
  ['SYN', 'ACK'],
  ['RST'],
  ['RST', 'ACK'],
  ['FIN', 'ACK'],
  ['ACK'],
];
const VALID_FLAGS: ReadonlySet<number> = new Set(COMBINATIONS.map(bitsOf));

/** get_conntrack_index: RST before SYN before FIN before ACK. */
function indexOf(flags: readonly TcpFlag[]): number {
  if (hasFlag(flags, 'RST')) return RST;
  if (hasFlag(flags, 'SYN')) return hasFlag(flags, 'ACK') ? SYNACK : SYN;
  if (hasFlag(flags, 'FIN')) return FIN;
  return hasFlag(flags, 'ACK') ? ACK : NO_FLAGS;
}

/** tcp_new: a SYN starts a connection; with nf_conntrack_tcp_loose, so does a packet from the middle of one. */
function mayStart(host: Host, index: number): boolean {
  const next = NEXT.original[index]?.[0];
  return next === SYN_SENT || (next === ESTABLISHED && settingsOf(host).tcpLoose);
}

export function trackTcp(
  host: Host,
  conn: Conn,
  dir: 'original' | 'reply',
  flags: readonly TcpFlag[],
  now: number,
): Tracked {
  // tcp_error: of a connection or of none.
  if (!VALID_FLAGS.has(bitsOf(flags))) return 'invalid';
  const index = indexOf(flags);
  if (!conn.confirmed && conn.tcpState === undefined && !mayStart(host, index)) return 'invalid';
  const old = conn.tcpState === undefined ? 0 : Math.max(0, STATES.indexOf(conn.tcpState as TcpState));
  const rows = dir === 'original' ? NEXT.original : NEXT.reply;
  let next = rows[index]?.[old] ?? INVALID;
  if (next === INVALID) return 'invalid';
  if (next === SYN_SENT && old >= TIME_WAIT) {
    // One side has begun to close, or this very side aborted: the connection is opened anew.
    const closed = conn.closeInit || (conn.lastDir === dir && conn.lastIndex === RST);
    if (closed) return 'repeat';
    if (conn.lastIndex < 0) return 'undecided';
    next = IGNORED;
  }
  if (next === IGNORED) {
    // A SYN/ACK that answers a SYN we ignored: the ends know better, follow them.
    const resync = index === SYNACK && conn.lastIndex === SYN && conn.lastDir !== dir;
    if (!resync) return ignore(conn, dir, index, old);
    conn.challenged = false;
    next = SYN_RECV;
  }
  if (old === LAST_ACK && next === TIME_WAIT && isChallenge(conn, dir, index)) {
    conn.challenged = false;
    return 'accept';
  }
  if (next === SYN_SENT2) conn.bothOpen = true;
  // The table takes no account of two ends that open at once.
  if (next === SYN_RECV && conn.bothOpen && dir === 'reply' && index === ACK) next = ESTABLISHED;
  conn.lastIndex = index;
  conn.lastDir = dir;
  return enter(host, conn, index, old, next, now);
}

/** nf_conntrack_proto_tcp.c, nf_conntrack_tcp_set_closing: what a reset is sent for is at its end, whatever its ends heard. */
export function setClosing(host: Host, conn: Conn, now: number): void {
  const closed = STATES[CLOSE];
  if (conn.tcpState !== closed) conn.expiresAt = now + (tcpTimeouts(host)[CLOSE] ?? 0);
  conn.tcpState = closed;
}

/** Let through, whatever it is: the ends may know better. What a client opens anew leaves nothing of what was noted before. */
function ignore(conn: Conn, dir: 'original' | 'reply', index: number, old: number): Tracked {
  conn.lastIndex = index;
  conn.lastDir = dir;
  if (index === SYN && dir === 'original') {
    conn.bothOpen = false;
    conn.challenged = old === LAST_ACK;
  }
  return 'accept';
}

/** An end that answers a SYN it did not expect with where it stands (RFC 5961) acknowledges no FIN by that. */
const isChallenge = (conn: Conn, dir: 'original' | 'reply', index: number): boolean =>
  index === ACK && conn.challenged && conn.lastIndex === SYN && conn.lastDir !== dir;

function enter(host: Host, conn: Conn, index: number, old: number, next: number, now: number): Tracked {
  conn.tcpState = STATES[next];
  if (old !== next && next === FIN_WAIT) conn.closeInit = true;
  let timeout = tcpTimeouts(host)[index === RST ? CLOSE : next] ?? 0;
  if (!conn.seenReply) {
    // A RST as the only answer: there never was a connection, so the entry goes at once.
    if (index === RST) return 'forget';
    // A SYN nobody answers does not keep its connection by being sent again.
    if (index === SYN && old === SYN_SENT) return 'accept';
    if (next === ESTABLISHED) timeout = Math.min(timeout, timeoutsOf(host).nf_conntrack_tcp_timeout_unacknowledged);
  } else if (!conn.assured && (old === SYN_RECV || old === ESTABLISHED) && next === ESTABLISHED) {
    conn.assured = true;
  }
  conn.expiresAt = now + timeout;
  return 'accept';
}
