import type { NftRule, NftStatement } from '../../../linux/index.ts';
import type { Evidence, Headers, RuleVerdict as StepVerdict } from '../../../trace/index.ts';
import { headersOf } from '../../packet.ts';
import { evidenceOf, stopUnknown } from '../evidence.ts';
import type { CompiledNftRule, Frame, RuleVerdict, StatementVerdict } from '../types.ts';

/** One nft chain (net/netfilter/nf_tables_core.c, nft_do_chain). */
export function runNftChain(frame: Frame, rules: readonly CompiledNftRule[]): RuleVerdict {
  for (const rule of rules) {
    frame.at = rule;
    const verdict = runRule(frame, rule);
    if (verdict === 'return') return 'continue';
    if (verdict !== 'continue') return verdict;
  }
  return 'continue';
}

function runRule(frame: Frame, compiled: CompiledNftRule): RuleVerdict {
  const { rule, statements, unsupported } = compiled;
  const recording = frame.walk.record !== undefined;
  const before = recording ? headersOf(frame.skb) : undefined;
  const evidence = recording ? evidenceOf(frame) : undefined;
  const leads = unsupported === undefined && rule.statements.some(isJump);
  for (const [i, statement] of statements.entries()) {
    if (leads && i === statements.length - 1) recordRule(frame, compiled, jumpKind(rule), before, evidence);
    const verdict: StatementVerdict = statement(frame);
    if (verdict === 'next') continue;
    if (verdict === 'break') return 'continue';
    if (!leads) recordRule(frame, compiled, shown(frame, verdict), before, evidence);
    return verdict;
  }
  if (unsupported !== undefined) return stopUnknown(frame, `cannot decide "${unsupported}"`);
  recordRule(frame, compiled, 'continue', before, evidence);
  return 'continue';
}

const isJump = (each: NftStatement): boolean => each.kind === 'jump' || each.kind === 'goto';

const jumpKind = (rule: NftRule): StepVerdict =>
  rule.statements.some((each) => each.kind === 'goto') ? 'goto' : 'jump';

function shown(frame: Frame, verdict: RuleVerdict): StepVerdict {
  return verdict === 'stop' ? (frame.result?.kind === 'reject' ? 'reject' : 'drop') : verdict;
}

function recordRule(
  frame: Frame,
  { rule, chain }: CompiledNftRule,
  verdict: StepVerdict,
  before: Headers | undefined,
  evidence: Evidence | undefined,
): void {
  if (before === undefined || evidence === undefined || frame.result?.kind === 'unknown') return;
  frame.walk.record?.({
    kind: 'rule',
    hook: frame.hook,
    table: frame.table?.name ?? '',
    chain,
    verdict,
    ...(verdict === 'drop' || verdict === 'reject' ? statesAsked(rule) : {}),
    action: actionOf(rule, verdict),
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
  if (last?.kind === 'jump') return `jump to ${last.chain}`;
  if (last?.kind === 'goto') return `go to ${last.chain}`;
  if (last?.kind === 'set-mark') return last.of === 'meta' ? 'set mark' : 'set connection mark';
  if (last?.kind === 'reject') return `reject with ${last.with}`;
  return last?.kind === 'verdict' || last === undefined ? verdict : last.kind;
}
