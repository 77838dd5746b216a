import { type Disposition, isSuccess } from './disposition.ts';
import type { RoundTrip, StepRef, Trace } from './types.ts';

/** What is known of the packet that came back. */
export interface ReplyEnd {
  readonly disposition: Disposition;
  /** It ended in the namespace that asked. */
  readonly home: boolean;
  /** The asking socket takes it for its answer. */
  readonly accepted: boolean;
}

export interface Judgement {
  readonly disposition: Disposition;
  /** The leg something died on. */
  readonly leg: Exclude<StepRef['leg'], 'followUp'> | undefined;
}

/** How a round trip ended: a bad forward decides; else the reply must reach the asking socket, and that socket must take it. */
export function judge(forward: Disposition, reply: ReplyEnd | undefined): Judgement {
  if (!isSuccess(forward)) return { disposition: forward, leg: 'forward' };
  if (reply === undefined) return { disposition: forward, leg: undefined };
  const { disposition, home, accepted } = reply;
  if (disposition === 'unknown') return { disposition, leg: 'reply' };
  if (!home && (isSuccess(disposition) || disposition === 'refused'))
    return { disposition: 'reply-not-accepted', leg: 'reply' };
  if (!home) return { disposition: 'reply-lost', leg: 'reply' };
  if (accepted && disposition === 'delivered') return { disposition: 'delivered', leg: undefined };
  if (accepted || disposition === 'dropped') return { disposition: 'reply-lost', leg: 'reply' };
  return { disposition: 'reply-not-accepted', leg: 'reply' };
}

/**
 * The round trip of the packet that decided how it ended. Where the handshake passed and the client's next packet died, that
 * packet is all there is to it: who asks why a walk died asks it of this.
 */
export function decisiveTrip(trip: RoundTrip): RoundTrip {
  const { diedAt, followUp, ...rest } = trip;
  if (diedAt?.leg !== 'followUp' || followUp === undefined) return trip;
  return { ...rest, diedAt: { ...diedAt, leg: 'forward' }, forward: followUp, reply: null };
}

/** The step that killed a packet: the last drop, reject or unknown; else the last step there is. */
export function fatalStep(leg: StepRef['leg'], { hops }: Pick<Trace, 'hops'>): StepRef {
  for (let hop = hops.length - 1; hop >= 0; hop--) {
    const steps = hops[hop]?.steps ?? [];
    const fatal = steps.findLastIndex(
      (step) =>
        step.kind === 'drop' ||
        step.kind === 'unknown' ||
        (step.kind === 'policy' && step.verdict === 'drop') ||
        (step.kind === 'rule' && (step.verdict === 'drop' || step.verdict === 'reject')),
    );
    if (fatal >= 0) return { leg, hop, step: fatal };
  }
  const hop = Math.max(0, hops.length - 1);
  return { leg, hop, step: Math.max(0, (hops[hop]?.steps.length ?? 1) - 1) };
}
