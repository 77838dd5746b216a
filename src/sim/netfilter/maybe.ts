import { tellStandIn } from '../../fabric/index.ts';
import { evidenceOf, stopUnknown } from './evidence.ts';
import { destinationHeld, type RuleHead, restHolds, sourceHeld } from './rule-head.ts';
import type { Frame, Maybe, RuleVerdict } from './types.ts';

// Rules that compare a made-up address with a block of public ones. Such a rule takes the packet or does not: what it would do
// is kept while the rules behind it are read as if it did not. Where the next one that does anything does the same, it made no
// difference; otherwise nobody can tell what becomes of the packet.

/** What a rule does, as far as it matters here. */
export interface Doing {
  /** `ACCEPT`, `DROP` and `RETURN`, or any other text that is the same for the same. */
  readonly does: string;
  /** It goes on in another chain, and comes back. */
  readonly leads: boolean;
  /** Asking whether it takes a packet changes something. */
  readonly spends: boolean;
}

/** Whether a rule's head may hold; `Frame.unsure` says that it may not. */
export function mayHold(frame: Frame, head: RuleHead, standInOf: NonNullable<Frame['walk']['standIn']>): boolean {
  const { src, dst } = frame.skb.packet;
  const [from, to] = [standInOf(src), standInOf(dst)];
  const bySource = sourceHeld(head, src, from);
  const byDestination = destinationHeld(head, dst, to);
  if (bySource === 'no' || byDestination === 'no' || !restHolds(head, frame.skb)) return false;
  if (bySource === 'unsure' && from !== undefined) frame.unsure = { address: src, standIn: from };
  else if (byDestination === 'unsure' && to !== undefined) frame.unsure = { address: dst, standIn: to };
  return true;
}

export const isMadeUp = ({ walk: { standIn }, skb: { packet } }: Frame): boolean =>
  standIn !== undefined && (standIn(packet.src) !== undefined || standIn(packet.dst) !== undefined);

/** A rule whose matches hold, or may. Undefined: it is carried out as ever. */
export function beside(frame: Frame, { does, leads, spends }: Doing): RuleVerdict | undefined {
  const { unsure, maybe } = frame;
  if (unsure !== undefined) {
    frame.unsure = undefined;
    if (spends || (maybe !== undefined && !isSame(maybe, does, frame.depth)))
      return stopMaybe(frame, maybe ?? maybeOf(frame, unsure, does));
    frame.maybe = maybe ?? maybeOf(frame, unsure, does);
    return 'continue';
  }
  if (maybe === undefined) return undefined;
  if (isSame(maybe, does, frame.depth)) {
    frame.maybe = undefined;
    return undefined;
  }
  return isFinal(maybe) && (leads || does === 'RETURN') ? undefined : stopMaybe(frame, maybe);
}

/** At the end of a chain, where RETURN is what happens anyway. */
export function atChainEnd(frame: Frame, maybe: Maybe): RuleVerdict {
  if (isFinal(maybe)) return 'continue';
  if (maybe.does !== 'RETURN') return stopMaybe(frame, maybe);
  frame.maybe = undefined;
  return 'continue';
}

/** At the end of a base chain, where its policy decides. */
export function atPolicy(frame: Frame, maybe: Maybe, drops: boolean): RuleVerdict {
  if (maybe.does !== (drops ? 'DROP' : 'ACCEPT')) return stopMaybe(frame, maybe);
  frame.maybe = undefined;
  return 'continue';
}

/** The whole table is done with the packet, whatever the depth. */
const isFinal = ({ does }: Maybe): boolean => does === 'ACCEPT' || does === 'DROP';

const isSame = (maybe: Maybe, does: string, depth: number): boolean =>
  maybe.does === does && (isFinal(maybe) || maybe.depth === depth);

function maybeOf(frame: Frame, { address, standIn }: NonNullable<Frame['unsure']>, does: string): Maybe {
  const what = `${tellStandIn(address, standIn)}; whether this rule is for it is not known`;
  return { what, evidence: evidenceOf(frame), does, depth: frame.depth };
}

const stopMaybe = (frame: Frame, { what, evidence }: Maybe): RuleVerdict => stopUnknown(frame, what, evidence);
