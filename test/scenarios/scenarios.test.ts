import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { formatTxtar, parseTxtar } from '../../src/base/index.ts';
import { run } from '../../src/cli/run.ts';
import { plain } from '../../src/render/index.ts';

/**
 * Scenarios: one txtar file each. Its comment says what a reader learns (`#` lines) and what is run:
 *
 *   trace -f . pod/a/b 10.0.0.1      a command line; `.` is the folder of the archive's files, `worlds/NAME` inputs that several share
 *   exit 1                           its exit code, 0 unless said
 *   json roundTrips.0.disposition dropped   a value of its JSON output (run with -o json)
 *   contains TEXT / lacks TEXT       its standard output
 *   stderr TEXT                      its standard error
 *   quiet                            nothing on its standard error: the input is read without a word
 *   cmp FILE                         its standard output, whole (UPDATE=1 rewrites)
 *   edit FILE s/REGEX/TEXT/          changes a file of the folder; an empty TEXT drops the line
 */
const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../..');
const scratch = mkdtempSync(join(tmpdir(), 'packetwalk-scenario-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface Ran {
  readonly line: string;
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const VERBS = new Set(['trace', 'ping', 'traceroute', 'curl', 'show', 'sources', 'compile', 'schema']);

function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');
}

async function command(line: string, folder: string): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  const io = {
    stdout: (text: string) => {
      stdout += text;
    },
    stderr: (text: string) => {
      stderr += text;
    },
    style: plain,
    stdin: () => '',
  };
  const args = words(line).map((word) => {
    if (word === '.') return folder;
    if (word.startsWith('./')) return join(folder, word);
    if (word.startsWith('examples/')) return join(root, word);
    return word.startsWith('worlds/') ? join(here, word) : word;
  });
  const code = await run(args, io);
  const bare = (text: string): string => text.replaceAll(`${folder}/`, '').replaceAll(`${root}/`, '');
  return { line, code, stdout: bare(stdout), stderr: bare(stderr) };
}

interface Offering {
  readonly roundTrips: readonly {
    readonly probability: number;
    readonly disposition: string;
    readonly farEnd: FarEnd;
  }[];
  readonly blockers: readonly { readonly setFlags: readonly string[] }[];
  readonly findings: readonly { readonly code: string; readonly setFlags?: readonly string[] }[];
}
interface FarEnd {
  readonly sees: { readonly identity: { readonly kind: string } };
}

/** Whatever a walk offers is typed in: more of it must arrive, or the far end see what is promised; nothing set already is offered. */
async function offersHold(line: string, folder: string): Promise<void> {
  if (!line.startsWith('trace ') || / --flows | --plane /.test(line)) return;
  const json = `${line.replace(/ -o \S+/, '')} -o json`;
  const { stdout } = await command(json, folder);
  if (!stdout.startsWith('{')) return;
  const first = JSON.parse(stdout) as Offering;
  const arriving = ({ roundTrips }: Offering): number =>
    roundTrips.reduce((sum, { probability, disposition }) => sum + (disposition === 'delivered' ? probability : 0), 0);
  for (const { setFlags = [], ...about } of [...(first.blockers ?? []), ...(first.findings ?? [])]) {
    if (setFlags.length === 0) continue;
    const name = `${line}\n${setFlags.join(' ')}`;
    for (const flag of setFlags) expect(line.split(flag).length, `${name}: set already`).toBe(1);
    const then = JSON.parse((await command(`${json} ${setFlags.join(' ')}`, folder)).stdout) as Offering;
    if ('code' in about)
      expect(new Set(then.roundTrips.map(({ farEnd }) => farEnd.sees.identity.kind)), name).toEqual(new Set(['pod']));
    else expect(arriving(then), name).toBeGreaterThan(arriving(first));
  }
}

function valueAt(text: string, path: string): unknown {
  let value: unknown = JSON.parse(text);
  for (const key of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[key];
  return value;
}

/** `edit FILE s/REGEX/TEXT/` */
function edit(line: string, folder: string): void {
  const [, path = ''] = words(line);
  const [, from = '', to = ''] = line.slice(line.indexOf(' s/') + 1).split('/');
  const text = readFileSync(join(folder, path), 'utf8');
  const kept = (each: string): boolean => !new RegExp(from).test(each);
  const edited =
    to === ''
      ? text.split('\n').filter(kept).join('\n')
      : text.replaceAll(new RegExp(from, 'gm'), to.replaceAll('\\n', '\n'));
  expect(edited, `${line}: nothing changed`).not.toBe(text);
  writeFileSync(join(folder, path), edited);
}

/** A sentence that was too long for one line is still one to whoever looks for it. */
const unwrapped = (text: string): string =>
  text.replaceAll(/\n {12}(?=--set )/g, '  ').replaceAll(/\n {12}(?=\S)/g, ' ');

/** One line about what a command printed. */
function expectThat(line: string, ran: Ran, golden: ReadonlyMap<string, string>): void {
  const [verb = '', ...rest] = words(line);
  const tail = line.slice(verb.length + 1);
  const told = `${ran.line}\n${ran.stdout}${ran.stderr}`;
  if (verb === 'exit') expect(ran.code, told).toBe(Number(rest[0]));
  else if (verb === 'contains') expect([ran.stdout, unwrapped(ran.stdout)].join('\n'), told).toContain(tail);
  else if (verb === 'lacks') expect(ran.stdout, told).not.toContain(tail);
  else if (verb === 'stderr') expect(ran.stderr, told).toContain(tail);
  else if (verb === 'quiet') expect(ran.stderr, told).toBe('');
  else if (verb === 'json')
    expect(String(valueAt(ran.stdout, rest[0] ?? '')), `${told.slice(0, 2000)}`).toBe(rest.slice(1).join(' '));
  else if (verb === 'cmp') expect(ran.stdout).toBe(golden.get(`want-${rest[0]}`));
  else throw new Error(`Cannot read "${line}"`);
}

const update = process.env['UPDATE'] === '1';

async function play(name: string): Promise<void> {
  const file = join(here, name);
  const archive = parseTxtar(readFileSync(file, 'utf8'));
  const folder = join(scratch, name.replace(/\.txtar$/, ''));
  const golden = new Map(archive.files);
  for (const [path, body] of archive.files) {
    if (path.startsWith('want-')) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), body);
  }
  mkdirSync(folder, { recursive: true });
  let ran: Ran | undefined;
  let checked = true;
  const settle = (): void => {
    if (!checked && ran !== undefined) expect(ran.code, `${ran.line}\n${ran.stdout}${ran.stderr}`).toBe(0);
    checked = true;
  };
  for (const line of archive.comment.split('\n').map((each) => each.trim())) {
    const [verb = '', ...rest] = words(line);
    if (line === '' || line.startsWith('#')) continue;
    if (VERBS.has(verb)) {
      settle();
      ran = await command(line, folder);
      await offersHold(line, folder);
      checked = false;
      continue;
    }
    if (verb === 'edit') edit(line, folder);
    else if (ran === undefined) throw new Error(`${name}: "${line}" before any command`);
    else if (verb === 'cmp' && update) golden.set(`want-${rest[0]}`, ran.stdout);
    else expectThat(line, ran, golden);
    if (verb === 'exit') checked = true;
  }
  settle();
  if (update) writeFileSync(file, formatTxtar({ comment: archive.comment, files: golden }));
}

describe('scenarios', () => {
  for (const name of readdirSync(here)
    .filter((each) => each.endsWith('.txtar'))
    .sort())
    test(name, () => play(name));
});
