import { bad, badValue, bang, type MatchModule, missing, parseUint } from '../option.ts';
import type { Match } from '../types.ts';

type Random = Extract<Match, { kind: 'statistic-random' }>;
type Nth = Extract<Match, { kind: 'statistic-nth' }>;

const ONE = 0x80000000;

/** Stored as lround(2^31 * p) and printed with eleven decimals (extensions/libxt_statistic.c). */
export const statistic: MatchModule = {
  options: { '--mode': 1, '--probability': 1, '--every': 1, '--packet': 1 },
  parse(uses) {
    const use = (name: string) => uses.find((one) => one.name === name);
    const mode = use('--mode');
    if (mode === undefined) return missing('statistic', '--mode random or --mode nth');
    if (mode.args[0] === 'random') {
      const odds = use('--probability');
      if (odds === undefined) return missing('statistic', '--probability P');
      const p = Number(odds.args[0]);
      if (!(p >= 0 && p <= 1)) return badValue(odds, 'a probability from 0 to 1');
      return { kind: 'statistic-random', not: odds.not, numerator: Math.round(ONE * p) };
    }
    if (mode.args[0] !== 'nth') return badValue(mode, '"random" or "nth"');
    const nth = use('--every');
    const every = parseUint(nth?.args[0]);
    const packet = parseUint(use('--packet')?.args[0] ?? '0');
    if (nth === undefined || every === undefined || packet === undefined) {
      return missing('statistic', '--every N --packet P');
    }
    if (every === 0 || packet >= every) return bad('The packet number is not below --every', '0 <= P < N');
    return { kind: 'statistic-nth', not: nth.not, every, packet };
  },
};

const odds = (match: Random): string => (match.numerator / ONE).toFixed(11);

export const saveRandom = (match: Random): string =>
  `-m statistic --mode random ${bang(match.not)}--probability ${odds(match)}`;
export const listRandom = (match: Random): string =>
  `statistic mode random ${bang(match.not)}probability ${odds(match)}`;

export const saveNth = (match: Nth): string =>
  `-m statistic --mode nth ${bang(match.not)}--every ${match.every} --packet ${match.packet}`;
export const listNth = (match: Nth): string =>
  `statistic mode nth ${bang(match.not)}every ${match.every}${match.packet === 0 ? '' : ` packet ${match.packet}`}`;
