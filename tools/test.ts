import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
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

const bin = (name: string): string => join('node_modules', '.bin', name);

const gates: readonly (readonly [string, readonly string[]])[] = [
  [bin('biome'), ['check', '.']],
  [bin('tsx'), ['tools/check-layers.ts']],
  [bin('tsx'), ['tools/check-sizes.ts']],
  [bin('tsc'), ['-p', 'tsconfig.core.json', '--noEmit']],
  [bin('tsc'), ['-p', 'tsconfig.json', '--noEmit']],
];

function run(command: string, args: readonly string[]): boolean {
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) console.error(`failed: ${[command, ...args].join(' ')}`);
  return status === 0;
}

function runTests(): Report {
  const folder = mkdtempSync(join(tmpdir(), 'packetwalk-test-'));
  const file = join(folder, 'report.json');
  try {
    run(bin('vitest'), ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]);
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const failedGates = gates.filter(([command, args]) => !run(command, args)).length;
const report = runTests();
const unloaded = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
const failed = report.numFailedTests + unloaded.length + failedGates;
console.log(`${report.numPassedTests} passed, ${failed} failed, ${report.numPendingTests} skipped`);
process.exitCode = failed > 0 || report.numPassedTests === 0 ? 1 : 0;
