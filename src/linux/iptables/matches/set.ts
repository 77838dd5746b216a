import { bad, badValue, bang, type MatchModule, missing } from '../option.ts';
import type { Match } from '../types.ts';

type SetMatch = Extract<Match, { kind: 'set' }>;

/** IPSET_DIM_MAX: no set has more parts. */
const MAX_FLAGS = 6;

/** xt_set: whether a packet is in a set of ipset's (iptables-extensions(8)); options on counters are not known here. */
export const set: MatchModule = {
  options: { '--match-set': 2, '--return-nomatch': 0 },
  parse(uses) {
    const use = uses.find((each) => each.name === '--match-set');
    const nomatch = uses.find((each) => each.name === '--return-nomatch');
    if (use === undefined) return missing('set', '--match-set NAME FLAGS');
    if (nomatch?.not === true) return bad('"! --return-nomatch" is not modelled');
    const [name = '', words = ''] = use.args;
    const flags = words.split(',').filter((word) => word === 'src' || word === 'dst');
    if (flags.length === 0 || flags.length > MAX_FLAGS || flags.length !== words.split(',').length)
      return badValue(use, 'the name of a set, then src or dst for each part of its elements, such as "dst,dst"');
    return { kind: 'set', not: use.not, name, flags, returnNomatch: nomatch !== undefined };
  },
};

export const saveSet = ({ not, name, flags, returnNomatch }: SetMatch): string =>
  `-m set ${bang(not)}--match-set ${name} ${flags.join(',')}${returnNomatch ? ' --return-nomatch' : ''}`;

export const listSet = ({ not, name, flags, returnNomatch }: SetMatch): string =>
  `${bang(not)}match-set ${name} ${flags.join(',')}${returnNomatch ? ' return-nomatch' : ''}`;
