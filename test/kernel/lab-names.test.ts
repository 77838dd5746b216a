import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from 'vitest';
import { kernelTest } from './kernel.ts';

const folder = mkdtempSync(join(tmpdir(), 'packetwalk-names-'));
/** Where the command keeps its labs' names. */
const state = join(folder, 'packetwalk');
const NAMES = Array.from({ length: 150 }, (_, n) => `lab${n}`);
const CLAIMANTS = 4;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A process that claims every name for itself, once all of them are there, and lives until its stdin ends. */
const CLAIMANT = `
  import { readSync } from 'node:fs';
  import { identityOf } from '${fileURLToPath(new URL('../../src/lab/exec/holder.ts', import.meta.url))}';
  import { claimName, findHolder } from '${fileURLToPath(new URL('../../src/lab/exec/state.ts', import.meta.url))}';
  const self = identityOf(process.pid);
  process.stdout.write('here\\n');
  readSync(0, Buffer.alloc(1));
  const won = ${JSON.stringify(NAMES)}.filter((name) => (findHolder(name), claimName(name, self)));
  process.stdout.write(JSON.stringify(won) + '\\n');
  process.stdin.resume().on('end', () => process.exit());
`;

/** The next line a claimant says. */
function line(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.endsWith('\n')) resolve(said.trim());
    });
    child.on('close', () => reject(new Error(`A claimant ended: ${said}`)));
  });
}

kernelTest(
  'several processes claim many names that dead labs had: each name is of one process, and stays so',
  async () => {
    // No process began in the first tick of the machine.
    mkdirSync(state, { mode: 0o700 });
    for (const name of NAMES) writeFileSync(join(state, `${name}.json`), JSON.stringify({ pid: 2, start: 0 }));
    writeFileSync(join(state, 'lab0.json'), '');
    const children = Array.from({ length: CLAIMANTS }, () =>
      spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', CLAIMANT], {
        cwd: fileURLToPath(new URL('../..', import.meta.url)),
        env: { ...process.env, XDG_RUNTIME_DIR: folder },
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
    );
    try {
      await Promise.all(children.map(line));
      for (const child of children) child.stdin?.write('!');
      const won = await Promise.all(children.map(line));
      const all = won.flatMap((names) => JSON.parse(names) as string[]);
      expect([...all].sort()).toEqual([...NAMES].sort());
      expect(readdirSync(state).sort()).toEqual(NAMES.map((name) => `${name}.json`).sort());
      for (const [n, child] of children.entries())
        for (const name of JSON.parse(won[n] ?? '') as string[])
          expect(JSON.parse(readFileSync(join(state, `${name}.json`), 'utf8'))).toMatchObject({ pid: child.pid });
    } finally {
      for (const child of children) child.stdin?.end();
    }
  },
);
