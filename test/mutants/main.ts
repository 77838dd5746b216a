import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { invariant } from '../../src/base/index.ts';
import { kernelAvailable } from '../kernel/kernel.ts';
import { MUTANTS, type Mutant } from './mutants.ts';

/**
 * `make mutants`: each small fault, in a copy of the sources, must be shown by a conformance row or by the proof. Exit 1
 * when fewer than 95 of 100 are, one that survives has no reason, or one could not be judged.
 */
const PACKETS = 6000;
const ENOUGH = 0.95;
const MINUTES = 10;
const root = resolve(import.meta.dirname, '../..');

function copyOfSources(): string {
  const folder = mkdtempSync(join(tmpdir(), 'packetwalk-mutants-'));
  for (const name of ['src', 'test', 'package.json', 'tsconfig.json', 'tsconfig.base.json']) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** A process that crashed, or did not end, has shown nothing: it says so twice. */
type Judgement =
  | { readonly kind: 'caught'; readonly by: string }
  | { readonly kind: 'survives' }
  | { readonly kind: 'not judged'; readonly why: string };

function judge(folder: string, { file, from, to }: Mutant): Judgement {
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
    const judged = judgeSources(folder);
    return judged.kind === 'not judged' ? judgeSources(folder) : judged;
  } finally {
    writeFileSync(path, text);
  }
}

/** What shows that the sources in this folder are wrong. */
function judgeSources(folder: string): Judgement {
  const { status, signal, stdout, stderr, error } = spawnSync(
    process.execPath,
    [...process.execArgv, 'test/mutants/check.ts', `${PACKETS}`],
    { cwd: folder, encoding: 'utf8', timeout: MINUTES * 60_000, killSignal: 'SIGKILL' },
  );
  if (status === 0) {
    const { shown } = JSON.parse(stdout) as { readonly shown: string | null }; // as check.ts wrote it
    return shown === null ? { kind: 'survives' } : { kind: 'caught', by: shown };
  }
  const said = stderr.split('\n').find((line) => line.includes('Error'));
  return { kind: 'not judged', why: said ?? error?.message ?? `it ended with ${signal ?? status}` };
}

function main(): number {
  const available = kernelAvailable();
  if (!available.ok) {
    console.error(`Mutants are judged by the kernel, which needs ${available.missing}`);
    return 69;
  }
  const only = process.argv[2];
  const folder = copyOfSources();
  const judged = new Map<Mutant, Judgement>();
  const chosen = MUTANTS.filter((mutant) => only === undefined || mutant.file.includes(only));
  try {
    const asIs = judgeSources(folder);
    if (asIs.kind !== 'survives') {
      const why = asIs.kind === 'caught' ? asIs.by : asIs.why;
      console.error(`The model is wrong without any fault, so that none can be judged: ${why}`);
      return 1;
    }
    for (const mutant of chosen) {
      const judgement = judge(folder, mutant);
      judged.set(mutant, judgement);
      console.log(tell(mutant, judgement));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const of = (kind: Judgement['kind']): readonly Mutant[] => chosen.filter((each) => judged.get(each)?.kind === kind);
  const [caught, survivors, unjudged] = [of('caught'), of('survives'), of('not judged')];
  console.log(
    `${caught.length} of ${chosen.length} caught, ${survivors.length} survive, ${unjudged.length} not judged`,
  );
  const unexplained = survivors.filter(({ survives }) => survives === undefined);
  return caught.length < ENOUGH * chosen.length || unexplained.length + unjudged.length > 0 ? 1 : 0;
}

function tell({ file, from, to, survives }: Mutant, judgement: Judgement): string {
  const word = { caught: 'caught', survives: 'SURVIVES', 'not judged': 'NOT JUDGED' }[judgement.kind];
  const why =
    judgement.kind === 'caught'
      ? judgement.by
      : judgement.kind === 'survives'
        ? (survives ?? 'and no reason is known')
        : judgement.why;
  return `${word.padEnd(10)} ${file}: ${from.trim()} => ${to.trim()}\n${' '.repeat(11)}${why}`;
}

process.exitCode = main();
