import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type DemoResult, demoText } from '../../src/cli/commands/demo.ts';
import { sameLine } from '../../src/cli/demo/access-logs.ts';
import { plain, sameOnKernel } from '../../src/render/index.ts';
import { kernelTest } from './kernel.ts';

const root = join(import.meta.dirname, '../..');
const MAX_OUTPUT = 1 << 24;

/** The command as a user starts it: the lab lives by this process. */
function demo(args: readonly string[], env: Readonly<Record<string, string>> = {}): ReturnType<typeof spawnSync> {
  const program = ['--import', 'tsx', 'src/cli/main.ts', 'demo', ...args];
  return spawnSync(process.execPath, program, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: MAX_OUTPUT,
    env: { ...process.env, ...env },
  });
}

/** Lines without what each run and machine has of its own: times, curl's version, how many programs are installed. */
const timeless = (text: string): string[] =>
  text
    .replace(/\[\d\d\/\w+\/\d{4}[^\]]*\]/g, '[-]')
    .replace(/"curl\/[^"]*"/g, '"curl"')
    .replace(/^\d+ of \d+ outputs/m, 'N of N outputs')
    .split('\n');

/** What the README says a run prints. */
function readmeLines(): string[] {
  const [, block = ''] = readFileSync(join(root, 'README.md'), 'utf8').split('$ sudo packetwalk demo --lab\n');
  return timeless(block.slice(0, block.indexOf('```'))).filter((line) => line !== '' && line !== '...');
}

/** What only a lab differs in: its ENIs are veths. */
const EXCUSED = ['ip link show'];
/** Programs that need not be installed where the rest of the kernel suite runs; the demo says which it did without. */
const OPTIONAL = ['arp', 'conntrack', 'arping'];

describe('demo --lab', () => {
  kernelTest('every command run on the kernel prints what the model prints', () => {
    const run = demo(['--lab', '-o', 'json']);
    expect(run.stderr).not.toContain('packetwalk:');
    const result = JSON.parse(String(run.stdout)) as DemoResult; // -o json is this type
    const { experiments, accessLogs } = result;
    const all = experiments.flatMap(({ observations }) => observations);
    const differing = all.filter((each) => !sameOnKernel(each));
    expect(differing.map(({ command }) => command)).toEqual(EXCUSED);
    const without = all.filter(({ kernel }) => kernel === undefined);
    expect(without.filter(({ notRun = '' }) => !OPTIONAL.some((tool) => notRun.endsWith(tool)))).toEqual([]);
    const clients = accessLogs.map((row) => [row.before, row.after].map(({ kernel = '' }) => kernel.split(' ')[0]));
    expect(clients).toEqual([
      ['10.75.50.171', '10.75.50.171'],
      ['10.75.49.241', '10.75.50.171'],
      ['198.51.100.62', '198.51.100.62'],
    ]);
    expect(accessLogs.flatMap(({ before, after }) => [before, after]).filter((line) => !sameLine(line))).toEqual([]);
    expect(run.status).toBe(0);
    const printed = new Set(timeless(demoText(result, plain)));
    expect(readmeLines().filter((line) => !printed.has(line))).toEqual([]);
  });

  test('without the programs of a lab it says in one line what is missing, and exits 69', () => {
    const run = demo(['--lab'], { PATH: '/nonexistent' });
    expect(run.status).toBe(69);
    expect(run.stdout).toBe('');
    expect(String(run.stderr).trim().split('\n')).toHaveLength(1);
    expect(run.stderr).toMatch(/^packetwalk: .*(root|unshare|Linux)/);
  });
});
