import { compareIp, type Ip } from '../../../net/index.ts';
import type { PortDraw } from '../../../world/index.ts';
import { invertTuple } from '../../conntrack/index.ts';
import { tellDraw } from '../../draw-port.ts';
import { type Conn, type CtTuple, headersOf } from '../../packet.ts';
import { evidenceOf, stopUnknown } from '../evidence.ts';
import type { Frame, Manip, WantedNat } from '../types.ts';
import { pickAddress } from './pick-address.ts';

/** Ports tried before a new start is drawn, and the fewest worth trying (nf_nat_core.c, NF_NAT_MAX_ATTEMPTS). */
const MAX_ATTEMPTS = 128;
const MIN_ATTEMPTS = 16;
/** NF_NAT_HARDER_THRESH. */
const LAST_ATTEMPTS = MAX_ATTEMPTS / 4;

/** Nobody knows: no packet of a walk has sequence numbers. */
export const GIVES_WAY =
  "its port is a closed connection's, which gives way if the new one has the later sequence number";

/**
 * The tuple a connection gets (net/netfilter/nf_nat_core.c, get_unique_tuple): the wanted address, and a port such that
 * the answer's tuple belongs to nobody else. `current` is the original direction as translated so far.
 */
export function uniqueTuple(frame: Frame, conn: Conn, current: CtTuple, manip: Manip, wanted: WantedNat): CtTuple {
  if (manip === 'src' && !wanted.random) {
    if (inRange(current, wanted)) {
      if (!isTaken(frame, conn, current)) return current;
    } else {
      const reused = reuseMapping(frame, current, wanted);
      if (reused !== undefined && !isTaken(frame, conn, reused)) return reused;
    }
  }
  const tuple = withAddressOf(current, manip, pickAddress(current, manip, wanted));
  if (!wanted.random) {
    const { ports } = wanted;
    if (ports === undefined) {
      if (!isTaken(frame, conn, tuple)) return tuple;
    } else if (
      wanted.basePort === undefined &&
      portInRange(tuple, manip, ports) &&
      (ports.from === ports.to || !isTaken(frame, conn, tuple))
    ) {
      return tuple;
    }
  }
  return withFreePort(frame, conn, tuple, manip, wanted);
}

function isTaken({ host, walk }: Frame, conn: Conn, tuple: CtTuple): boolean {
  const reply = invertTuple(tuple);
  const found = reply === undefined ? undefined : host.conntrack.find(reply, walk.now);
  return found !== undefined && found.conn !== conn;
}

/**
 * Whether the one that has the tuple is ended for a new connection if its sequence numbers are behind, which nothing here knows
 * (nf_nat_core.c, nf_nat_used_tuple_harder and nf_nat_may_kill).
 */
function mayGiveWay({ host, walk }: Frame, conn: Conn, tuple: CtTuple): boolean {
  if (tuple.protocol !== 'tcp' || conn.tcpState !== 'SYN_SENT') return false;
  const reply = invertTuple(tuple);
  const found = reply === undefined ? undefined : host.conntrack.find(reply, walk.now);
  if (found === undefined || found.dir !== 'reply' || !found.conn.srcNat) return false;
  return CLOSED.has(found.conn.tcpState ?? '');
}

/** From TIME_WAIT on (enum tcp_conntrack). */
const CLOSED: ReadonlySet<string> = new Set(['TIME_WAIT', 'CLOSE', 'SYN_SENT2']);

/** nf_in_range: judged on the source, which is the only side it is asked about. */
function inRange(tuple: CtTuple, { from, to, ports }: WantedNat): boolean {
  if (from !== undefined && tuple.src !== from) {
    if (to === undefined || to === from) return false;
    if (compareIp(tuple.src, from) < 0 || compareIp(tuple.src, to) > 0) return false;
  }
  return ports === undefined || portInRange(tuple, 'src', ports);
}

const portInRange = (tuple: CtTuple, manip: Manip, { from, to }: { from: number; to: number }): boolean => {
  if (!hasKey(tuple)) return true;
  const port = portOf(tuple, manip);
  return port >= from && port <= to;
};

const portOf = ({ sport, dport }: CtTuple, manip: Manip): number => (manip === 'src' ? sport : dport);

const hasKey = ({ protocol, icmp }: CtTuple): boolean =>
  icmp !== undefined || protocol === 'tcp' || protocol === 'udp' || protocol === 'udplite' || protocol === 'sctp';

