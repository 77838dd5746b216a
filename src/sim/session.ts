import type { ConntrackEntry, NetnsId } from '../linux/index.ts';
import type { Probe, RoundTrip } from '../trace/index.ts';
import type { Dice, World } from '../world/index.ts';
import { startAt } from './cross.ts';
import { firstDice } from './dice.ts';
import { type Destination, occupyPorts } from './fabric/occupy-ports.ts';
import { localPorts } from './local-ports.ts';
import type { Conn, CtTuple, Packet } from './packet.ts';
import { bindPort, probePacket } from './probe-packet.ts';
import { neverSent, roundTrip } from './round-trip.ts';
import { createSessionState } from './session-state.ts';
import { openByService } from './socket-lb/open-by-service.ts';
import { sourceDraw } from './source-draw.ts';
import { walkPacket } from './walk-packet.ts';

/** A socket that may send, or the round trip of one the kernel gives no port. */
export type Bound =
  | { readonly kind: 'bound'; readonly probe: Probe }
  | { readonly kind: 'refused'; readonly trip: RoundTrip };

/** Several walks on one clock and one state: what one leaves in the connection tables, the next one meets. */
export interface Session {
  readonly now: number;
  send(probe: Probe, dice?: Dice, detail?: 'full' | 'verdict-only'): RoundTrip;
  /**
   * The probe as a new socket would send it: with a source port no open one uses towards that end, unless it names its own.
   * `dice`, those it will be sent with, hear what it was drawn from: who decides by it can tell its share.
   */
  bind(probe: Probe, dice?: Dice): Bound;
  /** A whole exchange: connect, one request, close by the client. Leaves what curl leaves. */
  converse(probe: Probe, dice?: Dice): RoundTrip;
  /** One more packet of a TCP connection a probe opened: no nat rule is read, and idle timers may have run out. */
  resume(probe: Probe, dice?: Dice): RoundTrip;
  /** Other flows to a destination hold ports of what stands on the way to it. */
  occupy(destination: Destination, count: number): void;
  /** Seconds pass. */
  advance(seconds: number): void;
  conntrack(netns: NetnsId): readonly ConntrackEntry[];
}

/** Flags of the client's and the server's packets after the handshake, in order: request, close, last ACK. */
const EXCHANGE = [
  { client: ['ACK', 'PSH'], server: ['ACK', 'PSH'] },
  { client: ['FIN', 'ACK'], server: ['FIN', 'ACK'] },
  { client: ['ACK'], server: undefined },
] as const;

export function openSession(world: World): Session {
  const state = createSessionState(world);
  let now = 0;
  const session: Session = {
    get now() {
      return now;
    },
    send: (probe, dice = firstDice(), detail = 'full') => roundTrip({ state, probe, dice, now, detail }),
    bind(probe, dice) {
      const visited = state.host(probe.from as NetnsId); // a probe names a namespace
      const bound = visited === undefined ? probe : bindPort(visited.host, probe);
      if (!('ok' in bound)) {
        if (visited !== undefined && dice !== undefined && bound.sport !== undefined && probe.sport === undefined)
          sourceDraw(dice).source(localPorts(visited.host), bound.sport);
        return { kind: 'bound', probe: bound };
      }
      return { kind: 'refused', trip: neverSent(world, probe, probe.from as NetnsId, bound) };
    },
    converse(probe, dice = firstDice()) {
      const trip = session.send(probe, dice);
      const netns = probe.from as NetnsId; // a probe names a namespace
      const host = state.host(netns)?.host;
      if (trip.disposition !== 'delivered' || probe.protocol !== 'tcp' || host === undefined) return trip;
      const asked = openByService(state, host, probe, { dice, resumes: true, assumptions: new Set() });
      const made = probePacket(host, asked.kind === 'translated' ? asked.probe : probe);
      if (made.ok && made.packet.l4.kind === 'tcp') exchange(netns, made.packet, dice);
      return trip;
    },
    resume: (probe, dice = firstDice()) => roundTrip({ state, probe, dice, now, detail: 'full', resumes: true }),
    occupy: (destination, count) => occupyPorts(state, destination, count),
    advance(seconds) {
      now += seconds;
    },
    conntrack: (netns) => (state.host(netns)?.host.conntrack.entries(now) ?? []).map((conn) => entryOf(conn, now)),
  };
  return session;

  function exchange(netns: NetnsId, first: Packet, dice: Dice): void {
    const { l4 } = first;
    if (l4.kind !== 'tcp') return;
    const walk = { dice, now, assumptions: new Set<string>() };
    for (const turn of EXCHANGE) {
      const sent: Packet = { ...first, l4: { ...l4, flags: turn.client } };
      const arrived = walkPacket({ state, start: startAt(netns, sent), walk, detail: 'verdict-only' });
      const { packet } = arrived;
      if (turn.server === undefined || arrived.netns === undefined || packet.l4.kind !== 'tcp') continue;
      const back: Packet = {
        ...packet,
        src: packet.dst,
        dst: packet.src,
        ttl: first.ttl,
        l4: { kind: 'tcp', sport: packet.l4.dport, dport: packet.l4.sport, flags: turn.server },
      };
      walkPacket({ state, start: startAt(arrived.netns, back), walk, detail: 'verdict-only' });
    }
  }
}

function entryOf(conn: Conn, now: number): ConntrackEntry {
  return {
    original: tupleOf(conn.original),
    reply: tupleOf(conn.reply),
    mark: conn.mark,
    ...(conn.tcpState === undefined ? {} : { state: conn.tcpState }),
    timeout: Math.max(0, Math.round(conn.expiresAt - now)),
    unreplied: !conn.seenReply,
    assured: conn.assured,
    srcNat: conn.srcNat,
    dstNat: conn.dstNat,
    ...(conn.zone === 0 ? {} : { zone: conn.zone }),
  };
}

const tupleOf = (tuple: CtTuple): ConntrackEntry['original'] => ({
  protocol: tuple.protocol,
  src: tuple.src,
  dst: tuple.dst,
  sport: tuple.sport,
  dport: tuple.dport,
  ...(tuple.icmp === undefined ? {} : { icmp: { ...tuple.icmp, id: tuple.sport } }),
});
