import type { NetnsId } from '../linux/index.ts';
import type { Ip } from '../net/index.ts';
import {
  type Disposition,
  type DropCause,
  type FarEnd,
  fatalStep,
  type Judgement,
  judge,
  type Probe,
  type ReplyEnd,
  type RoundTrip,
  type Step,
  type StepRef,
  type Trace,
} from '../trace/index.ts';
import { type Dice, farEndOf, folderOf, ownerName, ownerOf, placeOf, showEnd, type World } from '../world/index.ts';
import { acceptsAnswer, openSocket } from './host/index.ts';
import { type Packet, packetHeaders, withSegment } from './packet.ts';
import { probePacket } from './probe-packet.ts';
import { readPorts } from './rewrite.ts';
import type { SessionState } from './session-state.ts';
import { type Start, type WalkEnd, walkPacket } from './walk-packet.ts';

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
 * A request, and whatever comes back because of it, through the state the request left. After an accepted TCP answer the
 * third packet is walked too: nat rules and the marks they set are a flow's first packet's only, so what carries the first
 * may lose the rest.
 */
export function roundTrip(input: RoundTripInput): RoundTrip {
  const { state, probe, dice, now, detail, tell } = input;
  const from = probe.from as NetnsId; // a probe names a namespace
  const host = state.host(from)?.host;
  if (host === undefined)
    return neverSent(state.world, probe, from, { disposition: 'not-sent', because: `${from} does not exist` });
  const made = probePacket(host, probe);
  if (!made.ok) return neverSent(state.world, probe, from, made);
  openSocket(host, made.packet, probe.src === undefined ? 'unbound' : 'bound');
  const assumptions = new Set<string>();
  if (made.cut !== undefined) assumptions.add(inSegments(probe, made.cut));
  const walk = { dice, now, assumptions };
  // Out of its window is a packet of an open connection, not one that starts it.
  const resumes = input.resumes === true || probe.ctState === 'INVALID';
  const packet = resumes ? laterPacket(made.packet) : made.packet;
  const start: Start = {
    kind: 'host',
    netns: from,
    packet,
    ...(probe.ctState === 'INVALID' ? { forcedInvalid: true } : {}),
  };
  const forward = walkPacket({ state, start, walk, detail, tell });
  const reply =
    forward.answer === undefined ? undefined : walkPacket({ state, start: forward.answer, walk, detail, tell });
  const judged = judge(forward.disposition, reply === undefined ? undefined : replyEnd(made.packet, from, reply));
  const followUp =
    judged.disposition === 'delivered' && probe.protocol === 'tcp' && !resumes
      ? third(input, from, made.packet, assumptions)
      : undefined;
  const lost = followUp !== undefined && followUp.disposition !== 'delivered';
  const disposition = lost ? followUp.disposition : judged.disposition;
  return {
    probability: 1,
    disposition,
    diedAt: lost ? fatalStep('forward', followUp) : diedAt(judged.leg, forward, reply),
    farEnd: farEnd(state.world, made.packet, forward),
    clientSees:
      judged.leg === undefined && reply !== undefined && reply.packet.l4.kind !== 'icmp-error'
        ? sourceOf(reply.packet)
        : null,
    http: null,
    forward: traceOf(lost ? followUp : forward, disposition),
    reply: lost || reply === undefined ? null : traceOf(reply, replyDisposition(judged, reply)),
    ...(followUp === undefined || lost ? {} : { followUp: traceOf(followUp, followUp.disposition) }),
    assumptions: [...assumptions],
    unknowns: [
      ...(forward.disposition === 'unknown' ? [forward.because] : []),
      ...(reply?.disposition === 'unknown' ? [reply.because] : []),
    ],
  };
}

const inSegments = ({ protocol, size }: Probe, mtu: number): string =>
  `${String(protocol)} never sends more than its route's MTU at once: ${size} bytes go as packets of at most ${mtu}, and one of them is walked`;

const replyEnd = (probe: Packet, from: NetnsId, { disposition, netns, packet }: WalkEnd): ReplyEnd => ({
  disposition,
  home: netns === from,
  accepted: acceptsAnswer(probe, packet) === 'accepted',
});

const replyDisposition = (judged: Judgement, reply: WalkEnd): Disposition =>
  judged.leg === 'reply' ? judged.disposition : reply.disposition;

/** The client's ACK, through the connection tables the first two packets left. */
function third(input: RoundTripInput, from: NetnsId, probe: Packet, assumptions: Set<string>): WalkEnd | undefined {
  if (probe.l4.kind !== 'tcp') return undefined;
  const packet = laterPacket(probe);
  const walk = { dice: input.dice, now: input.now, assumptions };
  const { state, detail, tell } = input;
  return walkPacket({ state, start: { kind: 'host', netns: from, packet }, walk, detail, tell });
}

const laterPacket = (first: Packet): Packet =>
  first.l4.kind === 'tcp' ? withSegment(first, { ...first.l4, flags: ACK }, first.length - 8) : first;

const ACK = ['ACK'] as const;

const traceOf = (end: WalkEnd, disposition: Disposition): Trace => ({ probability: 1, disposition, hops: end.hops });

function diedAt(leg: Judgement['leg'], forward: WalkEnd, reply: WalkEnd | undefined): StepRef | null {
  if (leg === undefined) return null;
  const end = leg === 'forward' ? forward : reply;
  return end === undefined ? null : fatalStep(leg, end);
}

function sourceOf(packet: Packet): { readonly ip: Ip; readonly port: number | null } {
  return { ip: packet.src, port: packet.l4.kind === 'tcp' || packet.l4.kind === 'ports' ? packet.l4.sport : null };
}

function farEnd(world: World, probe: Packet, forward: WalkEnd): FarEnd {
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
    asked: probe.dst,
  });
}

interface Unsent {
  readonly disposition: Disposition;
  readonly cause?: DropCause;
  readonly because: string;
  readonly packet?: Packet;
}

/** No packet was made, or none left: the sender's own stack said no. */
export function neverSent(
  world: World,
  probe: Probe,
  from: NetnsId,
  { disposition, cause, because, packet }: Unsent,
): RoundTrip {
  const where = placeOf(from);
  const headers = packet === undefined ? undefined : packetHeaders(packet);
  const artefact = { file: `${folderOf(from)}/ip-route.json` };
  const evidence = { plane: 'sim' as const, artefact, text: 'ip_route_output_flow' };
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
      name: packet === undefined ? probe.dst : ownerName(world, probe.dst, packet.dst),
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