/** find_appropriate_src: one source keeps one mapping, whomever it talks to. */
function reuseMapping({ host, walk }: Frame, current: CtTuple, wanted: WantedNat): CtTuple | undefined {
  for (const other of host.conntrack.fromSameSource(current, walk.now)) {
    const { dst, dport } = other.reply;
    const mapped = withPortOf(withAddressOf(current, 'src', dst), 'src', dport);
    if (inRange(mapped, wanted)) return mapped;
  }
  return undefined;
}

/** nf_nat_l4proto_unique_tuple. Where every port is taken the last one tried is kept: confirming it drops the packet. */
function withFreePort(frame: Frame, conn: Conn, tuple: CtTuple, manip: Manip, wanted: WantedNat): CtTuple {
  if (!hasKey(tuple)) return tuple;
  const range = portRange(tuple, manip, wanted);
  if (range === undefined) return tuple;
  const { from, to } = range;
  const size = to - from + 1;
  let attempts = Math.min(size, MAX_ATTEMPTS);
  let offset = firstOffset(frame, tuple, manip, wanted, range);
  for (;;) {
    for (let i = 0; i < attempts; i++) {
      // The kernel counts in 16 bits.
      const candidate = withPortOf(tuple, manip, from + (((offset + i) & 0xffff) % size));
      if (!isTaken(frame, conn, candidate)) return candidate;
      if (attempts - i <= LAST_ATTEMPTS && mayGiveWay(frame, conn, candidate)) {
        stopUnknown(frame, GIVES_WAY);
        return candidate;
      }
      if (attempts === size && i === attempts - 1) return candidate;
    }
    if (attempts >= size || attempts < MIN_ATTEMPTS) return withPortOf(tuple, manip, from + (offset % size));
    attempts = Math.floor(attempts / 2);
    offset = frame.walk.dice.port(from, to, toldBy(frame, manip)) - from;
  }
}

/** A shifted range starts at the port's own distance from the base, whatever else is asked; else chance decides, or nothing. */
function firstOffset(
  frame: Frame,
  tuple: CtTuple,
  manip: Manip,
  wanted: WantedNat,
  { from, to }: { from: number; to: number },
): number {
  if (wanted.basePort !== undefined) return (portOf(tuple, manip) - wanted.basePort) & 0xffff;
  return wanted.random || manip === 'src' ? drawPort(frame, from, to, manip, wanted) - from : 0;
}

/** The convention of "privileged" ports; a destination port moves only where the rule says so. */
function portRange(tuple: CtTuple, manip: Manip, { ports }: WantedNat): { from: number; to: number } | undefined {
  if (ports !== undefined) return ports.from <= ports.to ? ports : { from: ports.to, to: ports.from };
  if (tuple.icmp !== undefined) return { from: 0, to: 65_535 };
  if (manip === 'dst') return undefined;
  if (tuple.sport < 512) return { from: 1, to: 511 };
  if (tuple.sport < 1024) return { from: 600, to: 1023 };
  return { from: 1024, to: 65_535 };
}

function drawPort(frame: Frame, from: number, to: number, manip: Manip, wanted: WantedNat): number {
  if (from === to) return from;
  const side = SIDE[manip];
  const why = wanted.random ? wanted.flag : 'the one it had is taken';
  const { walk } = frame;
  walk.assumptions.add(`${side} port is random (${why})`);
  return walk.dice.port(from, to, toldBy(frame, manip));
}

const toldBy = (frame: Frame, manip: Manip): PortDraw =>
  tellDraw(frame.walk.record, `${SIDE[manip]} port`, () => ({
    evidence: evidenceOf(frame),
    headers: headersOf(frame.skb),
  }));

const SIDE = { src: 'source', dst: 'destination' } as const;

export const withAddressOf = (
  { protocol, src, dst, sport, dport, icmp }: CtTuple,
  manip: Manip,
  address: Ip,
): CtTuple =>
  manip === 'src'
    ? { protocol, src: address, dst, sport, dport, icmp }
    : { protocol, src, dst: address, sport, dport, icmp };

/** An ICMP query has one id for both directions. */
function withPortOf(tuple: CtTuple, manip: Manip, port: number): CtTuple {
  const { protocol, src, dst, icmp } = tuple;
  const both = icmp !== undefined;
  const sport = both || manip === 'src' ? port : tuple.sport;
  const dport = both || manip === 'dst' ? port : tuple.dport;
  return { protocol, src, dst, sport, dport, icmp };
}
