import { oracleDice } from '../../src/lab/observe/index.ts';
import type { Netns } from '../../src/linux/index.ts';
import { createHost, openSocket, receive, send } from '../../src/sim/host/index.ts';
import { firstDice } from '../../src/sim/index.ts';
import type { L4, Packet, Skb } from '../../src/sim/packet.ts';
import { packetHeaders } from '../../src/sim/packet.ts';
import { probePacket } from '../../src/sim/probe-packet.ts';
import type { Host, Outcome, Ties, Walk } from '../../src/sim/types.ts';
import type { Disposition, Headers, Place, Step } from '../../src/trace/index.ts';
import type { Dice } from '../../src/world/index.ts';
import type { Bench, End, Placed, Plane, Walked } from './plane.ts';
import { routerOf } from './router.ts';

/** The model's own answers beget no more answers than this: an error about an answer is the last. */
const MAX_WALKS = 8;

export const simPlane: Plane = { name: 'sim', open: (router) => openSim(routerOf(router)) };

const PLACE: Place = { kind: 'node', name: 'r' };

export function openSim(netns: Netns): Bench {
  const host = createHost(netns, 'nodes/r');
  const limit = new Limits();
  return {
    put: (placed, seen) => walksOf(host, placed, seen, limit),
    disturbed: false,
    close() {},
  };
}

/**
 * What the kernel says only so often: errors for want of a route five times to one source, then one a second (net/ipv4/route.c
 * ip_error); to SYNs on one connection the same answer once in half a second (tcp_input.c tcp_oow_rate_limited). The model
 * always says it; where the kernel was seen to be past its number and silent, the model's is left out, so that both go on from
 * the same state.
 */
class Limits {
  readonly #due = new Map<string, number>();

