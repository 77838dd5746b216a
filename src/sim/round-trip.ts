import type { NetnsId } from '../linux/index.ts';
import type { Ip } from '../net/index.ts';
import type { Disposition, DropCause, Evidence, FarEnd, Probe, RoundTrip, Step } from '../trace/index.ts';
import {
  type Dice,
  farEndOf,
  folderOf,
  ownerName,
  ownerOf,
  placeOf,
  showEnd,
  speaksHttp,
  type World,
} from '../world/index.ts';
import { startAt } from './cross.ts';
import {
  type Asker,
  diedAt,
  type Exchange,
  exchange,
  replyDisposition,
  traceOf,
  unknownsOf,
  type Walking,
} from './exchange.ts';
import { fabricSender } from './fabric-sender.ts';
import { openSocket } from './host/index.ts';
import { portRangeOf } from './local-ports.ts';
import { type Packet, packetHeaders } from './packet.ts';
import { probePacket } from './probe-packet.ts';
import { proxied } from './proxied.ts';
import { readPorts } from './rewrite.ts';
import type { SessionState } from './session-state.ts';
import { answeredStep, type Opened, openByService, openingSteps } from './socket-lb/open-by-service.ts';
import type { Translated } from './socket-lb/types.ts';
import { sourceDraw } from './source-draw.ts';
import type { Host } from './types.ts';
import type { WalkEnd } from './walk-packet.ts';

export interface RoundTripInput {
  readonly state: SessionState;
  readonly probe: Probe;
  readonly dice: Dice;
  readonly now: number;
  readonly detail: 'full' | 'verdict-only';
  /** The probe is a later packet of a TCP connection that is already open. */
  readonly resumes?: boolean;
  /** Hears of each step of every packet as it is taken. */
  readonly tell?: (step: Step) => void;
}

/**
 * A request, and whatever comes back because of it, through the state the request left. Where the connection ends at a proxy
 * and something is asked over it, what the proxy does about it is part of the round trip.
 */
export function roundTrip(input: RoundTripInput): RoundTrip {
  const { state, probe, dice, now, detail, tell } = input;
  const from = probe.from as NetnsId; // a probe names a namespace
  const host = state.host(from)?.host;
  const on: Walking = { state, dice, now, detail, tell, assumptions: new Set() };
  if (host === undefined) return fromFabric(on, probe, from);
  const { resumes: later = false } = input;
  const opened = openByService(state, host, probe, { dice, resumes: later, assumptions: on.assumptions });
  if (opened.kind === 'refused' || opened.kind === 'unknown') return notOpened(state.world, host, probe, opened);
  const by = opened.kind === 'translated' ? opened.by : undefined;
  const draw = sourceDraw(dice);
  const made = probePacket(host, opened.kind === 'translated' ? opened.probe : probe, draw.source);
  if (!made.ok) return neverSent(state.world, probe, from, made);
  const bound = probe.src === undefined ? 'unbound' : 'bound';
  openSocket(host, made.packet, bound);
  // Its port is taken towards whom it asked for, too: that is what a next one would ask for.
  const port = sourceOf(made.packet).port;
  if (by !== undefined)
    openSocket(host, probePacket(host, port === null ? probe : { ...probe, sport: port }).packet, bound);
  if (made.cut !== undefined) on.assumptions.add(inSegments(probe, made.cut));
  const forcedInvalid = probe.ctState === 'INVALID';
  // Out of its window is a packet of an open connection, not one that starts it.
  const resumes = later || forcedInvalid;
  const first = packetHeaders(made.packet);
  const opening = [...draw.told(portRangeOf(host), first), ...(by === undefined ? [] : openingSteps(by, first))];
  const asker: Asker = {
    start: (packet) => startAt(from, packet, undefined, forcedInvalid, packet === made.packet ? opening : undefined),
    isHome: ({ netns }) => netns === from,
  };
  const asked = exchange(on, asker, made.packet, resumes);
  const { proxy } = asked.forward;
  const passesOn = proxy !== undefined && !speaksHttp(proxy.listener);
  if (proxy !== undefined && (probe.http !== undefined || passesOn) && asked.disposition === 'delivered')
    return {
      ...proxied(on, {
        first: asked,
        proxy,
        request: passesOn ? undefined : probe.http,
        farEnd: (end) => farEnd(state.world, end),
      }),
      clientSees: clientSees(asked),
    };
  const trip = roundTripOf(on, asked);
  return by === undefined ? trip : seenBySocket(trip, by);
}

/** To the program, who it asked is who answers. */
function seenBySocket(trip: RoundTrip, by: Translated): RoundTrip {
  const { reply, clientSees } = trip;
  const home = reply?.hops.at(-1);
  if (clientSees === null || reply === null || home === undefined) return trip;
  const heard = home.steps.at(-1);
  const steps = heard === undefined ? home.steps : [...home.steps, answeredStep(by, heard.after)];
  return {
    ...trip,
    clientSees: { ip: by.asked.address, port: by.asked.port },
    reply: { ...reply, hops: [...reply.hops.slice(0, -1), { ...home, steps }] },
  };
}

