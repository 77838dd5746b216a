import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The whole gate in one process: lint, layers, sizes, types, then every test. Ends with one plain line, `N passed, N failed`,
 * that a person and a machine can read; exit 1 when anything failed or no test ran.
 */

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

type Gate = readonly [command: string, args: readonly string[]];

const bin = (name: string): string => join('node_modules', '.bin', name);

/** The longest first: what is short fills the gaps. */
const gates: readonly Gate[] = [
  [bin('tsc'), ['-p', 'tsconfig.json', '--noEmit']],
  [bin('tsc'), ['-p', 'tsconfig.core.json', '--noEmit']],
  [bin('biome'), ['check', '.']],
  [bin('tsx'), ['tools/check-layers.ts']],
  [bin('tsx'), ['tools/check-sizes.ts']],
];

/** What a gate says is kept until it ends, so that no two speak at once. */
function runGate([command, args]: Gate): Promise<{ readonly ok: boolean; readonly said: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const said: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk));
    child.on('error', ({ message }) => resolve({ ok: false, said: message }));
    child.on('close', (code) => resolve({ ok: code === 0, said: Buffer.concat(said).toString() }));
  });
}

/** Every gate, as many at once as there are processors; how many failed. */
async function runGates(): Promise<number> {
  const waiting = [...gates];
  let failures = 0;
  const worker = async (): Promise<void> => {
    for (let gate = waiting.shift(); gate !== undefined; gate = waiting.shift()) {
      const { ok, said } = await runGate(gate);
      process.stdout.write(said);
      if (ok) continue;
      failures++;
      console.error(`failed: ${[gate[0], ...gate[1]].join(' ')}`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return failures;
}

function runTests(): Report {
  const folder = mkdtempSync(join(tmpdir(), 'packetwalk-test-'));
  const file = join(folder, 'report.json');
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  try {
    const { status } = spawnSync(bin('vitest'), args, { stdio: 'inherit' });
    if (status !== 0) console.error(`failed: ${[bin('vitest'), ...args].join(' ')}`);
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const failedGates = await runGates();
const report = runTests();
const unloaded = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
const failed = report.numFailedTests + unloaded.length + failedGates;
console.log(`${report.numPassedTests} passed, ${failed} failed, ${report.numPendingTests} skipped`);
process.exitCode = failed > 0 || report.numPassedTests === 0 ? 1 : 0;
