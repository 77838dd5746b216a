import { invariant } from '../../base/index.ts';
import type { Origin } from '../../linux/index.ts';
import { type NftTable, nftRuleLine, printNftRule, printRule, ruleLine } from '../../linux/index.ts';
import type { DropCause, Evidence } from '../../trace/index.ts';
import { printConn } from '../conntrack/index.ts';
import { type Conn, headersOf } from '../packet.ts';
import type { Host } from '../types.ts';
import type { CompiledNftRule, CompiledRule, Frame, RuleVerdict, TableSource } from './types.ts';

const by = (origin: Origin | undefined): Pick<Evidence, 'by' | 'setting'> =>
  origin === undefined ? {} : { by: origin.by, ...(origin.because === undefined ? {} : { setting: origin.because }) };

/** The line of the rule being evaluated, as its namespace's artefact prints it. */
export function evidenceOf({ at, table, host }: Frame): Evidence {
  if (at === undefined || table === undefined) return kernelEvidence(host, 'iptables-save', 'nf_hook_slow');
  at.evidence ??= lineOf(host, table.source, at);
  return at.evidence;
}

/** The rule that leaves something to chance, where a walk is told. */
export const askedBy = (frame: Frame): Evidence | undefined =>
  frame.walk.record === undefined ? undefined : evidenceOf(frame);

function lineOf(host: Host, source: TableSource, at: CompiledRule | CompiledNftRule): Evidence {
  if (at.kind === 'iptables' && source.kind === 'iptables') return ruleEvidence(host, source, at);
  invariant(at.kind === 'nft' && source.kind === 'nft', 'a rule is of the table it is in');
  return nftEvidence(host, source.table, at);
}

/** The `-A` line of a rule, where it was read, or where iptables-save prints it. */
function ruleEvidence(
  host: Host,
  { ruleset, table }: Extract<TableSource, { kind: 'iptables' }>,
  { chain, rule, index }: CompiledRule,
): Evidence {
  const file = ruleset === host.netns.iptables.ip ? 'iptables-save' : 'ip6tables-save';
  return {
    plane: 'sim',
    artefact: {
      file: `${host.folder}/${file}`,
      line: rule.line ?? ruleLine(ruleset, table.name, chain, index - 1),
      rule: { table: table.name, chain, index },
    },
    text: printRule(chain, rule),
    ...by(rule.origin),
  };
}

function nftEvidence(host: Host, table: NftTable, { chain, rule, index }: CompiledNftRule): Evidence {
  return {
    plane: 'sim',
    artefact: {
      file: `${host.folder}/nft-list-ruleset`,
      line: rule.line ?? nftRuleLine(host.netns.nft, table, chain, index),
      rule: { table: `${table.family} ${table.name}`, chain, index },
    },
    text: printNftRule(rule, table.family),
    ...by(rule.origin),
  };
}

/** What the kernel does by itself, with the function that does it. */
export const kernelEvidence = (host: Pick<Host, 'folder'>, file: string, text: string): Evidence => ({
  plane: 'sim',
  artefact: { file: `${host.folder}/${file}` },
  text,
});

export const connEvidence = (host: Host, conn: Conn, now: number): Evidence =>
  kernelEvidence(host, 'conntrack', printConn(conn, now));

/** Ends the packet where no rule does: nat and conntrack drop by themselves. */
export function stopDropped(
  frame: Frame,
  cause: DropCause,
  because: string,
  text: string,
  file = 'conntrack',
): RuleVerdict {
  const { walk, host, skb } = frame;
  const disposition = cause.kind === 'port-clash' ? 'exhausted' : 'dropped';
  frame.result = { kind: 'drop', disposition, because };
  if (walk.record !== undefined) {
    const evidence = kernelEvidence(host, file, text);
    const now = headersOf(skb);
    walk.record({ kind: 'drop', disposition, cause, action: 'dropped', because, evidence, before: now, after: now });
  }
  return 'stop';
}

/** Ends the packet as `unknown`, naming what could not be decided: the rule, unless it is told. */
export function stopUnknown(frame: Frame, what: string, evidence = evidenceOf(frame)): RuleVerdict {
  const { artefact, text } = evidence;
  const line = artefact.line === undefined ? '' : `:${artefact.line}`;
  frame.result = { kind: 'unknown', what: `${artefact.file}${line}: ${what}: ${text}`, evidence };
  return 'stop';
}
