import type { NetnsId } from '../linux/index.ts';
import type { Ip } from '../net/index.ts';
import {
  type Disposition,
  type FarEnd,
  isSuccess,
  type Probe,
  type RoundTrip,
  type Step,
  type StepRef,
  type Trace,
} from '../trace/index.ts';
import { type Dice, folderOf, ownerOf, type World } from '../world/index.ts';
import { acceptsAnswer, openSocket } from './host/index.ts';
import { type Packet, packetHeaders } from './packet.ts';
import { placeOf } from './place.ts';
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
}

/**
 * A request, and whatever comes back because of it, through the state the request left. After an accepted TCP answer the
 * third packet is walked too: nat rules and the marks they set are a flow's first packet's only, so what carries the first
 * may lose the rest.
 */
export function roundTrip(input: RoundTripInput): RoundTrip {
  const { state, probe, dice, now, detail } = input;
  const from = probe.from as NetnsId; // a probe names a namespace
  const host = state.host(from)?.host;
  if (host === undefined) return neverSent(state.world, probe, from, 'not-sent', `${from} does not exist`, undefined);
  const made = probePacket(host, probe);
  if (!made.ok) return neverSent(state.world, probe, from, made.disposition, made.because, made.packet);
  openSocket(host, made.packet);
  const assumptions = new Set<string>();
  const walk = { dice, now, assumptions };
  const packet = input.resumes === true ? laterPacket(made.packet) : made.packet;
  const start: Start = {
    kind: 'host',
    netns: from,
    packet,
    ...(probe.ctState === 'INVALID' ? { forcedInvalid: true } : {}),
  };
  const forward = walkPacket({ state, start, walk, detail });
  const reply = forward.answer === undefined ? undefined : walkPacket({ state, start: forward.answer, walk, detail });
  const judged = judge(made.packet, from, forward, reply);
  const followUp =
    judged.disposition === 'delivered' && probe.protocol === 'tcp' && input.resumes !== true
      ? third(input, from, made.packet, assumptions)
      : undefined;
  const lost = followUp !== undefined && followUp.disposition !== 'delivered';
  const disposition = lost ? followUp.disposition : judged.disposition;
  return {
    probability: 1,
    disposition,
    diedAt: lost ? lastStep('forward', followUp) : diedAt(judged.leg, forward, reply),
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

interface Judgement {
  readonly disposition: Disposition;
  /** The leg something died on. */
  readonly leg: 'forward' | 'reply' | undefined;
}

/** The design's rule: a bad forward decides; else the reply must reach the asking socket, and that socket must take it. */
function judge(probe: Packet, from: NetnsId, forward: WalkEnd, reply: WalkEnd | undefined): Judgement {
  if (!isSuccess(forward.disposition)) return { disposition: forward.disposition, leg: 'forward' };
  if (reply === undefined) return { disposition: forward.disposition, leg: undefined };
  if (reply.disposition === 'unknown') return { disposition: 'unknown', leg: 'reply' };
  const home = reply.netns === from;
  if (!home && isSuccess(reply.disposition)) return { disposition: 'reply-not-accepted', leg: 'reply' };
  if (!home)
    return { disposition: reply.disposition === 'refused' ? 'reply-not-accepted' : 'reply-lost', leg: 'reply' };
  const taken = acceptsAnswer(probe, reply.packet);
  if (taken === 'accepted' && reply.disposition === 'delivered') return { disposition: 'delivered', leg: undefined };
  if (taken === 'accepted') return { disposition: 'reply-lost', leg: 'reply' };
  return { disposition: reply.disposition === 'dropped' ? 'reply-lost' : 'reply-not-accepted', leg: 'reply' };
}

const replyDisposition = (judged: Judgement, reply: WalkEnd): Disposition =>
  judged.leg === 'reply' ? judged.disposition : reply.disposition;

/** The client's ACK, through the connection tables the first two packets left. */
function third(input: RoundTripInput, from: NetnsId, probe: Packet, assumptions: Set<string>): WalkEnd | undefined {
  if (probe.l4.kind !== 'tcp') return undefined;
  const packet = laterPacket(probe);
  const walk = { dice: input.dice, now: input.now, assumptions };
  return walkPacket({ state: input.state, start: { kind: 'host', netns: from, packet }, walk, detail: input.detail });
}

const laterPacket = (first: Packet): Packet =>
  first.l4.kind === 'tcp' ? { ...first, length: first.length - 8, l4: { ...first.l4, flags: ['ACK'] } } : first;

const traceOf = (end: WalkEnd, disposition: Disposition): Trace => ({ probability: 1, disposition, hops: end.hops });

function diedAt(leg: Judgement['leg'], forward: WalkEnd, reply: WalkEnd | undefined): StepRef | null {
  if (leg === undefined) return null;
  const end = leg === 'forward' ? forward : reply;
  return end === undefined ? null : lastStep(leg, end);
}

/** The step that killed it: the last drop, reject or unknown; else the last step there is. */
function lastStep(leg: StepRef['leg'], end: WalkEnd): StepRef {
  for (let hop = end.hops.length - 1; hop >= 0; hop--) {
    const steps = end.hops[hop]?.steps ?? [];
    const fatal = steps.findLastIndex(
      (step) =>
        step.kind === 'drop' ||
        step.kind === 'unknown' ||
        (step.kind === 'policy' && step.verdict === 'drop') ||
        (step.kind === 'rule' && (step.verdict === 'drop' || step.verdict === 'reject')),
    );
    if (fatal >= 0) return { leg, hop, step: fatal };
  }
  const hop = Math.max(0, end.hops.length - 1);
  return { leg, hop, step: Math.max(0, (end.hops[hop]?.steps.length ?? 1) - 1) };
}

const show = (ip: Ip, port: number | null): string =>
  port === null ? ip : ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;

function sourceOf(packet: Packet): { readonly ip: Ip; readonly port: number | null } {
  return { ip: packet.src, port: packet.l4.kind === 'tcp' || packet.l4.kind === 'ports' ? packet.l4.sport : null };
}

function farEnd(world: World, probe: Packet, forward: WalkEnd): FarEnd {
  const { packet } = forward;
  const reached = forward.disposition === 'delivered' || forward.disposition === 'answered';
  const ported = packet.l4.kind === 'tcp' || packet.l4.kind === 'ports';
  const port = ported ? (readPorts(packet)?.dport ?? null) : null;
  const source = sourceOf(packet);
  const owner = ownerOf(world, source.ip);
  const { kind, name } = owner;
  return {
    reached,
    name: reached ? endName(world, forward, packet) : ownerName(world, packet.dst, probe),
    address: show(packet.dst, port),
    sees: { ip: source.ip, port: source.port, identity: { kind, name }, sharedBy: owner.sharedBy },
    ttl: packet.ttl,
    forwardedFor: [],
    proxyProtocol: null,
  };
}

/** A hostNetwork pod answers in its node's namespace: the node is named, with the process that took the packet. */
const endName = (world: World, forward: WalkEnd, packet: Packet): string =>
  forward.netns === undefined
    ? (forward.device ?? ownerName(world, packet.dst, packet))
    : `${forward.where.kind}/${forward.where.name}`;

function ownerName(world: World, address: Ip, probe: Packet): string {
  const owner = ownerOf(world, address);
  if (owner.kind === 'pod') return owner.name;
  if (owner.kind === 'unowned') return serviceName(world, address) ?? `nobody (${address})`;
  if (owner.kind === 'internet-client') return serviceName(world, address) ?? `internet/${probe.dst}`;
  if (owner.kind !== 'server') return `${owner.kind}/${owner.name}`;
  const host = world.directory.hosts.find((each) => each.addresses.includes(address));
  return `${host?.kind === 'internet' ? 'internet' : 'host'}/${owner.name}`;
}

function serviceName(world: World, address: Ip): string | undefined {
  const service = world.directory.services.find((each) => each.clusterIPs.includes(address));
  return service === undefined ? undefined : `svc/${service.namespace}/${service.name}`;
}

/** No packet was made, or none left: the sender's own stack said no. */
function neverSent(
  world: World,
  probe: Probe,
  from: NetnsId,
  disposition: Disposition,
  because: string,
  packet: Packet | undefined,
): RoundTrip {
  const where = placeOf(from);
  const headers = packet === undefined ? undefined : packetHeaders(packet);
  const artefact = { file: `${folderOf(from)}/ip-route.json` };
  const evidence = { plane: 'sim' as const, artefact, text: 'ip_route_output_flow' };
  const steps: Step[] = [];
  if (headers !== undefined) {
    const about = { evidence, before: headers, after: headers };
    if (disposition === 'unknown') steps.push({ kind: 'unknown', action: because, because: '', ...about });
    else steps.push({ kind: 'drop', disposition, action: 'not sent', because, ...about });
  }
  const source = packet?.src ?? probe.dst;
  const { kind, name, sharedBy } = ownerOf(world, source);
  return {
    probability: 1,
    disposition,
    diedAt: { leg: 'forward', hop: 0, step: 0 },
    farEnd: {
      reached: false,
      name: packet === undefined ? probe.dst : ownerName(world, probe.dst, packet),
      address: show(probe.dst, probe.dport ?? null),
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
