import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { invariant } from '../../src/base/index.ts';
import { kernelAvailable } from '../kernel/kernel.ts';
import { MUTANTS, type Mutant } from './mutants.ts';

/**
 * `make mutants`: each small fault, in a copy of the sources, must be shown by a conformance row or by the proof. Exit 1
 * when fewer than 95 of 100 are, or one that survives has no reason.
 */
const PACKETS = 6000;
const ENOUGH = 0.95;
const root = resolve(import.meta.dirname, '../..');

function copyOfSources(): string {
  const folder = mkdtempSync(join(tmpdir(), 'packetwalk-mutants-'));
  for (const name of ['src', 'test', 'package.json', 'tsconfig.json', 'tsconfig.base.json']) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** What showed the fault; undefined where nothing did. */
function shownBy(folder: string, { file, from, to }: Mutant): string | undefined {
  const path = join(folder, 'src/sim', file);
  const text = readFileSync(path, 'utf8');
  invariant(
    text.split(from).length === 2,
    `"${from}" stands in src/sim/${file} ${text.split(from).length - 1} times, not once`,
  );
  writeFileSync(
    path,
    text.replace(from, () => to),
  );
  try {
    return shownIn(folder);
  } finally {
    writeFileSync(path, text);
  }
}

/** What shows that the sources in this folder are wrong. */
function shownIn(folder: string): string | undefined {
  const run = spawnSync(process.execPath, [...process.execArgv, 'test/mutants/check.ts', `${PACKETS}`], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (run.status === 0) return undefined;
  return (
    run.stdout.split('\n')[0] ||
    run.stderr
      .trim()
      .split('\n')
      .find((line) => line.includes('Error')) ||
    'it crashed'
  );
}

function main(): number {
  const available = kernelAvailable();
  if (!available.ok) {
    console.error(`Mutants are judged by the kernel, which needs ${available.missing}`);
    return 69;
  }
  const only = process.argv[2];
  const folder = copyOfSources();
  const survivors: Mutant[] = [];
  const chosen = MUTANTS.filter((mutant) => only === undefined || mutant.file.includes(only));
  try {
    const wrong = shownIn(folder);
    if (wrong !== undefined) {
      console.error(`The model is wrong without any fault, so that none can be judged: ${wrong}`);
      return 1;
    }
    for (const mutant of chosen) {
      const shown = shownBy(folder, mutant);
      console.log(
        `${shown === undefined ? 'SURVIVES' : 'caught  '} ${mutant.file}: ${mutant.from.trim()} => ${mutant.to.trim()}`,
      );
      console.log(`         ${shown ?? mutant.survives ?? 'and no reason is known'}`);
      if (shown === undefined) survivors.push(mutant);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const caught = chosen.length - survivors.length;
  console.log(`${caught} of ${chosen.length} caught`);
  return caught < ENOUGH * chosen.length || survivors.some((each) => each.survives === undefined) ? 1 : 0;
}

process.exitCode = main();
