import type { NftRule, NftStatement, NftVerdict, Origin } from '../../../linux/index.ts';
import type { Evidence, Headers, RuleVerdict as StepVerdict } from '../../../trace/index.ts';
import { headersOf } from '../../packet.ts';
import { evidenceOf, stopUnknown } from '../evidence.ts';
import { atChainEnd, beside } from '../maybe.ts';
import { jumpTo } from '../targets/verdicts.ts';
import type { CompiledNftRule, Frame, NamedVerdict, RuleVerdict, StatementEval } from '../types.ts';
import { isMatch } from './compile-nft.ts';

/** One nft chain (net/netfilter/nf_tables_core.c, nft_do_chain). */
export function runNftChain(frame: Frame, rules: readonly CompiledNftRule[]): RuleVerdict {
  for (const rule of rules) {
    frame.at = rule;
    const verdict = runRule(frame, rule);
    if (verdict === 'continue') continue;
    if (verdict !== 'return') return verdict;
    break;
  }
  return frame.maybe === undefined ? 'continue' : atChainEnd(frame, frame.maybe);
}

function runRule(frame: Frame, compiled: CompiledNftRule): RuleVerdict {
  const { statements, unsupported } = compiled;
  const recording = frame.walk.record !== undefined;
  const before = recording ? headersOf(frame.skb) : undefined;
  const told: Told = { before, evidence: recording ? evidenceOf(frame) : undefined };
  for (let at = 0; at < statements.length; at++) {
    const statement = statements[at];
    if (statement === undefined) break;
    if ((frame.unsure !== undefined || frame.maybe !== undefined) && unsupported === undefined) {
      const other = statementBeside(frame, compiled, at);
      if (other !== undefined) return other;
    }
    const verdict = statement(frame);
    if (verdict === 'next') continue;
    if (verdict === 'break') {
      frame.unsure = undefined;
      return 'continue';
    }
    if (typeof verdict === 'object') return obey(frame, compiled, verdict, told);
    recordRule(frame, compiled, shown(frame, verdict), told);
    return verdict;
  }
  if (unsupported !== undefined) return stopUnknown(frame, `cannot decide "${unsupported}"`);
  frame.unsure = undefined;
  recordRule(frame, compiled, 'continue', told);
  return 'continue';
}

/** Matches and counters do nothing; what stands from here on does. */
function statementBeside(frame: Frame, { rule, statements }: CompiledNftRule, at: number): RuleVerdict | undefined {
  const statement = rule.statements[at];
  if (statement === undefined || statement.kind === 'counter' || isMatch(statement)) return undefined;
  const met =
    statement.kind === 'vmap' && (frame.unsure === undefined || !asksAddress(statement))
      ? mapped(frame, statement, statements[at])
      : statement;
  if (met === undefined) return undefined;
  const does =
    met.kind === 'verdict' && met.verdict !== 'continue'
      ? met.verdict.toUpperCase()
      : JSON.stringify([met, ...rule.statements.slice(at + 1)]);
  const leads = met.kind === 'jump' || met.kind === 'goto';
  const goesOn = leads || !(isLast(met) || isLast(rule.statements.at(-1)));
  return beside(frame, { does, leads, goesOn, spends: rule.statements.some(turnsOver) });
}

const asksAddress = ({ keys }: Extract<NftStatement, { kind: 'vmap' }>): boolean =>
  keys.some(({ kind }) => kind === 'address');

/** Behind it no rule of the chain sees the packet. */
const isLast = (statement: NftStatement | undefined): boolean =>
  statement?.kind === 'verdict' ? statement.verdict !== 'continue' : LAST.has(statement?.kind);

const LAST: ReadonlySet<NftStatement['kind'] | undefined> = new Set(['reject', 'dnat', 'snat', 'masquerade']);

const turnsOver = (statement: NftStatement): boolean =>
  statement.kind === 'set-mark' &&
  statement.source === statement.of &&
  (statement.and & statement.xor & ~statement.or) !== 0;

