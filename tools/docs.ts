import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../src/cli/run.ts';
import { plain } from '../src/render/index.ts';
import { codeMap } from './code-map.ts';
import { fourWaysBlock } from './four-ways.ts';
import { provedBlock } from './proved.ts';

/**
 * Generated parts of the documentation. A page marks them, and never types what a program can print:
 *
 *   <!-- run: trace -f examples/article FROM TO -->   the command and what it prints; `| head -N` keeps N lines
 *   <!-- code-map -->                                 the folders of src/, what they do, what they may import
 *   <!-- proved -->                                   what the kernel was asked, and what of it the model gets wrong
 *   <!-- four-ways -->                                what four ways to a service do to a packet: every cell is walked
 *   <!-- end -->                                      ends each
 */
export const root = resolve(import.meta.dirname, '..');

const BLOCK = /^<!-- (run: (?<command>[^\n]+?)|code-map|proved|four-ways) -->\n(?:.*?\n)??<!-- end -->$/gms;

const exists = (folder: string): boolean =>
  existsSync(join(root, 'src', folder)) && readdirSync(join(root, 'src', folder)).length > 0;

/** Pages with generated parts: those at the top and everything under docs/. */
export function pages(): string[] {
  const top = readdirSync(root).filter((name) => name.endsWith('.md'));
  const under = (folder: string): string[] =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`);
  return [...top, ...under('docs'), ...under('examples')].filter((name) => name.endsWith('.md')).sort();
}

/** The page with its generated parts made anew. */
export async function regenerate(text: string): Promise<string> {
  let result = '';
  let last = 0;
  for (const match of text.matchAll(BLOCK)) {
    const command = match.groups?.command;
    const made = command === undefined ? await blockOf(match[1] ?? '') : await commandBlock(command);
    result += `${text.slice(last, match.index)}<!-- ${match[1]} -->\n${made}\n<!-- end -->`;
    last = match.index + match[0].length;
  }
  return result + text.slice(last);
}

function blockOf(name: string): string | Promise<string> {
  if (name === 'four-ways') return fourWaysBlock();
  return name === 'proved' ? provedBlock() : codeMap(exists);
}

async function commandBlock(command: string): Promise<string> {
  const [line = '', head] = command.split(/ \| head -/);
  const { output } = await runCommand(line);
  const lines = output.trimEnd().split('\n');
  const kept = head === undefined ? lines : lines.slice(0, Number(head));
  const more = kept.length < lines.length ? ['...'] : [];
  return ['```console', `$ packetwalk ${line}`, ...kept, ...more, '```'].join('\n');
}

/** Runs a command line in this process, from the top folder; words are split at spaces, single quotes keep them together. */
export async function runCommand(line: string): Promise<{ readonly code: number; readonly output: string }> {
  const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');
  const chunks: string[] = [];
  const write = (text: string): void => {
    chunks.push(text);
  };
  process.chdir(root);
  const code = await run(words, { stdout: write, stderr: write, style: plain, stdin: () => '' });
  return { code, output: chunks.join('') };
}

export async function writeDocs(): Promise<void> {
  for (const page of pages()) {
    const path = join(root, page);
    const text = readFileSync(path, 'utf8');
    const made = await regenerate(text);
    if (made !== text) writeFileSync(path, made);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeDocs();
