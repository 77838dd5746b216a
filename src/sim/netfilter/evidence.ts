import { invariant } from '../../base/index.ts';
import type { Origin } from '../../linux/index.ts';
import { type NftTable, printNftRule, printNftTables, printRule, ruleLine } from '../../linux/index.ts';
import type { Evidence } from '../../trace/index.ts';
import { printConn } from '../conntrack/index.ts';
import type { Conn } from '../packet.ts';
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

function lineOf(host: Host, source: TableSource, at: CompiledRule | CompiledNftRule): Evidence {
  if (at.kind === 'iptables' && source.kind === 'iptables') return ruleEvidence(host, source, at);
  invariant(at.kind === 'nft' && source.kind === 'nft', 'a rule is of the table it is in');
  return nftEvidence(host, source.table, at);
}

/** The `-A` line of a rule, where iptables-save prints it. */
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
      line: ruleLine(ruleset, table.name, chain, index - 1),
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
      line: nftLine(host, table, chain, index),
      rule: { table: `${table.family} ${table.name}`, chain, index },
    },
    text: printNftRule(rule, table.family),
    ...by(rule.origin),
  };
}

/** Prints the ruleset up to and with the rule: only the two closing braces come after it. */
function nftLine(host: Host, table: NftTable, chainName: string, index: number): number {
  const at = table.chains.findIndex((chain) => chain.name === chainName);
  const chain = table.chains[at];
  const before = host.netns.nft.slice(0, host.netns.nft.indexOf(table));
  if (chain === undefined) return 1;
  const chains = [...table.chains.slice(0, at), { ...chain, rules: chain.rules.slice(0, index) }];
  return printNftTables([...before, { ...table, chains }]).split('\n').length - 3;
}

/** What the kernel does by itself, with the function that does it. */
export const kernelEvidence = (host: Host, file: string, text: string): Evidence => ({
  plane: 'sim',
  artefact: { file: `${host.folder}/${file}` },
  text,
});

export const connEvidence = (host: Host, conn: Conn, now: number): Evidence =>
  kernelEvidence(host, 'conntrack', printConn(conn, now));

/** Ends the packet as `unknown`, naming the rule that could not be decided. */
export function stopUnknown(frame: Frame, what: string): RuleVerdict {
  const evidence = evidenceOf(frame);
  const { artefact, text } = evidence;
  const line = artefact.line === undefined ? '' : `:${artefact.line}`;
  frame.result = { kind: 'unknown', what: `${artefact.file}${line}: ${what}: ${text}`, evidence };
  return 'stop';
}
