import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { commandLine } from './command-line.ts';

/**
 * Bad input, as a user meets it: one clear message each at the place of the fault, exit 2 (design: bad input or usage),
 * nothing on stdout and never a stack trace.
 */
export const scratch = mkdtempSync(join(tmpdir(), 'packetwalk-bad-input-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

export const ARTICLE = new URL('../../examples/article', import.meta.url).pathname;
let files = 0;

/** Writes one file of its own and gives its path. */
export function file(text: string | Buffer, name = 'in.yaml'): string {
  const path = join(scratch, String(files++), name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** Runs, and expects nothing but complaints. Paths in the messages are shortened to file names. */
export async function refused(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await commandLine(args);
  expect(code, stderr + stdout).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).not.toMatch(/our bug|^\s+at /m);
  return stderr.replace(/\/\S*\/(?=[\w.-]+)/g, (path) => (path.startsWith(scratch) ? '' : path));
}
