import { badValue, bang, type MatchModule, masked, missing, parseMasked } from '../option.ts';
import type { Match } from '../types.ts';

type Mark = Extract<Match, { kind: 'mark' | 'connmark' }>;

const moduleOf = (kind: Mark['kind']): MatchModule => ({
  options: { '--mark': 1 },
  parse(uses) {
    const use = uses.at(-1);
    if (use === undefined) return missing(kind, '--mark VALUE[/MASK]');
    const found = parseMasked(use.args[0]);
    return found === undefined
      ? badValue(use, 'a mark such as "0x4000" or "0x4000/0x4000"')
      : { kind, not: use.not, value: found.value, mask: found.mask };
  },
});

export const mark: MatchModule = moduleOf('mark');
export const connmark: MatchModule = moduleOf('connmark');

export const saveMark = (match: Mark): string =>
  `-m ${match.kind} ${bang(match.not)}--mark ${masked(match.value, match.mask)}`;

/** connmark prints a blank where the `!` would be (extensions/libxt_connmark.c, connmark_mt_print). */
export const listMark = (match: Mark): string =>
  `${match.kind} match ${match.not ? '! ' : match.kind === 'connmark' ? ' ' : ''}${masked(match.value, match.mask)}`;
