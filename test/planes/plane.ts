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
  | { readonly kind: 'delivered' | 'died' | 'unknown' };

/** A packet put on a device, or given to a socket (`local`). */
export interface Placed {
  readonly at: string;
  readonly headers: Headers;
}

/** The same namespace in the model or on the kernel, with the state its packets have left. */
export interface Bench {
  /** Every walk of one packet and of what it caused, in the order they began. `seen`: what another plane saw of it. */
  put(packet: Placed, seen?: readonly Walked[]): readonly Walked[];
  close(): void;
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
  if (put.kind === 'answer') return { at: dev, headers: answerTo(headers, put.flags) };
  if (headers.icmp?.quoted !== undefined) return undefined;
  const { family, src } = headers;
  const icmp = { type: put.type, code: put.code, ...(put.mtu === undefined ? {} : { mtu: put.mtu }), quoted: headers };
  const protocol = family === 4 ? 'icmp' : 'ipv6-icmp';
  const length = family === 4 ? 56 : 96;
  return {
    at: dev,
    headers: { family, src: put.from, dst: src, protocol, icmp, ttl: 64, length, df: false, mark: 0 },
  };
}

/** What became of a put: where it was put, and how its own walk left the namespace. */
export interface Sent {
  readonly placed: Placed;
  readonly left: Extract<End, { kind: 'sent' }> | undefined;
}

export function sentOf(placed: Placed, walks: readonly Walked[]): Sent {
  const end = walks[0]?.end;
  return { placed, left: end?.kind === 'sent' ? end : undefined };
}

const withFlags = (headers: Headers, flags: Headers['tcpFlags']): Headers =>
  headers.tcpFlags === undefined || flags === undefined || flags.length === 0
    ? headers
    : { ...headers, tcpFlags: flags };

function answerTo(headers: Headers, flags: Headers['tcpFlags']): Headers {
  const { src, dst, sport, dport, icmp, protocol, family, length, df } = headers;
  const base = { family, src: dst, dst: src, protocol, ttl: 64, length, df, mark: 0 };
  if (icmp !== undefined) return { ...base, icmp: { ...icmp, type: family === 4 ? icmp.type & ~8 : icmp.type | 1 } };
  const ports = { ...(dport === undefined ? {} : { sport: dport }), ...(sport === undefined ? {} : { dport: sport }) };
  return withFlags({ ...base, ...ports, ...(protocol === 'tcp' ? { tcpFlags: ['SYN', 'ACK'] } : {}) }, flags);
}
