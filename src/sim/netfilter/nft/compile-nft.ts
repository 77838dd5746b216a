import { assertNever } from '../../../base/index.ts';
import { anyHolds, isMadeFrom, isOfSome } from '../../../fabric/index.ts';
import type { NftChain, NftReject, NftRule, NftStatement, NftTable } from '../../../linux/index.ts';
import { isHostCidr, parseProtocol } from '../../../net/index.ts';
import { flowType } from '../../fib/index.ts';
import { stopUnknown } from '../evidence.ts';
import { inBlock } from '../matches/addresses.ts';
import { portTest, testPort } from '../matches/by-port.ts';
import { isInState } from '../matches/conntrack.ts';
import { nameMatches } from '../matches/interfaces.ts';
import { setupMasquerade } from '../nat/ranges.ts';
import { setupNat } from '../nat/setup-nat.ts';
import type { CompiledNftRule, Frame, StatementEval } from '../types.ts';
import { compileLookup, compileUpdate, compileVmap } from './compile-lookup.ts';
import { readMark, transportPort } from './read-key.ts';

/** The rules of a chain, ready to be evaluated. */
export const compileNftChain = ({ name, rules }: NftChain): readonly CompiledNftRule[] =>
  rules.map((rule, i) => ({ kind: 'nft', rule, chain: name, index: i + 1, evidence: undefined, ...build(rule) }));

function build(rule: NftRule): Pick<CompiledNftRule, 'statements' | 'unsupported'> {
  const unsupported = rule.statements.find((each) => each.kind === 'unsupported');
  if (unsupported === undefined) return { statements: rule.statements.map(compileStatement), unsupported: undefined };
  // Matches are pure and, until a mark or a set is written, independent of what stands between them.
  const setter = rule.statements.findIndex(({ kind }) => kind === 'set-mark' || kind === 'update-set');
  const leading = setter < 0 ? rule.statements : rule.statements.slice(0, setter);
  const statements = leading.filter(isMatch).map(compileStatement);
  return { statements, unsupported: unsupported.text };
}

/** It asks, and does nothing. */
export const isMatch = ({ kind }: NftStatement): boolean => kind.startsWith('match-') || kind === 'lookup';

const when =
  (test: (frame: Frame) => boolean): StatementEval =>
  (frame) =>
    test(frame) ? 'next' : 'break';

/** Statements of nft(8), each as its expression in net/netfilter/nft_*.c evaluates. */
function compileStatement(statement: NftStatement): StatementEval {
  switch (statement.kind) {
    case 'match-address':
      return matchAddress(statement);
    case 'match-interface': {
      const holds = nameMatches(statement.name, statement.wildcard);
      const { field, not } = statement;
      return when(({ skb }) => holds((field === 'iifname' ? skb.iif : skb.oif) ?? '') !== not);
    }
    case 'match-port':
      return matchPort(statement);
    case 'match-l4proto': {
      const wanted = new Set(statement.protocols.map((name) => parseProtocol(name) ?? name));
      return when(({ skb }) => wanted.has(skb.packet.protocol) !== statement.not);
    }
    case 'match-fib-type':
      return matchFibType(statement);
    case 'match-mark': {
      const { of, mask, not } = statement;
      const value = statement.value >>> 0;
      return when((frame) => {
        const mark = readMark(frame, of);
        return mark !== undefined && ((mark & mask) >>> 0 === value) !== not;
      });
    }
    case 'match-ct-state': {
      // nft compares with the value of all of them together, which no packet's one state is.
      if (statement.not && new Set(statement.states).size > 1) return () => 'next';
      const holds = isInState(statement.states.map((each) => each.toUpperCase()));
      return when(({ skb }) => holds(skb.ct) !== statement.not);
    }
    case 'lookup':
      return compileLookup(statement);
    case 'vmap':
      return compileVmap(statement);
    case 'update-set':
      return compileUpdate(statement);
    case 'counter':
      return () => 'next';
    case 'set-mark':
      return setMark(statement);
    default:
      return compileVerdict(statement);
  }
}

function matchFibType({ of, not, type }: Extract<NftStatement, { kind: 'match-fib-type' }>): StatementEval {
  const wanted = type.toUpperCase();
  return (frame) => {
    const is = flowType(frame.host, frame.skb.packet, of);
    if (typeof is === 'string') return (is === wanted) !== not ? 'next' : 'break';
    frame.result = is;
    return 'stop';
  };
}

type Deciding = Extract<
  NftStatement,
  { kind: 'verdict' | 'jump' | 'goto' | 'reject' | 'dnat' | 'snat' | 'masquerade' | 'unsupported' }