  silences(outcome: Outcome, source: string, seen: readonly Walked[] | undefined): boolean {
    const [about, times] = limited(outcome, source);
    if (about === undefined) return false;
    const due = (this.#due.get(about) ?? 0) + 1;
    this.#due.set(about, due);
    return due > times && seen?.length === 1;
  }
}

function limited(outcome: Outcome, source: string): readonly [about: string | undefined, times: number] {
  if (outcome.kind === 'died' && /^no route to|^an? (?:unreachable|prohibit) /.test(outcome.because))
    return [source, 5];
  if (outcome.kind !== 'delivered' || outcome.answer?.l4.kind !== 'tcp') return [undefined, 0];
  const { src, dst, l4 } = outcome.answer;
  const repeats = outcome.socket === 'the connection';
  return [repeats ? `${src} ${l4.sport} ${dst} ${l4.dport} ${l4.flags.join()}` : undefined, 1];
}

interface Due {
  readonly packet: Packet;
  readonly ties: Ties | undefined;
}

function walksOf(host: Host, placed: Placed, seen: readonly Walked[] | undefined, limit: Limits): Walked[] {
  const walks: Walked[] = [];
  let due: Due | undefined;
  for (let i = 0; i < MAX_WALKS; i++) {
    const steps: Step[] = [];
    const told = seen?.[i];
    const dice: Dice =
      told === undefined
        ? firstDice()
        : oracleDice(
            told.trace.hops.flatMap((hop) => hop.steps),
            steps,
          );
    const walk: Walk = { dice, now: 0, record: (step) => void steps.push(step), assumptions: new Set() };
    const outcome = due === undefined ? begin(host, placed, walk) : send(host, due.packet, walk, due.ties);
    walks.push(walkedOf(outcome, steps));
    if (i === 0 && placed.at !== 'local' && limit.silences(outcome, placed.headers.src, seen)) break;
    due = nextOf(outcome, placed);
    if (due === undefined) break;
  }
  return walks;
}

function begin(host: Host, { at, headers }: Placed, walk: Walk): Outcome {
  const packet = packetOf(headers);
  if (at !== 'local') return receive(host, arriving(packet, at), walk);
  const { src, dst, protocol, sport, dport, ttl, length, df, icmp } = headers;
  const unbound = src === '0.0.0.0' || src === '::';
  const made = probePacket(host, {
    from: 'node/r',
    ...(unbound ? {} : { src }),
    dst,
    protocol,
    ttl,
    // Of a segment the kernel decides.
    ...(protocol === 'tcp' ? {} : { size: length }),
    df,
    ...(icmp?.id === undefined ? (sport === undefined ? {} : { sport }) : { sport: icmp.id }),
    ...(dport === undefined ? {} : { dport }),
  });
  if (made.ok) {
    openSocket(host, made.packet, unbound ? 'unbound' : 'bound');
    return send(host, made.packet, walk);
  }
  return { kind: 'died', packet: made.packet, disposition: made.disposition, because: made.because, error: undefined };
}

/** What this host sends because of it. UDP is answered by programs, and there is none. */
function nextOf(outcome: Outcome, placed: Placed): Due | undefined {
  if (outcome.kind === 'delivered') {
    const { answer = handshake(outcome.skb, placed.at === 'local' ? placed.headers.ttl : undefined) } = outcome;
    return answer === undefined || answer.l4.kind === 'ports' ? undefined : { packet: answer, ties: outcome.ties };
  }
  if (outcome.kind !== 'died' || outcome.error === undefined) return undefined;
  if ('what' in outcome.error) throw new Error(outcome.error.what);
  return { packet: outcome.error, ties: outcome.ties };
}

/**
 * The third packet: a client's socket acknowledges what opened its connection (tcp_rcv_synsent_state_process). With itself
 * this host agrees on timestamps; an answer put on a wire agrees to no option.
 */
function handshake({ packet, iif }: Skb, ttl = 64): Packet | undefined {
  const { l4 } = packet;
  if (l4.kind !== 'tcp' || !l4.flags.includes('SYN') || !l4.flags.includes('ACK')) return undefined;
  return {
    ...packet,
    src: packet.dst,
    dst: packet.src,
    ttl,
    length: (packet.family === 4 ? 40 : 60) + (iif === 'lo' ? 12 : 0),
    l4: { kind: 'tcp', sport: l4.dport, dport: l4.sport, flags: ['ACK'] },
  };
}

function walkedOf(outcome: Outcome, steps: readonly Step[]): Walked {
  const end = endOf(outcome);
  const disposition: Disposition =
    outcome.kind === 'died' ? outcome.disposition : outcome.kind === 'unknown' ? 'unknown' : 'delivered';
  return { trace: { probability: 1, disposition, hops: [{ where: PLACE, steps }] }, end };
}

function endOf(outcome: Outcome): End {
  if (outcome.kind === 'unknown') return { kind: 'unknown', what: outcome.what };
  if (outcome.kind !== 'transmit') return { kind: outcome.kind };
  return { kind: 'sent', dev: outcome.dev.name, headers: packetHeaders(outcome.skb.packet) };
}

const arriving = (packet: Packet, iif: string): Skb => ({
  packet,
  mark: 0,
  iif,
  oif: undefined,
  ct: { kind: 'none' },
  forcedInvalid: false,
  pkttype: 'unicast',
});

export function packetOf(headers: Headers): Packet {
  const { family, src, dst, protocol, ttl, length, df } = headers;
  return { family, src, dst, protocol, ttl, tos: 0, length, df, l4: l4Of(headers) };
}

function l4Of({ protocol, sport, dport, tcpFlags, icmp }: Headers): L4 {
  if (protocol === 'tcp') return { kind: 'tcp', sport: sport ?? 0, dport: dport ?? 0, flags: tcpFlags ?? [] };
  if (icmp?.quoted !== undefined) {
    const { type, code, mtu, quoted } = icmp;
    return { kind: 'icmp-error', type, code, ...(mtu === undefined ? {} : { mtu }), quoted: packetOf(quoted) };
  }
  if (icmp !== undefined) return { kind: 'icmp-query', type: icmp.type, code: icmp.code, id: icmp.id ?? 0, seq: 1 };
  if (sport !== undefined && dport !== undefined) return { kind: 'ports', sport, dport };
  return { kind: 'other' };
}
