import type { Match, Rule } from '../../../linux/index.ts';
import { headersOf } from '../../packet.ts';
import { askedBy, evidenceOf } from '../evidence.ts';
import type { Frame, MatchModule } from '../types.ts';

const ONE = 2 ** 31;

/**
 * xt_statistic.c, random mode: 31 random bits below the numerator. Here it is a choice between this rule and the rest of
 * the chain, so that every branch can be walked with its probability.
 */
export const statisticRandom: MatchModule<Extract<Match, { kind: 'statistic-random' }>> = {
  sideEffect: true,
  eval({ not, numerator }, rule) {
    const p = Math.min(1, Math.max(0, numerator / ONE));
    if (p === 0 || p === 1) return () => (p === 1) !== not;
    const taken = not ? 1 - p : p;
    const options = [
      { p: taken, label: labelOf(rule) },
      { p: 1 - taken, label: 'next rule' },
    ];
    return (frame) => {
      const choice = frame.walk.dice.choose(options, askedBy(frame));
      recordChoice(frame, choice, options, BECAUSE);
      return choice === 0;
    };
  },
};

function labelOf({ target }: Rule): string {
  if (target === undefined) return 'this rule';
  return target.kind === 'jump' || target.kind === 'goto' ? target.chain : target.kind;
}

const BECAUSE = 'this rule takes packets at random, with the probability it names';

/** Tells a choice, where somebody listens. */
export function recordChoice(
  frame: Frame,
  taken: number,
  of: readonly { readonly p: number; readonly label: string }[],
  because: string,
): void {
  const { walk, skb } = frame;
  if (walk.record === undefined) return;
  const headers = headersOf(skb);
  walk.record({
    kind: 'choice',
    taken,
    of,
    action: `choose ${of[taken]?.label ?? ''}`,
    because,
    evidence: evidenceOf(frame),
    before: headers,
    after: headers,
  });
}

/**
 * xt_statistic.c, nth mode: one packet of every `--every`, the `--packet`th counted from 0. The counter starts that far
 * before its wrap (libxt_statistic.c sets u.nth.count).
 */
export const statisticNth: MatchModule<Extract<Match, { kind: 'statistic-nth' }>> = {
  sideEffect: true,
  eval(match) {
    const { not, every, packet } = match;
    return ({ host }) => {
      const before = host.counters.get(match) ?? every - 1 - packet;
      const after = before === every - 1 ? 0 : before + 1;
      host.counters.set(match, after);
      return (after === 0) !== not;
    };
  },
};
