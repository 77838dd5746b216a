import { type Family, isHostCidr, parseCidr } from '../../../net/index.ts';
import { type Bad, badValue, bang, type MatchModule, missing, type OptionUse, parseRange, range } from '../option.ts';
import { parseProtocolWord, protocolDigits } from '../protocol-name.ts';
import type { ConntrackTest, CtState, Match } from '../types.ts';

type Conntrack = Extract<Match, { kind: 'conntrack' }>;
type State = Extract<Match, { kind: 'state' }>;
type CtStatus = Extract<ConntrackTest, { kind: 'ctstatus' }>['statuses'][number];

/** The orders these are saved in (extensions/libxt_conntrack.c: print_state, print_status, conntrack_dump). */
const STATES: readonly CtState[] = ['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED', 'SNAT', 'DNAT'];
const STATUSES: readonly CtStatus[] = ['EXPECTED', 'SEEN_REPLY', 'ASSURED', 'CONFIRMED'];
const TEST_ORDER: readonly ConntrackTest['kind'][] = [
  'ctstate',
  'ctproto',
  'ctorigsrc',
  'ctorigdst',
  'ctreplsrc',
  'ctrepldst',
  'ctorigsrcport',
  'ctorigdstport',
  'ctreplsrcport',
  'ctrepldstport',
  'ctstatus',
  'ctdir',
];

export const conntrack: MatchModule = {
  options: Object.fromEntries(TEST_ORDER.map((kind) => [`--${kind}`, 1])),
  parse(uses, family) {
    if (uses.length === 0) return missing('conntrack', '--ctstate LIST or another test');
    const tests: ConntrackTest[] = [];
    for (const use of uses) {
      const test = parseTest(use, family);
      if (test.kind === 'bad') return test;
      tests.push(test);
    }
    return { kind: 'conntrack', tests };
  },
};

export const state: MatchModule = {
  options: { '--state': 1 },
  parse(uses) {
    const use = uses.at(-1);
    if (use === undefined) return missing('state', '--state LIST');
    const states = pick(use.args[0], STATES);
    return states === undefined
      ? badValue(use, `some of ${STATES.slice(0, 5).join(',')}`)
      : { kind: 'state', not: use.not, states };
  },
};

function parseTest(use: OptionUse, family: Family): ConntrackTest | Bad {
  const text = use.args[0] ?? '';
  const not = use.not;
  const kind = TEST_ORDER.find((name) => use.name === `--${name}`) ?? 'ctdir';
  switch (kind) {
    case 'ctstate': {
      const states = pick(text, STATES);
      return states ? { kind, not, states } : badValue(use, `some of ${STATES.join(',')}`);
    }
    case 'ctstatus': {
      const statuses = text === 'NONE' ? (['NONE'] as const) : pick(text, STATUSES, 'NONE');
      return statuses ? { kind, not, statuses } : badValue(use, `NONE, or some of ${STATUSES.join(',')}`);
    }
    case 'ctdir':
      return text === 'ORIGINAL' || text === 'REPLY' ? { kind, dir: text } : badValue(use, 'ORIGINAL or REPLY');
    case 'ctproto': {
      const protocol = parseProtocolWord(text);
      return protocol !== undefined && protocol !== 'all'
        ? { kind, not, protocol }
        : badValue(use, 'a protocol such as "tcp"');
    }
    case 'ctorigsrc':
    case 'ctorigdst':
    case 'ctreplsrc':
    case 'ctrepldst': {
      const cidr = parseCidr(text);
      return cidr?.family === family ? { kind, not, cidr } : badValue(use, `an IPv${family} CIDR`);
    }
    default: {
      const ports = parseRange(text);
      return ports ? { kind, not, range: ports } : badValue(use, 'a port or a range of ports');
    }
  }
}

/** The named members in `order`; `ignored` may be named and says nothing. undefined when a name is unknown. */
function pick<T extends string>(
  text: string | undefined,
  order: readonly T[],
  ignored?: string,
): readonly T[] | undefined {
  const named = (text ?? '').split(',');
  const known = (name: string): boolean => name === ignored || order.some((one) => one === name);
  return named.every(known) ? order.filter((one) => named.includes(one)) : undefined;
}

const inOrder = <T extends string>(values: readonly T[], order: readonly T[]): string =>
  order.filter((one) => values.includes(one)).join(',');

function testValue(test: ConntrackTest): string {
  switch (test.kind) {
    case 'ctstate':
      return inOrder(test.states, STATES);
    case 'ctstatus':
      return inOrder(test.statuses, STATUSES) || 'NONE';
    case 'ctdir':
      return test.dir;
    case 'ctproto':
      return protocolDigits(test.protocol);
    case 'ctorigsrc':
    case 'ctorigdst':
    case 'ctreplsrc':
    case 'ctrepldst':
      return isHostCidr(test.cidr) ? test.cidr.text.slice(0, test.cidr.text.indexOf('/')) : test.cidr.text;
    default:
      return range(test.range);
  }
}

const dump = (match: Conntrack, prefix: '--' | ''): string =>
  [...match.tests]
    .sort((a, b) => TEST_ORDER.indexOf(a.kind) - TEST_ORDER.indexOf(b.kind))
    .map((test) => `${bang(test.kind !== 'ctdir' && test.not)}${prefix}${test.kind} ${testValue(test)}`)
    .join(' ');

export const saveConntrack = (match: Conntrack): string => `-m conntrack ${dump(match, '--')}`;
export const listConntrack = (match: Conntrack): string => dump(match, '');

export const saveState = (match: State): string =>
  `-m state ${bang(match.not)}--state ${inOrder(match.states, STATES)}`;
export const listState = (match: State): string => `${bang(match.not)}state ${inOrder(match.states, STATES)}`;
