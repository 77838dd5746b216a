import { fileURLToPath } from 'node:url';
import { renderExperiments } from '../../render/index.ts';
import { accessLogs, type LogRow } from '../demo/access-logs.ts';
import { experiments } from '../demo/experiments.ts';
import { type Correction, corrections } from '../demo/explained.ts';
import { openLab } from '../demo/lab.ts';
import { type VerifiedRow, verified } from '../demo/verified.ts';
import { EXIT, type Io } from '../io.ts';
import { openWorld } from '../open-world.ts';

/** Examples lie beside src/ and beside dist/, and are shipped with the package. */
const example = (name: string): string => fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url));

/** `demo`: the article's experiments, its closing table and the before/after of EXTERNALSNAT, each computed, beside the print. */
export async function demo(io: Io): Promise<number> {
  const quiet: Io = { ...io, stderr: () => undefined };
  const lab = openLab(openWorld({ file: [example('article')], set: [] }, quiet));
  const rows = await verified(lab);
  const before = openWorld({ file: [example('external-snat')], set: [] }, quiet);
  const after = openWorld({ file: [example('external-snat')], set: ['AWS_VPC_K8S_CNI_EXTERNALSNAT=true'] }, quiet);
  const held = rows.filter((row) => row.holds === 'yes').length;
  const failed = rows.filter((row) => row.holds === 'no').length;
  const { style } = io;
  const summary = `${held} of ${rows.length} rows computed as the article printed them, ${rows.length - held - failed} it explains or times in ways no walk can confirm, ${failed} wrong`;
  io.stdout(
    [
      failed === 0 ? style.good(summary) : style.bad(summary),
      "The article's cluster, compiled from examples/article and walked in the model. Left: what the article printed. Right: what was computed.",
      '',
      ...renderExperiments(await experiments(lab), style),
      style.strong('What we verified'),
      ...tableLines(rows, io),
      '',
      style.strong('Observed right, explained wrong'),
      ...(await corrections(lab)).flatMap(correctionLines),
      '',
      style.strong('Who the server sees: AWS_VPC_K8S_CNI_EXTERNALSNAT false, then true (examples/external-snat)'),
      ...(await accessLogs(before, after)).flatMap(logLines),
      '',
    ].join('\n'),
  );
  return failed === 0 ? EXIT.ok : EXIT.failed;
}

function tableLines(rows: readonly VerifiedRow[], io: Io): string[] {
  const head = ['WHAT', 'EXP', 'ARTICLE', 'COMPUTED', 'HOLDS'];
  const cells = rows.map((row) => [row.what, String(row.experiment), row.printed, row.computed, row.holds]);
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `  ${row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd()}`;
  return [io.style.faint(line(head)), ...cells.map((row) => (row[4] === 'no' ? io.style.bad(line(row)) : line(row)))];
}

const correctionLines = (correction: Correction): string[] => [
  `  claim     ${correction.claim}`,
  `  in fact   ${correction.truth}`,
  `  evidence  ${correction.evidence}`,
  '',
];

const logLines = (row: LogRow): string[] => [
  `  ${row.destination}: ${row.article}`,
  `    before  ${row.before}`,
  `    after   ${row.after}`,
];
