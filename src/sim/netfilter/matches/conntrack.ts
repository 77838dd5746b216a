import { assertNever } from '../../../base/index.ts';
import type { ConntrackTest, CtState, Match } from '../../../linux/index.ts';
import { cidrContains } from '../../../net/index.ts';
import type { Conn, Ct } from '../../packet.ts';
import type { Frame, MatchModule } from '../types.ts';
import { type PortTest, portTest, testPort } from './by-port.ts';

/** Bits as in xt_conntrack.h: what a packet is, and how its connection is translated. */
const BIT: Readonly<Record<CtState, number>> = {
  INVALID: 1,
  ESTABLISHED: 2,
  RELATED: 4,
  NEW: 8,
  SNAT: 16,
  DNAT: 32,
  UNTRACKED: 64,
};

/** A packet without a connection is INVALID, even before conntrack has looked at it, as in the raw table. */
function stateBit(ct: Ct): number {
  if (ct.kind === 'tracked')
    return ct.info === 'new' ? BIT.NEW : ct.info === 'established' ? BIT.ESTABLISHED : BIT.RELATED;
  return ct.kind === 'untracked' ? BIT.UNTRACKED : BIT.INVALID;
}

/** As `ct state` of nft names it. */
export const stateOf = (ct: Ct): string =>
  ct.kind === 'tracked' ? ct.info : ct.kind === 'untracked' ? 'untracked' : 'invalid';

const translationBits = (ct: Ct): number =>
  ct.kind === 'tracked' ? (ct.conn.srcNat ? BIT.SNAT : 0) | (ct.conn.dstNat ? BIT.DNAT : 0) : 0;

const BIT_OF: ReadonlyMap<string, number> = new Map(Object.entries(BIT));
const bitsOf = (states: readonly string[]): number => states.reduce((bits, each) => bits | (BIT_OF.get(each) ?? 0), 0);

/** True where the packet's connection state is one of `states`, upper case; for nft's `ct state` too. */
export function isInState(states: readonly string[]): (ct: Ct) => boolean {
  const wanted = bitsOf(states);
  return (ct) => (stateBit(ct) & wanted) !== 0;
}

/**
 * xt_conntrack.c, conntrack_mt. A packet without a connection is judged by its state alone: with a state test that holds,
 * the tests after it are not asked; without one the match fails.
 */
export const conntrack: MatchModule<Extract<Match, { kind: 'conntrack' }>> = {
  eval({ tests }) {
    const states = tests.flatMap((test) =>
      test.kind === 'ctstate' ? [{ wanted: bitsOf(test.states), not: test.not }] : [],
    );
    const others = tests.flatMap((test) => (test.kind === 'ctstate' ? [] : [withTest(test)]));
    return (frame) => {
      const { ct } = frame.skb;
      const is = stateBit(ct) | translationBits(ct);
      for (const { wanted, not } of states) if (((is & wanted) !== 0) === not) return false;
      if (ct.kind !== 'tracked') return states.length > 0;
      for (const test of others) if (!holds(frame, test, ct.conn, ct.dir)) return false;
      return true;
    };
  },
};

interface Other {
  readonly test: ConntrackTest;
  /** Of a test of ports. */
  readonly ports: PortTest | undefined;
}

const withTest = (test: ConntrackTest): Other => ({
  test,
  ports: 'range' in test ? portTest([test.range], test.not) : undefined,
});

function holds(frame: Frame, { test, ports }: Other, conn: Conn, dir: 'original' | 'reply'): boolean {
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
      return ports === undefined || testPort(frame, ports, conn.original.sport);
    case 'ctorigdstport':
      return ports === undefined || testPort(frame, ports, conn.original.dport);
    case 'ctreplsrcport':
      return ports === undefined || testPort(frame, ports, conn.reply.sport);
    case 'ctrepldstport':
      return ports === undefined || testPort(frame, ports, conn.reply.dport);
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
  eval({ not, states }) {
    const holds = isInState(states);
    return ({ skb }) => holds(skb.ct) !== not;
  },
};
