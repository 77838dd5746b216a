import { connections } from '../test/conformance/connections.case.ts';
import { earlyDemux } from '../test/conformance/early-demux.case.ts';
import { hooks } from '../test/conformance/hooks.case.ts';
import { KNOWN_GAPS } from '../test/conformance/known-gaps.ts';
import { mss } from '../test/conformance/mss.case.ts';
import { nat } from '../test/conformance/nat.case.ts';
import { netfilter } from '../test/conformance/netfilter.case.ts';
import { nft } from '../test/conformance/nft.case.ts';
import { nftSets } from '../test/conformance/nft-sets.case.ts';
import { ownAnswers } from '../test/conformance/own-answers.case.ts';
import type { Group } from '../test/conformance/parse-cases.ts';
import { refusals } from '../test/conformance/refusals.case.ts';
import { reject } from '../test/conformance/reject.case.ts';
import { routeMetrics } from '../test/conformance/route-metrics.case.ts';
import { routing } from '../test/conformance/routing.case.ts';
import { routing6 } from '../test/conformance/routing6.case.ts';
import { scopes } from '../test/conformance/scopes.case.ts';
import { tos } from '../test/conformance/tos.case.ts';
import { MUTANTS } from '../test/mutants/mutants.ts';

const TOPICS: readonly (readonly [string, readonly Group[]])[] = [
  ['hooks', hooks],
  ['chains, matches, targets', netfilter],
  ['what REJECT answers', reject],
  ['connections', connections],
  ['native nft tables', nft],
  ['nft sets and maps', nftSets],
  ['translation', nat],
  ['routing, sources, answers and errors', routing],
  ['the same of IPv6', routing6],
  ['rules and routes that refuse, and 0.0.0.0', refusals],
  ['metrics of routes', routeMetrics],
  ['early demux', earlyDemux],
  ['TOS bytes', tos],
  ['TCPMSS', mss],
  ['sources and marks of answers', ownAnswers],
  ['scopes and anycast', scopes],
];

const rowsOf = (groups: readonly Group[]): number => groups.reduce((sum, { rows }) => sum + rows.length, 0);

/** What docs/fidelity.md says is proved: counted, not typed. */
export function provedBlock(): string {
  const all = TOPICS.flatMap(([, groups]) => groups);
  const survivors = MUTANTS.filter(({ survives }) => survives !== undefined);
  return [
    `**${rowsOf(all)} packets in ${all.length} setups**, each with what becomes of it, pass on the kernel and in the model:`,
    '',
    '| topic | packets | setups |',
    '|---|---|---|',
    ...TOPICS.map(([topic, groups]) => `| ${topic} | ${rowsOf(groups)} | ${groups.map(titleOf).join(' · ')} |`),
    '',
    `Of these, ${KNOWN_GAPS.length} are known gaps:`,
    '',
    ...KNOWN_GAPS.map(({ plane, group, put, because }) => `- ${nameOf(plane)}, ${group}, \`${put}\`: ${because}`),
    '',
    `**${MUTANTS.length} small faults** put into the model (\`make mutants\`) are shown by these packets or by random ones, save ${survivors.length}:`,
    '',
    ...survivors.map(
      ({ file, from, to, survives }) => `- \`${file}\`: \`${from.trim()}\` for \`${to.trim()}\`: ${survives}`,
    ),
  ].join('\n');
}

const titleOf = ({ title }: Group): string => title.replaceAll('|', '\\|');
const nameOf = (plane: 'sim' | 'kernel'): string => (plane === 'sim' ? 'the model' : "the kernel's own account");
