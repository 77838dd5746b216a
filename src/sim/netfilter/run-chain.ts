import type { Rule, Target } from '../../linux/index.ts';
import type { RuleVerdict as StepVerdict } from '../../trace/index.ts';
import { hasFlag, headersOf } from '../packet.ts';
import { evidenceOf, stopUnknown } from './evidence.ts';
import { compileMatch } from './matches/compile-match.ts';
import { portsOf } from './matches/ports.ts';
import { atChainEnd, beside, isMadeUp, mayHold } from './maybe.ts';
import { asksOfSome, headHolds, isHeadMatch } from './rule-head.ts';
import type { CompiledChain, CompiledRule, Frame, RuleVerdict } from './types.ts';

/**
 * One chain, rule by rule (net/ipv4/netfilter/ip_tables.c, ipt_do_table). RETURN and the end of the chain are the same to
 * whoever called it; a built-in chain's policy is its table's business.
 */
export function runChain(frame: Frame, chain: CompiledChain): RuleVerdict {
  for (const rule of frame.linear || isOutsideIndex(frame, chain) ? chain.all : chain.candidates(frame.skb.packet)) {
    const verdict = runRule(frame, rule);
    if (verdict === 'continue') continue;
    if (verdict !== 'return') return verdict;
    break;
  }
  return frame.maybe === undefined ? 'continue' : atChainEnd(frame, frame.maybe);
}

const isOutsideIndex = (frame: Frame, { goesByPort, goesByPublic }: CompiledChain): boolean =>
  (goesByPort && isToDrawnPort(frame)) || (goesByPublic && isMadeUp(frame));

/** An answer's destination port is the one its request was sent from. */
function isToDrawnPort({ walk, skb }: Frame): boolean {
  const ports = portsOf(skb.packet);
  return ports !== undefined && walk.dice.drew?.(ports.dport) === true;
}

function runRule(frame: Frame, compiled: CompiledRule): RuleVerdict {
  const { standIn } = frame.walk;
  if (standIn !== undefined && asksOfSome(compiled)) {
    if (!mayHold(frame, compiled, standIn)) return 'continue';
  } else if (compiled.asks !== 0 && !headHolds(compiled, frame.skb)) return 'continue';
  frame.at = compiled;
  const { matches } = compiled;
  if (matches !== undefined && !matches(frame)) {
    frame.unsure = undefined;
    return frame.result === undefined ? 'continue' : 'stop';
  }
  if (compiled.unsupported !== undefined) {
    frame.unsure = undefined;
    return compiled.matters ? stopUnknown(frame, `cannot decide "${compiled.unsupported}"`) : 'continue';
  }
  if (frame.unsure !== undefined || frame.maybe !== undefined) {
    const verdict = ruleBeside(frame, compiled);
    if (verdict !== undefined) return verdict;
  }
  if (!isLoadable(frame, compiled)) return stopUnknown(frame, `no kernel loads this rule on ${frame.hook}`);
  if (frame.walk.record === undefined) return compiled.target === undefined ? 'continue' : compiled.target(frame);
  return runRecorded(frame, compiled);
}

function ruleBeside(frame: Frame, compiled: CompiledRule): RuleVerdict | undefined {
  const { target, matches } = compiled.rule;
  const spends = matches.some((match) => !isHeadMatch(match) && compileMatch(match, compiled.rule).sideEffect);
  if (compiled.target === undefined && !spends) {
    frame.unsure = undefined;
    return undefined;
  }
  const leads = target?.kind === 'jump' || target?.kind === 'goto';
  const goesOn = target === undefined || !ENDS.has(target.kind);
  return beside(frame, { does: wordOf(target), leads, goesOn, spends: spends || turnsOver(target) });
}

/** Behind one no rule of the chain sees the packet. */
const ENDS: ReadonlySet<Target['kind']> = new Set([
  'ACCEPT',
  'DROP',
  'RETURN',
  'REJECT',
  'DNAT',
  'SNAT',
  'MASQUERADE',
  'REDIRECT',
  'NETMAP',
]);

