import {
  type Disposition,
  fatalStep,
  type Judgement,
  judge,
  type Step,
  type StepRef,
  type Trace,
} from '../trace/index.ts';
import type { Dice } from '../world/index.ts';
import { acceptsAnswer } from './host/index.ts';
import { type Packet, withSegment } from './packet.ts';
import type { SessionState } from './session-state.ts';
import { type Start, type WalkEnd, walkPacket } from './walk-packet.ts';

/** What walks of one round trip share. */
export interface Walking {
  readonly state: SessionState;
  readonly dice: Dice;
  readonly now: number;
  readonly detail: 'full' | 'verdict-only';
  readonly assumptions: Set<string>;
  readonly tell: ((step: Step) => void) | undefined;
}

/** Who asks: how its packets start, and whether a packet ended with it. */
export interface Asker {
  readonly start: (packet: Packet) => Start;
  readonly isHome: (end: WalkEnd) => boolean;
}

/** A packet, what came back because of it, and of a connection the packet after that. */
export interface Exchange {
  readonly forward: WalkEnd;
  readonly reply: WalkEnd | undefined;
  readonly judged: Judgement;
  /** Absent: not sent. */
  readonly followUp: WalkEnd | undefined;
  /** The first packets made it, the one after them did not. */
  readonly lost: boolean;
  readonly disposition: Disposition;
}

/**
 * After an accepted TCP answer the third packet is walked too: nat rules and the marks they set are a flow's first packet's
 * only, so what carries the first may lose the rest. A packet of an open connection (`resumes`) has none after it.
 */
export function exchange(on: Walking, asker: Asker, first: Packet, resumes: boolean): Exchange {
  const { state, detail, tell } = on;
  const walk = { dice: on.dice, now: on.now, assumptions: on.assumptions };
  const send = (start: Start): WalkEnd => walkPacket({ state, start, walk, detail, tell });
  const forward = send(asker.start(resumes ? laterPacket(first) : first));
  const reply = forward.answer === undefined ? undefined : send(forward.answer);
  const judged = judge(
    forward.disposition,
    reply && {
      disposition: reply.disposition,
      home: asker.isHome(reply),
      accepted: acceptsAnswer(first, reply.packet) === 'accepted',
    },
  );
  const followUp =
    judged.disposition === 'delivered' && first.l4.kind === 'tcp' && !resumes
      ? send(asker.start(laterPacket(first)))
      : undefined;
  const lost = followUp !== undefined && followUp.disposition !== 'delivered';
  return { forward, reply, judged, followUp, lost, disposition: lost ? followUp.disposition : judged.disposition };
}

/** A packet of the connection that `first` opens: an ACK. */
function laterPacket(first: Packet): Packet {
  if (first.l4.kind !== 'tcp') return first;
  const { sport, dport } = first.l4;
  return withSegment(first, { kind: 'tcp', sport, dport, flags: ACK }, first.length - 8);
}

const ACK = ['ACK'] as const;

export const traceOf = (end: Pick<WalkEnd, 'hops'>, disposition: Disposition): Trace => ({
  probability: 1,
  disposition,
  hops: end.hops,
});

export function diedAt({ forward, reply, judged, followUp, lost }: Exchange): StepRef | null {
  if (lost && followUp !== undefined) return fatalStep('followUp', followUp);
  if (judged.leg === undefined) return null;
  const end = judged.leg === 'forward' ? forward : reply;
  return end === undefined ? null : fatalStep(judged.leg, end);
}

/** What the reply's trace ended as: the round trip's end where that is the reply's fault. */
export const replyDisposition = ({ judged }: Exchange, reply: WalkEnd): Disposition =>
  judged.leg === 'reply' ? judged.disposition : reply.disposition;

/** Where the model did not know how to go on. */
export function unknownsOf({ forward, reply, followUp }: Exchange): readonly string[] {
  const unknowns: string[] = [];
  if (forward.disposition === 'unknown') unknowns.push(forward.because);
  if (reply?.disposition === 'unknown') unknowns.push(reply.because);
  if (followUp?.disposition === 'unknown') unknowns.push(followUp.because);
  return unknowns;
}
