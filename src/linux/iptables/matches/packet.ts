import { type Family, familyOf, type Ip, parseIp } from '../../../net/index.ts';
import {
  bad,
  badValue,
  bang,
  type MatchModule,
  missing,
  type OptionUse,
  parseRange,
  parseUint,
  range,
} from '../option.ts';
import type { Match } from '../types.ts';

type Of<K extends Match['kind']> = Extract<Match, { kind: K }>;

// Matches on one property of the packet itself: iprange, length, ttl and hl, pkttype, rpfilter.

export const iprange: MatchModule = {
  options: { '--src-range': 1, '--dst-range': 1 },
  parse(uses, family) {
    const found: { src?: IpSpan; dst?: IpSpan } = {};
    for (const use of uses) {
      const span = parseSpan(use, family);
      if (span === undefined) return badValue(use, 'a range such as "10.0.0.1-10.0.0.9"');
      found[use.name === '--src-range' ? 'src' : 'dst'] = span;
    }
    if (uses.length === 0) return missing('iprange', '--src-range A-B or --dst-range A-B');
    return { kind: 'iprange', ...found };
  },
};

type IpSpan = NonNullable<Of<'iprange'>['src']>;

function parseSpan(use: OptionUse, family: Family): IpSpan | undefined {
  const [left, right, extra] = (use.args[0] ?? '').split('-');
  const from: Ip | undefined = parseIp(left ?? '');
  const to = right === undefined ? from : parseIp(right);
  if (from === undefined || to === undefined || extra !== undefined) return undefined;
  return familyOf(from) === family && familyOf(to) === family ? { not: use.not, from, to } : undefined;
}

const spans = (match: Of<'iprange'>, src: string, dst: string, afterName: boolean): string =>
  (
    [
      [src, match.src],
      [dst, match.dst],
    ] as const
  )
    .flatMap(([name, span]) =>
      span === undefined
        ? []
        : [`${afterName ? '' : bang(span.not)}${name} ${afterName ? bang(span.not) : ''}${span.from}-${span.to}`],
    )
    .join(' ');

export const saveIprange = (match: Of<'iprange'>): string =>
  `-m iprange ${spans(match, '--src-range', '--dst-range', false)}`;
export const listIprange = (match: Of<'iprange'>): string =>
  spans(match, 'source IP range', 'destination IP range', true);

export const length: MatchModule = {
  options: { '--length': 1 },
  parse(uses) {
    const use = uses.at(-1);
    if (use === undefined) return missing('length', '--length N or --length MIN:MAX');
    const found = parseRange(use.args[0]);
    return found === undefined ? badValue(use, 'a length or a range') : { kind: 'length', not: use.not, ...found };
  },
};
export const saveLength = (match: Of<'length'>): string => `-m length ${bang(match.not)}--length ${range(match)}`;
export const listLength = (match: Of<'length'>): string => `length ${match.not ? '!' : ''}${range(match)}`;

/** `-m ttl` of IPv4, `-m hl` of IPv6 (extensions/libipt_ttl.c, libip6t_hl.c): one match, named and spelled by family. */
const hopsMatch = (of: Family, name: 'ttl' | 'hl'): MatchModule => ({
  options: { [`--${name}-eq`]: 1, [`--${name}`]: 1, [`--${name}-lt`]: 1, [`--${name}-gt`]: 1 },
  parse(uses, family) {
    if (family !== of) return bad(`Only IPv${of} has a match "${name}"`, `"-m ${TTL_NAME[family]}"`);
    const [use, more] = uses;
    if (use === undefined || more !== undefined)
      return missing(name, `one of --${name}-eq N, --${name}-lt N, --${name}-gt N`);
    const value = parseUint(use.args[0], 255);
    if (value === undefined) return badValue(use, `a ${name === 'ttl' ? 'TTL' : 'hop limit'} from 0 to 255`);
    const op = use.name === `--${name}-lt` ? 'lt' : use.name === `--${name}-gt` ? 'gt' : use.not ? 'ne' : 'eq';
    if (use.not && op !== 'ne') return bad(`${use.name} cannot be negated`, 'no "!" before it');
    return { kind: 'ttl', family, op, value };
  },
});
const TTL_NAME = { 4: 'ttl', 6: 'hl' } as const;
export const ttl = hopsMatch(4, 'ttl');
export const hl = hopsMatch(6, 'hl');
const TTL_SAVED = { eq: 'eq', ne: 'eq', lt: 'lt', gt: 'gt' } as const;
const TTL_LISTED = { eq: '==', ne: '!=', lt: '<', gt: '>' } as const;
export const saveTtl = ({ family, op, value }: Of<'ttl'>): string =>
  `-m ${TTL_NAME[family]} ${bang(op === 'ne')}--${TTL_NAME[family]}-${TTL_SAVED[op]} ${value}`;
export const listTtl = ({ family, op, value }: Of<'ttl'>): string => {
  const name = TTL_NAME[family].toUpperCase();
  return `${name} match ${name} ${TTL_LISTED[op]} ${value}`;
};

export const pkttype: MatchModule = {
  options: { '--pkt-type': 1 },
  parse(uses) {
    const use = uses.at(-1);
    if (use === undefined) return missing('pkttype', '--pkt-type TYPE');
    const named = (use.args[0] ?? '').toLowerCase();
    const type =
      named === 'host' ? 'unicast' : (['unicast', 'broadcast', 'multicast'] as const).find((t) => t === named);
    return type === undefined
      ? badValue(use, 'unicast, broadcast or multicast')
      : { kind: 'pkttype', not: use.not, type };
  },
};
export const savePkttype = (match: Of<'pkttype'>): string => `-m pkttype ${bang(match.not)}--pkt-type ${match.type}`;
export const listPkttype = (match: Of<'pkttype'>): string => `PKTTYPE ${match.not ? '!=' : '='} ${match.type}`;

export const rpfilter: MatchModule = {
  options: { '--loose': 0, '--validmark': 0, '--accept-local': 0, '--invert': 0 },
  parse(uses) {
    const has = (name: string): boolean => uses.some((use) => use.name === name);
    return {
      kind: 'rpfilter',
      invert: has('--invert'),
      loose: has('--loose'),
      validmark: has('--validmark'),
      acceptLocal: has('--accept-local'),
    };
  },
};
const rpfilterWords = (match: Of<'rpfilter'>): readonly string[] => [
  ...(match.loose ? ['loose'] : []),
  ...(match.validmark ? ['validmark'] : []),
  ...(match.acceptLocal ? ['accept-local'] : []),
  ...(match.invert ? ['invert'] : []),
];
export const saveRpfilter = (match: Of<'rpfilter'>): string =>
  ['-m rpfilter', ...rpfilterWords(match).map((word) => `--${word}`)].join(' ');
export const listRpfilter = (match: Of<'rpfilter'>): string => ['rpfilter', ...rpfilterWords(match)].join(' ');
