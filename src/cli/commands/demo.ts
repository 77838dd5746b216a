import { fileURLToPath } from 'node:url';
import { agrees, renderExperiments, type Style, sameOnKernel } from '../../render/index.ts';
import type { World } from '../../world/index.ts';
import { accessLogs, type LogLine, type LogRow, sameLine } from '../demo/access-logs.ts';
import { beyond } from '../demo/beyond.ts';
import { experiments } from '../demo/experiments.ts';
import { type Correction, corrections } from '../demo/explained.ts';
import { type Kernel, openKernel } from '../demo/kernel.ts';
import { type Lab, openLab } from '../demo/lab.ts';
import { type VerifiedRow, verified } from '../demo/verified.ts';
import { EXIT, type Io } from '../io.ts';
import { openWorld } from '../open-world.ts';

export interface DemoFlags {
  /** `--lab`: each command is run on this machine's kernel as well. */
  readonly lab: boolean;
  readonly output: 'text' | 'json';
}

/** What `demo -o json` prints. */
export interface DemoResult {
  readonly experiments: Awaited<ReturnType<typeof experiments>>;
  readonly verified: readonly VerifiedRow[];
  readonly corrections: readonly Correction[];
  readonly accessLogs: readonly LogRow[];
}

/** Examples lie beside src/ and beside dist/, and are shipped with the package. */
const example = (name: string): string => fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url));

/**
 * `demo`: the article's experiments, its closing table and the before/after of EXTERNALSNAT, each computed, beside the print;
 * with `--lab` also run on the kernel.
 */
export async function demo(flags: DemoFlags, io: Io): Promise<number> {
  const quiet: Io = { ...io, stderr: () => undefined };
  const article = openWorld({ file: [example('article')], set: [] }, quiet);
  const before = openWorld({ file: [example('external-snat')], set: [] }, quiet);
  const after = openWorld({ file: [example('external-snat')], set: ['AWS_VPC_K8S_CNI_EXTERNALSNAT=true'] }, quiet);
  const lab = openLab(article);
  const result: DemoResult = {
    experiments: flags.lab
      ? await onKernel(article, io, (kernel) => inLab(openLab(article, kernel.protocolNames), kernel))
      : await experiments(lab),
    verified: await verified(lab),
    corrections: await corrections(lab),
    accessLogs: flags.lab
      ? await onKernel(before, io, (kernel) => accessLogs(before, after, kernel))
      : await accessLogs(before, after),
  };
  io.stdout(flags.output === 'json' ? `${JSON.stringify(result, undefined, 2)}\n` : demoText(result, io.style));
  return wrongRows(result) + disagreements(result) === 0 ? EXIT.ok : EXIT.failed;
}

/** What `body` finds out in a lab that holds `world` and ends with it. */
async function onKernel<T>(world: World, io: Io, body: (kernel: Kernel) => Promise<T>): Promise<T> {
  const kernel = await openKernel(world);
  io.stderr(`${io.style.faint('lab')}: ${world.name} is up on this kernel\n`);
  try {
    return await body(kernel);
  } finally {
    kernel.end();
  }
}

const inLab = async (lab: Lab, kernel: Kernel): Promise<DemoResult['experiments']> => [
  ...(await experiments(lab, kernel)),
  ...(await beyond(lab, kernel)),
];

const wrongRows = (result: DemoResult): number => result.verified.filter((row) => row.holds === 'no').length;

const disagreements = (result: DemoResult): number =>
  observed(result).filter((each) => !agrees(each)).length + logged(result).filter((each) => !sameLine(each)).length;

const logged = ({ accessLogs: rows }: DemoResult): readonly LogLine[] =>
  rows.flatMap(({ before, after }) => [before, after]);

const observed = (result: DemoResult): DemoResult['experiments'][number]['observations'] =>
  result.experiments.flatMap(({ observations }) => observations);

/** The demo as a reader reads it. */
export function demoText(result: DemoResult, style: Style): string {
  return [
    ...summary(result, style),
    '',
    ...renderExperiments(result.experiments, style),
    style.strong('What we verified'),
    ...tableLines(result.verified, style),
    '',
    style.strong('Observed right, explained wrong'),
    ...result.corrections.flatMap(correctionLines),
    '',
    style.strong('Who the server sees: AWS_VPC_K8S_CNI_EXTERNALSNAT false, then true (examples/external-snat)'),
    ...result.accessLogs.flatMap(logLines),
    '',
  ].join('\n');
}

function summary(result: DemoResult, style: Style): string[] {
  const rows = result.verified;
  const held = rows.filter((row) => row.holds === 'yes').length;
  const wrong = wrongRows(result);
  const line = `${held} of ${rows.length} rows computed as the article printed them, ${rows.length - held - wrong} it explains or times in ways no walk can confirm, ${wrong} wrong`;
  const asked = [...observed(result), ...logged(result)].filter((each) => each.kernel !== undefined).length;
  return [
    wrong === 0 ? style.good(line) : style.bad(line),
    ...(asked === 0 ? [MODEL_ONLY] : [kernelLine(result, asked), BOTH]),
  ];
}

const MODEL_ONLY =
  "The article's cluster, compiled from examples/article and walked in the model. Left: what the article printed. Right: what was computed.";
const BOTH =
  "The article's cluster, compiled from examples/article, walked in the model and put on this machine's kernel, where each command was run.";

function kernelLine(result: DemoResult, asked: number): string {
  const wrong = disagreements(result);
  const excused = observed(result).filter((each) => agrees(each) && !sameOnKernel(each)).length;
  return `${asked - wrong - excused} of ${asked} outputs of the kernel are the model's to the word, ${excused} must differ in a lab, ${wrong} disagree`;
}

function tableLines(rows: readonly VerifiedRow[], style: Style): string[] {
  const head = ['WHAT', 'EXP', 'ARTICLE', 'COMPUTED', 'HOLDS'];
  const cells = rows.map((row) => [row.what, String(row.experiment), row.printed, row.computed, row.holds]);
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `  ${row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd()}`;
  return [style.faint(line(head)), ...cells.map((row) => (row[4] === 'no' ? style.bad(line(row)) : line(row)))];
}

const correctionLines = (correction: Correction): string[] => [
  `  claim     ${correction.claim}`,
  `  in fact   ${correction.truth}`,
  `  evidence  ${correction.evidence}`,
  '',
];

const logLines = (row: LogRow): string[] => [
  `  ${row.destination}: ${row.article}`,
  ...logLine('before', row.before),
  ...logLine('after', row.after),
];

function logLine(when: string, line: LogLine): string[] {
  const label = (text: string): string => `    ${text.padEnd(6)}  `;
  return [
    `${label(when)}${line.model}   (${line.sender})`,
    ...(line.kernel === undefined ? [] : [`${label('kernel')}${line.kernel}${sameLine(line) ? '' : '   DIFFERS'}`]),
    ...(line.notRun === undefined ? [] : [`${label('kernel')}${line.notRun}`]),
  ];
}
