import type { Match } from '../../../linux/index.ts';
import type { MatchEval, MatchModule } from '../types.ts';

/** Holds for every packet: a rule need not ask. */
export const ALWAYS: MatchEval = () => true;

/** xt_comment.c. */
export const comment: MatchModule<Extract<Match, { kind: 'comment' }>> = { eval: () => ALWAYS };

/** xt_nfacct.c: counts. Only an accounting object with a quota could fail, and rules cannot show one. */
export const nfacct: MatchModule<Extract<Match, { kind: 'nfacct' }>> = { eval: () => ALWAYS };

/**
 * xt_physdev.c, for packets that crossed no bridge, the only ones here: an option fails unless it is negated.
 */
export const physdev: MatchModule<Extract<Match, { kind: 'physdev' }>> = {
  eval({ text }) {
    const words = text.split(/\s+/);
    const plain = words.some((word, i) => word.startsWith('--physdev') && words[i - 1] !== '!');
    return () => !plain;
  },
};