/** The call failed, or what becomes of it is not known: no packet was made. */
function notOpened(
  world: World,
  host: Host,
  probe: Probe,
  opened: Extract<Opened, { kind: 'refused' | 'unknown' }>,
): RoundTrip {
  const { packet } = probePacket(host, probe);
  if (opened.kind === 'unknown')
    return neverSent(world, probe, host.netns.id, { disposition: 'unknown', because: opened.what, packet });
  const { because, evidence } = opened;
  const cause = { kind: 'no-real-server' } as const;
  return neverSent(world, probe, host.netns.id, { disposition: 'refused', cause, because, evidence, packet });
}

/** Of a sender that no namespace stands for. */
function fromFabric(on: Walking, probe: Probe, from: NetnsId): RoundTrip {
  const sender = fabricSender(on.state, probe, sourceDraw(on.dice));
  if (sender === undefined)
    return neverSent(on.state.world, probe, from, { disposition: 'not-sent', because: `${from} does not exist` });
  if (sender.ok) return roundTripOf(on, exchange(on, sender.asker, sender.packet, false));
  return neverSent(on.state.world, probe, from, { ...sender, disposition: 'not-sent' });
}

/** One exchange as a round trip. */
function roundTripOf({ state, assumptions }: Walking, asked: Exchange): RoundTrip {
  const { forward, reply, followUp, lost, disposition } = asked;
  return {
    probability: 1,
    disposition,
    diedAt: diedAt(asked),
    farEnd: farEnd(state.world, forward),
    clientSees: clientSees(asked),
    http: null,
    forward: traceOf(forward, lost ? forward.disposition : disposition),
    reply: reply === undefined ? null : traceOf(reply, replyDisposition(asked, reply)),
    ...(followUp === undefined ? {} : { followUp: traceOf(followUp, followUp.disposition) }),
    assumptions: [...assumptions],
    unknowns: unknownsOf(asked),
  };
}

const inSegments = ({ protocol, size }: Probe, mtu: number): string =>
  `${String(protocol)} never sends more than its route's MTU at once: ${size} bytes go as packets of at most ${mtu}, and one of them is walked`;

/** What the asking socket takes the answer to be from. */
const clientSees = ({ judged, reply }: Exchange): RoundTrip['clientSees'] =>
  judged.leg === undefined && reply !== undefined && reply.packet.l4.kind !== 'icmp-error'
    ? sourceOf(reply.packet)
    : null;

function sourceOf(packet: Packet): { readonly ip: Ip; readonly port: number | null } {
  return { ip: packet.src, port: packet.l4.kind === 'tcp' || packet.l4.kind === 'ports' ? packet.l4.sport : null };
}

function farEnd(world: World, forward: WalkEnd): FarEnd {
  const { packet, where, netns, device, disposition } = forward;
  const ported = packet.l4.kind === 'tcp' || packet.l4.kind === 'ports';
  const source = sourceOf(packet);
  return farEndOf(world, {
    src: source.ip,
    sport: source.port,
    dst: packet.dst,
    dport: ported ? (readPorts(packet)?.dport ?? null) : null,
    ttl: packet.ttl,
    reached: disposition === 'delivered' || disposition === 'answered',
    // A hostNetwork pod answers in its node's namespace: the node is named, with the process that took the packet.
    place: netns === undefined ? device : `${where.kind}/${where.name}`,
    proxyProtocol: forward.proxyProtocol ?? null,
  });
}

interface Unsent {
  readonly disposition: Disposition;
  readonly cause?: DropCause;
  readonly because: string;
  readonly packet?: Packet;
  readonly evidence?: Evidence;
}

/** No packet was made, or none left: the sender's own stack said no. */
export function neverSent(
  world: World,
  probe: Probe,
  from: NetnsId,
  { disposition, cause, because, packet, evidence: proof }: Unsent,
): RoundTrip {
  const where = placeOf(from);
  const headers = packet === undefined ? undefined : packetHeaders(packet);
  const artefact = { file: `${folderOf(from)}/ip-route.json` };
  const evidence = proof ?? { plane: 'sim' as const, artefact, text: 'ip_route_output_flow' };
  const steps: Step[] = [];
  if (headers !== undefined) {
    const about = { evidence, before: headers, after: headers };
    if (disposition === 'unknown') steps.push({ kind: 'unknown', action: because, because: '', ...about });
    else
      steps.push({
        kind: 'drop',
        disposition,
        ...(cause === undefined ? {} : { cause }),
        action: 'not sent',
        because,
        ...about,
      });
  }
  const source = packet?.src ?? probe.dst;
  const { kind, name, sharedBy } = ownerOf(world, source);
  return {
    probability: 1,
    disposition,
    diedAt: { leg: 'forward', hop: 0, step: 0 },
    farEnd: {
      reached: false,
      name: packet === undefined ? probe.dst : ownerName(world, probe.dst),
      address: showEnd(probe.dst, probe.dport ?? null),
      sees: { ip: source, port: null, identity: { kind, name }, sharedBy },
      ttl: 0,
      forwardedFor: [],
      proxyProtocol: null,
    },
    clientSees: null,
    http: null,
    forward: { probability: 1, disposition, hops: [{ where, steps }] },
    reply: null,
    assumptions: [],
    unknowns: disposition === 'unknown' ? [because] : [],
  };
}
