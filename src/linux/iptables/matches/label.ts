import { bang, type MatchModule, missing } from '../option.ts';
import { quote } from '../tokens.ts';
import type { Match } from '../types.ts';

type Of<K extends Match['kind']> = Extract<Match, { kind: K }>;

// Matches that are true for every packet (comment, nfacct), and physdev, which is kept as text.

export const comment: MatchModule = {
  options: { '--comment': 1 },
  parse(uses) {
    const use = uses.at(-1);
    return use === undefined ? missing('comment', '--comment TEXT') : { kind: 'comment', text: use.args[0] ?? '' };
  },
};
export const saveComment = (match: Of<'comment'>): string => `-m comment --comment ${quote(match.text)}`;
export const listComment = (match: Of<'comment'>): string => `/* ${match.text} */`;

export const nfacct: MatchModule = {
  options: { '--nfacct-name': 1 },
  parse(uses) {
    const name = uses.at(-1)?.args[0];
    return name === undefined ? missing('nfacct', '--nfacct-name NAME') : { kind: 'nfacct', name };
  },
};
/** Two blanks: the option and the value each bring one (extensions/libxt_nfacct.c, nfacct_print_name). */
export const saveNfacct = (match: Of<'nfacct'>): string => `-m nfacct --nfacct-name  ${match.name}`;
export const listNfacct = (match: Of<'nfacct'>): string => `nfacct-name  ${match.name}`;

export const physdev: MatchModule = {
  options: {
    '--physdev-in': 1,
    '--physdev-out': 1,
    '--physdev-is-in': 0,
    '--physdev-is-out': 0,
    '--physdev-is-bridged': 0,
  },
  parse: (uses) => ({
    kind: 'physdev',
    text: uses.map((use) => `${bang(use.not)}${[use.name, ...use.args].join(' ')}`).join(' '),
  }),
};
export const savePhysdev = (match: Of<'physdev'>): string => ['-m physdev', match.text].join(' ').trimEnd();
export const listPhysdev = (match: Of<'physdev'>): string => `PHYSDEV match ${match.text}`;
