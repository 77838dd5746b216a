import type { NftChain, NftRule, NftStatement } from '../../../linux/index.ts';
import type { Evidence, Headers, RuleVerdict as StepVerdict } from '../../../trace/index.ts';
import { headersOf } from '../../packet.ts';
import { nftEvidence, stopUnknown } from '../evidence.ts';
import type { Frame, RuleVerdict } from '../types.ts';
import { type CompiledNftRule, compileNftRule, type StatementVerdict } from './compile-nft.ts';

/** One nft chain (net/netfilter/nf_tables_core.c, nft_do_chain). */
export function runNftChain(frame: Frame, chain: NftChain): RuleVerdict {
  const { place, host } = frame;
  for (const [i, rule] of chain.rules.entries()) {
    frame.chainName = chain.name;
    if (place.kind === 'nft') frame.evidence = () => nftEvidence(host, place.table, chain.name, rule, i + 1);
    const verdict = runRule(frame, compileNftRule(rule));
    if (verdict === 'return') return 'continue';
    if (verdict !== 'continue') return verdict;
  }
  return 'continue';
}

function runRule(frame: Frame, { rule, statements, unsupported }: CompiledNftRule): RuleVerdict {
  const recording = frame.walk.record !== undefined;
  const before = recording ? headersOf(frame.skb) : undefined;
  const evidence = recording ? frame.evidence() : undefined;
  const { chainName } = frame;
  const leads = unsupported === undefined && rule.statements.some(isJump);
  for (const [i, statement] of statements.entries()) {
    if (leads && i === statements.length - 1) recordRule(frame, rule, chainName, jumpKind(rule), before, evidence);
    const verdict: StatementVerdict = statement(frame);
    if (verdict === 'next') continue;
    if (verdict === 'break') return 'continue';
    if (!leads) recordRule(frame, rule, chainName, shown(frame, verdict), before, evidence);
    return verdict;
  }
  if (unsupported !== undefined) return stopUnknown(frame, `cannot decide "${unsupported}"`);
  recordRule(frame, rule, chainName, 'continue', before, evidence);
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
  rule: NftRule,
  chain: string,
  verdict: StepVerdict,
  before: Headers | undefined,
  evidence: Evidence | undefined,
): void {
  if (before === undefined || evidence === undefined || frame.result?.kind === 'unknown') return;
  frame.walk.record?.({
    kind: 'rule',
    hook: frame.hook,
    table: frame.tableName,
    chain,
    verdict,
    action: actionOf(rule, verdict),
    because: rule.comment ?? '',
    evidence,
    before,
    after: headersOf(frame.skb),
  });
}

function actionOf(rule: NftRule, verdict: StepVerdict): string {
  const last = rule.statements.at(-1);
  if (last?.kind === 'jump') return `jump to ${last.chain}`;
  if (last?.kind === 'goto') return `go to ${last.chain}`;
  if (last?.kind === 'set-mark') return last.of === 'meta' ? 'set mark' : 'set connection mark';
  if (last?.kind === 'reject') return `reject with ${last.with}`;
  return last?.kind === 'verdict' || last === undefined ? verdict : last.kind;
}
