import type { Headers, Trace } from '../../src/trace/index.ts';
import type { Put } from './case.ts';
import type { RouterText } from './router.ts';

/** One packet's walk through the namespace of a case: the probe's, or that of a packet made because of it. */
export interface Walked {
  readonly trace: Trace;
  readonly end: End;
}

export type End =
  | { readonly kind: 'sent'; readonly dev: string; readonly headers: Headers }
  | { readonly kind: 'delivered' | 'died' }
  | { readonly kind: 'unknown'; readonly what: string };

/** A packet put on a device, or given to a socket (`local`). */
export interface Placed {
  readonly at: string;
  readonly headers: Headers;
}

/** The same namespace in the model or on the kernel, with the state its packets have left. */
export interface Bench {
  /** Every walk of one packet and of what it caused, in the order they began. `seen`: what another plane saw of it. */
  put(packet: Placed, seen?: readonly Walked[]): readonly Walked[];
  /**
   * A packet moved that no put caused: a socket's second try, where a second went by. Rules have counted it, connections have
   * seen it, so what comes next is another case's.
   */
  readonly disturbed: boolean;
  close(): void;
}

/** The kernel told more than was read in time: what was seen of a packet proves nothing, put it again. */
export class LostEvents extends Error {
  constructor() {
    super('The kernel lost events: what was seen proves nothing');
  }
}

/** The model itself threw: whatever else goes wrong in a comparison is no fault of it. */
export class ModelError extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

export interface Plane {
  readonly name: 'sim' | 'kernel';
  open(router: RouterText): Bench;
}

/** What a put is, given what earlier ones became on this plane; undefined where it refers to a packet that never left. */
export function place(put: Put, earlier: readonly (Sent | undefined)[]): Placed | undefined {
  if (put.kind === 'packet') return put;
  const sent = earlier[put.of - 1];
  if (sent === undefined) return undefined;
  if (put.kind === 'again') return { at: sent.placed.at, headers: withFlags(sent.placed.headers, put.flags) };
  if (sent.left === undefined) return undefined;
  const { dev, headers } = sent.left;
  // Nobody answers an error, or complains about one.
  if (headers.icmp?.quoted !== undefined) return undefined;
  if (put.kind === 'answer') return { at: dev, headers: answerTo(headers, put.flags) };
  const { family, src } = headers;
  const icmp = { type: put.type, code: put.code, ...(put.mtu === undefined ? {} : { mtu: put.mtu }), quoted: headers };
  const protocol = family === 4 ? 'icmp' : 'ipv6-icmp';
  const quotedHead = headers.protocol === 'tcp' ? 20 : 8;
  const length = (family === 4 ? 28 + 20 : 48 + 40) + quotedHead;
  return {
    at: dev,
    headers: { family, src: put.from, dst: src, protocol, icmp, ttl: 64, length, df: false, mark: 0 },
  };
}

/** What became of a put: where it was put, and how its own walk left the namespace. */
export interface Sent {
  readonly placed: Placed;
  readonly left: Extract<End, { kind: 'sent' }> | undefined;
  readonly delivered: boolean;
  /** An answer of this host to it got out, or to itself. */
  readonly answered: boolean;
}

export function sentOf(placed: Placed, walks: readonly Walked[]): Sent {
  const [end, answer] = walks.map((walk) => walk.end);
  return {
    placed,
    left: end?.kind === 'sent' ? end : undefined,
    delivered: end?.kind === 'delivered',
    answered: answer?.kind === 'sent' || answer?.kind === 'delivered',
  };
}

const withFlags = (headers: Headers, flags: Headers['tcpFlags']): Headers =>
  headers.tcpFlags === undefined || flags === undefined || flags.length === 0
    ? headers
    : { ...headers, tcpFlags: flags };

/** Queries and their answers: echo, timestamp, echo of IPv6. */
const ANSWERS: Readonly<Record<number, number>> = { 8: 0, 13: 14, 128: 129 };

function answerTo(headers: Headers, flags: Headers['tcpFlags']): Headers {
  const { src, dst, sport, dport, icmp, protocol, family, length, df } = headers;
  const base = { family, src: dst, dst: src, protocol, ttl: 64, length, df, mark: 0 };
  if (icmp !== undefined) return { ...base, icmp: { ...icmp, type: ANSWERS[icmp.type] ?? icmp.type } };
  const ports = { ...(dport === undefined ? {} : { sport: dport }), ...(sport === undefined ? {} : { dport: sport }) };
  return withFlags({ ...base, ...ports, ...(protocol === 'tcp' ? { tcpFlags: ['SYN', 'ACK'] } : {}) }, flags);
}