/** Done twice is not done once: bits outside a mask are exclusive-ored (xt_mark.c, xt_connmark.c, xt_DSCP.c). */
function turnsOver(target: Target | undefined): boolean {
  if (target?.kind === 'TTL') return target.op !== 'set';
  const set = target?.kind === 'CONNMARK' ? target.op : target;
  if (set === undefined) return false;
  if ('nfmask' in set) return set.nfmask !== set.ctmask;
  return 'mask' in set && (set.value & ~set.mask) !== 0;
}

function wordOf(target: Target | undefined): string {
  if (target?.kind === 'ACCEPT' || target?.kind === 'DROP' || target?.kind === 'RETURN') return target.kind;
  return JSON.stringify(target ?? null);
}

function isLoadable({ hook, table }: Frame, { hooks, tables }: CompiledRule): boolean {
  if (hooks !== undefined && !hasFlag(hooks, hook)) return false;
  return tables === undefined || hasFlag(tables, table?.name ?? '');
}

/** A jump is told before what it leads to; everything else after what it did. */
function runRecorded(frame: Frame, { rule, chain, target }: CompiledRule): RuleVerdict {
  const { target: ast } = rule;
  const evidence = evidenceOf(frame);
  const before = headersOf(frame.skb);
  const record = (verdict: StepVerdict): void =>
    frame.walk.record?.({
      kind: 'rule',
      hook: frame.hook,
      table: frame.table?.name ?? '',
      chain,
      verdict,
      ...(verdict === 'drop' || verdict === 'reject' ? statesAsked(rule) : {}),
      action: actionOf(ast),
      because: commentOf(rule),
      evidence,
      before,
      after: headersOf(frame.skb),
    });
  if (ast?.kind === 'jump' || ast?.kind === 'goto') {
    record(ast.kind);
    return target?.(frame) ?? 'continue';
  }
  const verdict = target?.(frame) ?? 'continue';
  if (verdict === 'stop' && frame.result?.kind === 'unknown') return verdict;
  record(verdict === 'stop' ? (frame.result?.kind === 'reject' ? 'reject' : 'drop') : verdict);
  return verdict;
}

/** `-m conntrack --ctstate` and `-m state --state` of a rule, where it asks for states and not for their absence. */
function statesAsked({ matches }: Rule): { readonly ctstate?: readonly string[] } {
  for (const match of matches) {
    const asked = match.kind === 'conntrack' ? match.tests.find((test) => test.kind === 'ctstate') : match;
    if ((asked?.kind === 'ctstate' || asked?.kind === 'state') && !asked.not) return { ctstate: asked.states };
  }
  return {};
}

const commentOf = ({ matches }: Rule): string => {
  for (const match of matches) if (match.kind === 'comment') return match.text;
  return '';
};

const hex = (value: number): string => `0x${(value >>> 0).toString(16)}`;

function actionOf(target: Target | undefined): string {
  if (target === undefined) return 'count';
  switch (target.kind) {
    case 'jump':
    case 'goto':
      return `${target.kind === 'goto' ? 'go' : 'jump'} to ${target.chain}`;
    case 'ACCEPT':
    case 'DROP':
    case 'RETURN':
      return target.kind.toLowerCase();
    case 'REJECT':
      return `reject with ${target.with}`;
    case 'MARK':
      return `set mark ${hex(target.value)}/${hex(target.mask)}`;
    case 'CONNMARK':
      return connmarkAction(target.op);
    case 'TOS':
      return `set tos ${hex(target.value)}/${hex(target.mask)}`;
    case 'DSCP':
      return `set dscp ${hex(target.value)}`;
    case 'no-effect':
      return target.name;
    default:
      return target.kind;
  }
}

function connmarkAction(op: Extract<Target, { kind: 'CONNMARK' }>['op']): string {
  if (op.kind === 'set') return `set connection mark ${hex(op.value)}/${hex(op.mask)}`;
  return op.kind === 'save' ? 'save mark to the connection' : 'restore mark from the connection';
}
