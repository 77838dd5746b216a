import type { TcpFlag } from '../../trace/index.ts';
import { type Conn, hasFlag } from '../packet.ts';
import { settingsOf } from '../settings.ts';
import type { Host } from '../types.ts';
import { type TimeoutName, timeoutOf } from './timeouts.ts';

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

const SYN = 0;
const SYNACK = 1;
const FIN = 2;
const ACK = 3;
const RST = 4;
const NO_FLAGS = 5;

/** Next state by direction, packet and present state; two letters each, in the order of STATES. `iv` invalid, `ig` ignored. */
const NEXT = {
  original: [
    'ss ss ig ig ig ig ig ss ss s2',
    'iv iv sr iv iv iv iv iv iv sr',
    'iv iv fw fw la la la tw cl iv',
    'es iv es es cw cw tw tw cl iv',
    'iv cl cl cl cl cl cl cl cl cl',
    'iv iv iv iv iv iv iv iv iv iv',
  ].map((row) => row.split(' ')),
  reply: [
    'iv s2 iv iv iv iv iv ss iv s2',
    'iv sr ig ig ig ig ig ig ig sr',
    'iv iv fw fw la la la tw cl iv',
    'iv ig sr es cw cw tw tw cl ig',
    'iv cl cl cl cl cl cl cl cl cl',
    'iv iv iv iv iv iv iv iv iv iv',
  ].map((row) => row.split(' ')),
} as const;

const STATE_OF: ReadonlyMap<string, TcpState> = new Map([
  ['ss', 'SYN_SENT'],
  ['sr', 'SYN_RECV'],
  ['es', 'ESTABLISHED'],
  ['fw', 'FIN_WAIT'],
  ['cw', 'CLOSE_WAIT'],
  ['la', 'LAST_ACK'],
  ['tw', 'TIME_WAIT'],
  ['cl', 'CLOSE'],
  ['s2', 'SYN_SENT2'],
]);

const TIMEOUT_OF: Readonly<Record<TcpState, TimeoutName>> = {
  NONE: 'nf_conntrack_tcp_timeout_syn_sent',
  SYN_SENT: 'nf_conntrack_tcp_timeout_syn_sent',
  SYN_RECV: 'nf_conntrack_tcp_timeout_syn_recv',
  ESTABLISHED: 'nf_conntrack_tcp_timeout_established',
  FIN_WAIT: 'nf_conntrack_tcp_timeout_fin_wait',
  CLOSE_WAIT: 'nf_conntrack_tcp_timeout_close_wait',
  LAST_ACK: 'nf_conntrack_tcp_timeout_last_ack',
  TIME_WAIT: 'nf_conntrack_tcp_timeout_time_wait',
  CLOSE: 'nf_conntrack_tcp_timeout_close',
  SYN_SENT2: 'nf_conntrack_tcp_timeout_syn_sent',
};

/** What the tracker says of a packet: `repeat` means the connection was forgotten and the packet must be looked up anew. */
export type Tracked = 'accept' | 'invalid' | 'repeat' | 'forget';

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
  if (next === 'ss') return true;
  return next === 'es' && settingsOf(host).tcpLoose;
}

export function trackTcp(
  host: Host,
  conn: Conn,
  dir: 'original' | 'reply',
  flags: readonly TcpFlag[],
  now: number,
): Tracked {
  const index = indexOf(flags);
  if (!conn.confirmed && conn.tcpState === undefined && !mayStart(host, index)) return 'invalid';
  const old = STATES.indexOf((conn.tcpState ?? 'NONE') as TcpState);
  let next = NEXT[dir][index]?.[Math.max(0, old)] ?? 'iv';
  if (next === 'iv') return 'invalid';
  if (next === 'ss' && old >= STATES.indexOf('TIME_WAIT')) {
    // One side has begun to close, or this very side aborted: the connection is opened anew.
    const closed = conn.closeInit || (conn.lastDir === dir && conn.lastIndex === RST);
    if (closed) return 'repeat';
    next = 'ig';
  }
  if (next === 'ig') {
    // A SYN/ACK that answers a SYN we ignored: the ends know better, follow them.
    const resync = index === SYNACK && conn.lastIndex === SYN && conn.lastDir !== dir;
    conn.lastIndex = index;
    conn.lastDir = dir;
    if (!resync) return 'accept';
    next = 'sr';
  }
  conn.lastIndex = index;
  conn.lastDir = dir;
  return enter(host, conn, index, STATE_OF.get(next) ?? 'CLOSE', now);
}

function enter(host: Host, conn: Conn, index: number, state: TcpState, now: number): Tracked {
  const old = conn.tcpState;
  conn.tcpState = state;
  if (old !== state && state === 'FIN_WAIT') conn.closeInit = true;
  let timeout = timeoutOf(host, index === RST ? TIMEOUT_OF.CLOSE : TIMEOUT_OF[state]);
  if (!conn.seenReply) {
    // A RST as the only answer: there never was a connection, so the entry goes at once.
    if (index === RST) return 'forget';
    const unacknowledged = timeoutOf(host, 'nf_conntrack_tcp_timeout_unacknowledged');
    if (state === 'ESTABLISHED') timeout = Math.min(timeout, unacknowledged);
  } else if (!conn.assured && (old === 'SYN_RECV' || old === 'ESTABLISHED') && state === 'ESTABLISHED') {
    conn.assured = true;
  }
  conn.expiresAt = now + timeout;
  return 'accept';
}
