import type { TripLine } from '../../lab/index.ts';
import { sideBySide } from '../compare-walks.ts';
import type { Io } from '../io.ts';
import type { ProofCase, ProofCases } from './proof-cases.ts';
import type { Differing, Proof } from './prove-world.ts';

/** A proof, and what it was a proof of. */
export interface ProofReport extends Proof, Pick<ProofCases, 'of' | 'leftOut'> {
  readonly seed: number;
  readonly seconds: number;
  /** How the lab's World is not the input's. */
  readonly assumptions: readonly string[];
}

/** Differences shown in full, the first of each kind; the rest are counted. */
const SHOWN = 5;
const MARGIN = 12;

/** `undecided`: no difference, and something one plane does not know. */
export function outcomeOf({ differences, unknown }: Proof): 'agree' | 'differ' | 'undecided' {
  if (differences.length > 0) return 'differ';
  return unknown.length > 0 ? 'undecided' : 'agree';
}

/** One line of result, then whatever keeps it from being "agree". */
export function proofText(report: ProofReport, io: Io): string {
  const { unknown, leftOut, assumptions } = report;
  const outcome = outcomeOf(report);
  const word = outcome.padEnd(MARGIN);
  const lines = [`${outcome === 'agree' ? io.style.good(word) : io.style.bad(word)}${io.style.strong(result(report))}`];
  for (const { what, walks, example } of unknown)
    lines.push(`${'unknown'.padEnd(MARGIN)}${plural(walks, 'walk')}: ${what}`, indent(`for example ${asked(example)}`));
  if (leftOut.length > 0) lines.push(`${'not walked'.padEnd(MARGIN)}no plain socket sends it: ${leftOut.join(', ')}`);
  for (const assumption of assumptions) lines.push(io.style.faint(`${'assumed'.padEnd(MARGIN)}${assumption}`));
  lines.push(...differencesText(report, io));
  return `${lines.join('\n')}\n`;
}

function result({ walks, of, seed, packets, differences, undecided, seconds }: ProofReport): string {
  const sample = walks < of ? `${walks} of ${plural(of, 'walk')} (seed ${seed})` : plural(walks, 'walk');
  return [
    sample,
    plural(packets, 'packet'),
    `${differences.length} ${differences.length === 1 ? 'difference' : 'differences'}`,
    ...(undecided > 0 ? [`${undecided} unknown`] : []),
    `${seconds.toFixed(1)} s`,
  ].join(', ');
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
const indent = (text: string): string => ' '.repeat(MARGIN) + text;
const asked = ({ from, to, probe: { protocol, http } }: ProofCase): string =>
  `${from} → ${to} ${String(protocol)}${http === undefined ? '' : `, ${http.method} ${http.scheme}://${http.host}${http.path}`}`;

function differencesText({ differences }: ProofReport, io: Io): string[] {
  const shown = [...new Map(differences.map((each) => [kindOf(each), each])).values()].slice(0, SHOWN);
  const more = differences.length - shown.length;
  return [
    ...shown.flatMap((each) => [
      '',
      `${io.style.bad('differ'.padEnd(MARGIN))}${io.style.strong(asked(each.case))}`,
      `${'again'.padEnd(MARGIN)}packetwalk trace ${commandOf(each.case)} --plane both`,
      ...sideBySide(each, io),
    ]),
    ...(more > 0 ? ['', `and ${more} more, of the kinds shown or others: -o json has them all`] : []),
  ];
}

/** Ends and protocol as `trace` takes them. */
function commandOf({ from, to, probe }: ProofCase): string {
  const protocol = String(probe.protocol).replace('ipv6-', '');
  return `-f ... ${from} ${to}${protocol === 'tcp' ? '' : ` --proto ${protocol}`}`;
}

/** What the first lines that differ say, whatever the addresses and numbers. */
function kindOf({ difference }: Differing): string {
  const bare = (line: TripLine | undefined): string => (line?.text ?? '').replace(/\d+/g, '#');
  return `${bare(difference?.sim)} / ${bare(difference?.kernel)}`;
}