>;

function compileVerdict(statement: Deciding): StatementEval {
  switch (statement.kind) {
    case 'verdict':
    case 'jump':
    case 'goto': {
      const named = { verdict: statement, element: undefined };
      return () => named;
    }
    case 'reject': {
      const applies = rejectsWhat(statement.with);
      return (frame) => {
        if (!applies(frame)) return 'break';
        const because = `a rule of chain ${frame.at?.chain} (nft table ${frame.table?.name}) rejects it with ${statement.with}`;
        frame.result = { kind: 'reject', with: statement.with, because };
        return 'stop';
      };
    }
    case 'dnat':
    case 'snat': {
      const { to, port, random, fullyRandom } = statement;
      const ports = port === undefined ? undefined : { from: port, to: port };
      const flag = flagOf(random, fullyRandom);
      const wanted = { from: to, to, ports, random: random || fullyRandom, flag, persistent: false };
      return (frame) =>
        isFamily(to.includes(':') ? 6 : 4, frame)
          ? setupNat(frame, statement.kind === 'dnat' ? 'dst' : 'src', wanted)
          : 'next';
    }
    case 'masquerade': {
      const { random, fullyRandom } = statement;
      const flag = flagOf(random, fullyRandom);
      return (frame) => setupMasquerade(frame, { ports: undefined, random: random || fullyRandom, flag });
    }
    case 'unsupported':
      return (frame) => stopUnknown(frame, `cannot decide "${statement.text}"`);
    default:
      return assertNever(statement);
  }
}

/** nft puts a test of what an answer is about before it (nftables, src/evaluate.c stmt_evaluate_reject), which it does not always list. */
function rejectsWhat(answer: NftReject): (frame: Frame) => boolean {
  if (answer === 'tcp reset') return ({ skb }) => skb.packet.protocol === 'tcp';
  if (answer.startsWith('icmpx ')) return () => true;
  const family = answer.startsWith('icmpv6 ') ? 6 : 4;
  return (frame) => isFamily(family, frame);
}

const flagOf = (random: boolean, fully: boolean): string => (fully ? 'fully-random' : random ? 'random' : '');
const isFamily = (family: 4 | 6, frame: Frame): boolean => frame.family === family;

/** In an inet table nft puts a test of the family before it: the other family's packets never match, negated or not. */
function matchAddress({ field, not, cidrs }: Extract<NftStatement, { kind: 'match-address' }>): StatementEval {
  const family = cidrs[0]?.family;
  const blocks = cidrs.map(inBlock);
  const ofSome = cidrs.some(isOfSome);
  return when((frame) => {
    const { packet } = frame.skb;
    if (packet.family !== family) return false;
    const address = field === 'saddr' ? packet.src : packet.dst;
    const standIn = ofSome ? frame.walk.standIn?.(address) : undefined;
    if (standIn === undefined) return blocks.some((holds) => holds(address)) !== not;
    // One that is written alone as a destination is known, and a made-up one stands for another.
    const compared = field === 'saddr' ? cidrs : cidrs.filter((each) => !isHostCidr(each) || isMadeFrom(standIn, each));
    const held = anyHolds(compared, address, standIn);
    if (held !== 'unsure') return (held === 'yes') !== not;
    const { unsure } = frame;
    frame.unsure = unsure === undefined ? { address, standIn, blocks: not ? [] : compared } : { ...unsure, blocks: [] };
    return true;
  });
}

function matchPort({ protocol, field, not, ports }: Extract<NftStatement, { kind: 'match-port' }>): StatementEval {
  const test = portTest(ports, not);
  return (frame) => {
    const { packet } = frame.skb;
    if (protocol !== 'th' && packet.protocol !== protocol) return 'break';
    const own = transportPort(packet, field);
    if (typeof own !== 'number') return stopUnknown(frame, own.unread);
    return testPort(frame, test, own) ? 'next' : 'break';
  };
}

function setMark({ of, source, and, or, xor }: Extract<NftStatement, { kind: 'set-mark' }>): StatementEval {
  return (frame) => {
    const present = source === 'immediate' ? 0 : readMark(frame, source);
    if (present === undefined) return 'break';
    const value = (((present & and) ^ xor) | or) >>> 0;
    if (of === 'meta') frame.skb.mark = value;
    else if (frame.skb.ct.kind === 'tracked') frame.skb.ct.conn.mark = value;
    return 'next';
  };
}

export const tableLabel = ({ family, name }: NftTable): string => `${family} ${name}`;