/** Undefined: the map has nothing for the packet, or nobody can tell what. Numbers are drawn among ways on. */
function mapped(
  frame: Frame,
  { keys }: Extract<NftStatement, { kind: 'vmap' }>,
  evaluate: StatementEval | undefined,
): NftVerdict | undefined {
  if (keys.some(({ kind }) => kind === 'numgen')) return { kind: 'jump', chain: '' };
  const found = evaluate?.(frame);
  return typeof found === 'object' ? found.verdict : undefined;
}

/** What a rule tells of itself: the packet before it, and where it stands. */
interface Told {
  readonly before: Headers | undefined;
  readonly evidence: Evidence | undefined;
}

/** A verdict by name: a jump is told before what it leads to, everything else after what it did. */
function obey(frame: Frame, compiled: CompiledNftRule, { verdict, element }: NamedVerdict, told: Told): RuleVerdict {
  const own = element?.origin === undefined ? told : withOrigin(told, element.origin);
  if (verdict.kind !== 'verdict') {
    recordRule(frame, compiled, verdict.kind, own, verdict.chain);
    return jumpTo(verdict.chain, verdict.kind)(frame);
  }
  if (verdict.verdict === 'drop') dropHere(frame);
  recordRule(frame, compiled, verdict.verdict, own);
  return verdict.verdict === 'drop' ? 'stop' : verdict.verdict;
}

/** Who wrote the element of a map decides more than who wrote the rule that looks it up. */
function withOrigin({ before, evidence }: Told, { by, because }: Origin): Told {
  if (evidence === undefined) return { before, evidence };
  return { before, evidence: { ...evidence, by, ...(because === undefined ? {} : { setting: because }) } };
}

function dropHere(frame: Frame): void {
  const because = `a rule of chain ${frame.at?.chain} (nft table ${frame.table?.name}, hook ${frame.hook}) drops it`;
  frame.result = { kind: 'drop', disposition: 'dropped', because };
}

function shown(frame: Frame, verdict: RuleVerdict): StepVerdict {
  return verdict === 'stop' ? (frame.result?.kind === 'reject' ? 'reject' : 'drop') : verdict;
}

function recordRule(
  frame: Frame,
  { rule, chain }: CompiledNftRule,
  verdict: StepVerdict,
  { before, evidence }: Told,
  target?: string,
): void {
  if (before === undefined || evidence === undefined || frame.result?.kind === 'unknown') return;
  frame.walk.record?.({
    kind: 'rule',
    hook: frame.hook,
    table: frame.table?.name ?? '',
    chain,
    verdict,
    ...(target === undefined ? {} : { target }),
    ...(verdict === 'drop' || verdict === 'reject' ? statesAsked(rule) : {}),
    action: target === undefined ? actionOf(rule, verdict) : `${verdict === 'goto' ? 'go' : 'jump'} to ${target}`,
    because: rule.comment ?? '',
    evidence,
    before,
    after: headersOf(frame.skb),
  });
}

/** `ct state` of a rule, where it asks for states and not for their absence. */
function statesAsked({ statements }: NftRule): { readonly ctstate?: readonly string[] } {
  for (const each of statements)
    if (each.kind === 'match-ct-state' && !each.not)
      return { ctstate: each.states.map((state) => state.toUpperCase()) };
  return {};
}

function actionOf(rule: NftRule, verdict: StepVerdict): string {
  const last = rule.statements.at(-1);
  if (last?.kind === 'set-mark') return markAction(last);
  if (last?.kind === 'reject') return `reject with ${last.with}`;
  if (last?.kind === 'update-set') return `${last.op} an element of set ${last.set}`;
  return last?.kind === 'verdict' || last?.kind === 'vmap' || last === undefined ? verdict : last.kind;
}

const hex = (value: number): string => `0x${(value >>> 0).toString(16)}`;

/** `set mark 0x4000/0x4000`: value and mask where bits are set, as iptables names it. */
function markAction({ of, source, and, or, xor }: Extract<NftStatement, { kind: 'set-mark' }>): string {
  const mark = of === 'meta' ? 'mark' : 'connection mark';
  if (source === 'immediate') return `set ${mark} ${hex(or)}`;
  if (source !== of || and >>> 0 !== 0xffffffff) return `set ${mark}`;
  if (or !== 0) return `set ${mark} ${hex(or)}/${hex(or)}`;
  return xor === 0 ? `set ${mark}` : `flip ${mark} ${hex(xor)}`;
}
