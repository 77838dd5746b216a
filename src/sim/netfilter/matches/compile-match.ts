import { assertNever } from '../../../base/index.ts';
import type { Hook, Match, Rule, TableName } from '../../../linux/index.ts';
import type { HeadMatch } from '../rule-head.ts';
import type { MatchEval, MatchModule } from '../types.ts';
import { iprange } from './addresses.ts';
import { addrtype } from './addrtype.ts';
import { conntrack, state } from './conntrack.ts';
import { icmp, length, pkttype, ttl } from './headers.ts';
import { marks } from './marks.ts';
import { comment, nfacct, physdev } from './modules.ts';
import { multiport, transport } from './ports.ts';
import { recent } from './recent.ts';
import { rpfilter } from './rpfilter.ts';
import { set } from './set.ts';
import { statisticNth, statisticRandom } from './statistic.ts';

export interface CompiledMatch {
  /** Undefined: this model cannot decide the match. */
  readonly eval: MatchEval | undefined;
  readonly sideEffect: boolean;
  /** It goes by ports, and is asked after what does not: a port that was drawn counts only where the rest holds. */
  readonly byPort: boolean;
  readonly hooks: readonly Hook[] | undefined;
  readonly tables: readonly TableName[] | undefined;
}

const UNDECIDED: CompiledMatch = {
  eval: undefined,
  sideEffect: false,
  byPort: false,
  hooks: undefined,
  tables: undefined,
};

function by<M extends Match>(module: MatchModule<M>, match: M, rule: Rule): CompiledMatch {
  const { sideEffect = false, byPort = false, hooks, tables } = module;
  return { eval: module.eval(match, rule), sideEffect, byPort, hooks, tables };
}

/** The module of each match that needs one: the one place that knows them all. */
export function compileMatch(match: Exclude<Match, HeadMatch>, rule: Rule): CompiledMatch {
  switch (match.kind) {
    case 'comment':
      return by(comment, match, rule);
    case 'transport':
      return by(transport, match, rule);
    case 'icmp':
      return by(icmp, match, rule);
    case 'mark':
    case 'connmark':
      return by(marks, match, rule);
    case 'conntrack':
      return by(conntrack, match, rule);
    case 'state':
      return by(state, match, rule);
    case 'addrtype':
      return by(addrtype, match, rule);
    case 'statistic-random':
      return by(statisticRandom, match, rule);
    case 'statistic-nth':
      return by(statisticNth, match, rule);
    case 'recent':
      return by(recent, match, rule);
    case 'multiport':
      return by(multiport, match, rule);
    case 'iprange':
      return by(iprange, match, rule);
    case 'rpfilter':
      return by(rpfilter, match, rule);
    case 'length':
      return by(length, match, rule);
    case 'ttl':
      return by(ttl, match, rule);
    case 'pkttype':
      return by(pkttype, match, rule);
    case 'nfacct':
      return by(nfacct, match, rule);
    case 'physdev':
      return by(physdev, match, rule);
    case 'set':
      return by(set, match, rule);
    case 'unsupported':
      return UNDECIDED;
    default:
      return assertNever(match);
  }
}
