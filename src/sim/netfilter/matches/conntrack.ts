import { assertNever } from '../../../base/index.ts';
import type { ConntrackTest, CtState, Match } from '../../../linux/index.ts';
import { cidrContains } from '../../../net/index.ts';
import type { Conn, Ct } from '../../packet.ts';
import type { MatchModule } from '../types.ts';
import { inRange } from './ports.ts';

const INFO_STATE: Readonly<Record<'new' | 'established' | 'related', CtState>> = {
  new: 'NEW',
  established: 'ESTABLISHED',
  related: 'RELATED',
};

/** A packet without a connection is INVALID, even before conntrack has looked at it, as in the raw table. */
export function stateOf(ct: Ct): CtState {
  if (ct.kind === 'tracked') return INFO_STATE[ct.info];
  return ct.kind === 'untracked' ? 'UNTRACKED' : 'INVALID';
}

/**
 * xt_conntrack.c, conntrack_mt. A packet without a connection is judged by its state alone: with a state test that holds,
 * the tests after it are not asked; without one the match fails.
 */
export const conntrack: MatchModule<Extract<Match, { kind: 'conntrack' }>> = {
  eval({ tests }) {
    const states = tests.filter((test) => test.kind === 'ctstate');
    const others = tests.filter((test) => test.kind !== 'ctstate');
    return ({ skb: { ct } }) => {
      for (const test of states) if (hasState(ct, test.states) === test.not) return false;
      if (ct.kind !== 'tracked') return states.length > 0;
      return others.every((test) => holds(test, ct.conn, ct.dir));
    };
  },
};

function hasState(ct: Ct, states: readonly CtState[]): boolean {
  if (states.includes(stateOf(ct))) return true;
  if (ct.kind !== 'tracked') return false;
  return (ct.conn.srcNat && states.includes('SNAT')) || (ct.conn.dstNat && states.includes('DNAT'));
}

function holds(test: ConntrackTest, conn: Conn, dir: 'original' | 'reply'): boolean {
  switch (test.kind) {
    case 'ctstate':
      return true;
    case 'ctstatus':
      return test.statuses.some((status) => hasStatus(conn, status)) !== test.not;
    case 'ctdir':
      return (dir === 'original') === (test.dir === 'ORIGINAL');
    case 'ctproto':
      return (conn.original.protocol === test.protocol) !== test.not;
    case 'ctorigsrc':
      return cidrContains(test.cidr, conn.original.src) !== test.not;
    case 'ctorigdst':
      return cidrContains(test.cidr, conn.original.dst) !== test.not;
    case 'ctreplsrc':
      return cidrContains(test.cidr, conn.reply.src) !== test.not;
    case 'ctrepldst':
      return cidrContains(test.cidr, conn.reply.dst) !== test.not;
    case 'ctorigsrcport':
      return inRange(test.range, conn.original.sport) !== test.not;
    case 'ctorigdstport':
      return inRange(test.range, conn.original.dport) !== test.not;
    case 'ctreplsrcport':
      return inRange(test.range, conn.reply.sport) !== test.not;
    case 'ctrepldstport':
      return inRange(test.range, conn.reply.dport) !== test.not;
    default:
      return assertNever(test);
  }
}

/** NONE is no bit at all, so it never holds; helpers' EXPECTED connections are outside the model. */
function hasStatus(conn: Conn, status: 'NONE' | 'EXPECTED' | 'SEEN_REPLY' | 'ASSURED' | 'CONFIRMED'): boolean {
  switch (status) {
    case 'NONE':
    case 'EXPECTED':
      return false;
    case 'SEEN_REPLY':
      return conn.seenReply;
    case 'ASSURED':
      return conn.assured;
    case 'CONFIRMED':
      return conn.confirmed;
    default:
      return assertNever(status);
  }
}

/** xt_state.c. */
export const state: MatchModule<Extract<Match, { kind: 'state' }>> = {
  eval:
    ({ not, states }) =>
    ({ skb }) =>
      states.includes(stateOf(skb.ct)) !== not,
};
