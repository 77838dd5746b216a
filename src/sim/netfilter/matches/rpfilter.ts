import type { Match } from '../../../linux/index.ts';
import type { MatchModule } from '../types.ts';

/** ipt_rpfilter.c: loaded in raw and mangle PREROUTING only. Its reverse lookup is not modelled yet: undecided. */
export const rpfilter: MatchModule<Extract<Match, { kind: 'rpfilter' }>> = {
  hooks: ['PREROUTING'],
  tables: ['raw', 'mangle'],
  eval: () => undefined,
};
