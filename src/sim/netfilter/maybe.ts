import { coverPublic, tellStandIn } from '../../fabric/index.ts';
import { type Cidr, familyOf } from '../../net/index.ts';
import { evidenceOf, stopUnknown } from './evidence.ts';
import {
  blockOfDestination,
  blockOfSource,
  destinationHeld,
  type RuleHead,
  restHolds,
  sourceHeld,
} from './rule-head.ts';
import type { Frame, Maybe, RuleAt, RuleVerdict, UnsureOf } from './types.ts';

// Rules that compare a made-up address with a block of public ones. Such a rule takes the packet or does not: what it would do
// is kept while the rules behind it are read as if it did not. Where the next one that does anything does the same, it made no
// difference, and where several that do the same leave no public address out, one of them takes the packet; otherwise nobody
// can tell what becomes of it.

/** Blocks put together of one packet. Lists of all but the private addresses have some thirty. */
const MOST_BLOCKS = 256;

/** What a rule does, as far as it matters here. */
export interface Doing {
  /** `ACCEPT`, `DROP` and `RETURN`, or any other text that is the same for the same. */
  readonly does: string;
  /** It goes on in another chain, and comes back. */
  readonly leads: boolean;
  /** The rules behind it see the packet too, and what this one changed. */
  readonly goesOn: boolean;
  /** Done twice is not done once: asking whether it takes a packet changes something, or a bit is turned over. */
  readonly spends: boolean;
}

/** Whether a rule's head may hold; `Frame.unsure` says that it may not. */
export function mayHold(frame: Frame, head: RuleHead, standInOf: NonNullable<Frame['walk']['standIn']>): boolean {
  const { src, dst } = frame.skb.packet;
  const [from, to] = [standInOf(src), standInOf(dst)];
  const bySource = sourceHeld(head, src, from);
  const byDestination = destinationHeld(head, dst, to);
  if (bySource === 'no' || byDestination === 'no' || !restHolds(head, frame.skb)) return false;
  if (bySource === 'unsure' && from !== undefined) {
    const blocks = byDestination === 'unsure' ? NONE : blockOfSource(head);
    frame.unsure = { address: src, standIn: from, blocks };
  } else if (byDestination === 'unsure' && to !== undefined)
    frame.unsure = { address: dst, standIn: to, blocks: blockOfDestination(head) };
  return true;
}

const NONE: readonly Cidr[] = [];

export const isMadeUp = ({ walk: { standIn }, skb: { packet } }: Frame): boolean =>
  standIn !== undefined && (standIn(packet.src) !== undefined || standIn(packet.dst) !== undefined);

/** A rule whose matches hold, or may. Undefined: it is carried out as ever. */
export function beside(frame: Frame, doing: Doing): RuleVerdict | undefined {
  const { unsure, maybe } = frame;
  if (unsure !== undefined) {
    frame.unsure = undefined;
    if (doing.spends || (maybe !== undefined && !isSame(frame, maybe, doing)))
      return stopMaybe(frame, maybe ?? maybeOf(frame, unsure, doing.does));
    const joined = maybe === undefined ? maybeOf(frame, unsure, doing.does) : join(frame, maybe, unsure);
    const isSure = joined.blocks !== maybe?.blocks && coverPublic(joined.blocks, familyOf(joined.address));
    frame.maybe = isSure ? undefined : joined;
    return isSure ? undefined : 'continue';
  }
  if (maybe === undefined) return undefined;
  if (isSame(frame, maybe, doing)) {
    frame.maybe = undefined;
    return undefined;
  }
  return isFinal(maybe) && (doing.leads || doing.does === 'RETURN') ? undefined : stopMaybe(frame, maybe);
}

/** Two that do the same. What rules between them would see of the first, where it goes on, is not worked out. */
const isSame = ({ depth, at }: Frame, maybe: Maybe, { does, goesOn }: Doing): boolean =>
  maybe.does === does && (isFinal(maybe) || maybe.depth === depth) && (!goesOn || isNext(maybe.at, at));

const isNext = (before: RuleAt | undefined, at: RuleAt | undefined): boolean =>
  before !== undefined && at !== undefined && before.chain === at.chain && before.index + 1 === at.index;

/** Blocks that one address is compared with are put together. */
function join({ at }: Frame, maybe: Maybe, { address, blocks }: UnsureOf): Maybe {
  if (blocks.length === 0) return { ...maybe, at };
  const isFull = maybe.blocks.length >= MOST_BLOCKS;
  return isFull || maybe.address !== address
    ? { ...maybe, at }
    : { ...maybe, blocks: [...maybe.blocks, ...blocks], at };
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

function maybeOf(frame: Frame, { address, standIn, blocks }: UnsureOf, does: string): Maybe {
  const what = `${tellStandIn(address, standIn)}; whether this rule is for it is not known`;
  return { what, evidence: evidenceOf(frame), does, depth: frame.depth, address, blocks, at: frame.at };
}

const stopMaybe = (frame: Frame, { what, evidence }: Maybe): RuleVerdict => stopUnknown(frame, what, evidence);
