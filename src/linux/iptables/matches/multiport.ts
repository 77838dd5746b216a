import { bad, badValue, bang, type MatchModule, missing, parseRange, range } from '../option.ts';
import type { Match, PortRange } from '../types.ts';

type Multiport = Extract<Match, { kind: 'multiport' }>;

/** XT_MULTI_PORTS: a range takes two places (include/uapi/linux/netfilter/xt_multiport.h). */
const MAX_PORTS = 15;

const SIDES: Readonly<Record<string, Multiport['side']>> = {
  '--sports': 'sports',
  '--source-ports': 'sports',
  '--dports': 'dports',
  '--destination-ports': 'dports',
  '--ports': 'ports',
};

export const multiport: MatchModule = {
  options: Object.fromEntries(Object.keys(SIDES).map((name) => [name, 1])),
  parse(uses) {
    const use = uses.at(-1);
    const side = use && SIDES[use.name];
    if (use === undefined || side === undefined)
      return missing('multiport', '--dports LIST, --sports LIST or --ports LIST');
    const ports: PortRange[] = [];
    for (const part of (use.args[0] ?? '').split(',')) {
      const one = parseRange(part);
      if (one === undefined) return badValue(use, 'a list such as "80,443,8000:8080"');
      ports.push(one);
    }
    const places = ports.reduce((sum, one) => sum + (one.from === one.to ? 1 : 2), 0);
    if (places > MAX_PORTS)
      return bad('Too many ports in a multiport match', `at most ${MAX_PORTS}, a range counting twice`);
    return { kind: 'multiport', not: use.not, side, ports };
  },
};

const portList = (match: Multiport): string => match.ports.map((one) => range(one)).join(',');

export const saveMultiport = (match: Multiport): string =>
  `-m multiport ${bang(match.not)}--${match.side} ${portList(match)}`;
export const listMultiport = (match: Multiport): string =>
  `multiport ${match.side} ${match.not ? ' !' : ''}${portList(match)}`;
