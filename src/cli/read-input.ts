import { isUtf8 } from 'node:buffer';
import { closeSync, type Dirent, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { didYouMean, type Issue } from '../base/index.ts';
import type { InputFile } from '../load/index.ts';
import { isArtefactName, looksCollected, nearArtefact } from '../world/index.ts';

const MIB = 1024 * 1024;
/** One file larger than this is refused before it is read. JSON is cheap to read and lists of live objects are long. */
const maxBytes = (path: string): number => (path.endsWith('.json') ? 256 * MIB : 64 * MIB);
/** No more than the largest file. */
export const STDIN_LIMIT = 256 * MIB;
/** All files together: what they hold takes several times that once it is read. */
const MAX_IN_ALL = 1024 * MIB;
const MAX_FILES = 100_000;

/** Extensions a folder is searched for, beside the names of a node's artefacts. */
const INPUT = /\.(?:ya?ml|json)$/;
const SKIPPED = new Set(['node_modules', '.git']);

export interface ReadInput {
  readonly files: readonly InputFile[];
  readonly issues: readonly Issue[];
}

/** Reads `-f FILE|DIR|-`, folders recursively in name order, a file that is named twice once. Unreadable, oversized and binary files are issues. */
export function readInput(paths: readonly string[], stdin: () => string): ReadInput {
  const files: InputFile[] = [];
  const issues: Issue[] = [];
  const seen = new Set<string>();
  let characters = 0;
  for (const path of paths) {
    if (path === '-') {
      const text = stdin();
      characters += text.length;
      if (Buffer.byteLength(text) > STDIN_LIMIT)
        issues.push(issue('file-too-large', 'stdin', `More than ${mib(STDIN_LIMIT)}`));
      else files.push({ path: 'stdin', text });
      continue;
    }
    for (const found of expand(path, issues)) {
      if (seen.has(resolve(found))) continue;
      seen.add(resolve(found));
      const file = readText(found, issues);
      if (file !== undefined) files.push(file);
      characters += file?.text.length ?? 0;
      if (characters > MAX_IN_ALL) {
        const said = `More than ${mib(MAX_IN_ALL)} up to the end of this file`;
        issues.push(issue('too-large', found, said, 'name the nodes or the kinds that the question is about'));
        return { files: [], issues };
      }
      if (files.length > MAX_FILES) {
        issues.push(issue('too-many-files', path, `More than ${MAX_FILES} files`, 'name a smaller folder'));
        return { files, issues };
      }
    }
  }
  return { files, issues };
}

const issue = (code: string, file: string, message: string, expected?: string): Issue => ({
  code,
  severity: 'error',
  at: { file },
  message,
  ...(expected === undefined ? {} : { expected }),
});

function expand(path: string, issues: Issue[]): string[] {
  let stat: ReturnType<typeof statSync>;
  try {
    stat = statSync(path);
  } catch {
    issues.push({ ...issue('no-such-file', path, 'No such file or folder'), ...siblingHint(path) });
    return [];
  }
  if (!stat.isDirectory()) return [path];
  const found: string[] = [];
  const visit = (folder: string): void => {
    const unread: string[] = [];
    let isDump = false;
    for (const entry of entriesOf(folder, issues)) {
      const child = join(folder, entry.name);
      const isArtefact = isArtefactName(entry.name);
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) visit(child);
      else if (isArtefact || INPUT.test(entry.name)) {
        if (!isFile(entry, child)) continue;
        found.push(child);
        isDump ||= isArtefact;
      } else if (entry.isFile() && !entry.name.startsWith('.')) unread.push(entry.name);
    }
    issues.push(...unreadIn(folder, unread, isDump));
  };
  const before = issues.length;
  visit(path);
  if (found.length > 0) return found;
  // Where nothing is read, a name nobody reads is why.
  issues.push(...issues.splice(before).map((each) => ({ ...each, severity: 'error' as const })));
  if (issues.length === before) {
    issues.push(
      issue(
        'empty-folder',
        path,
        'The folder holds no input',
        'YAML or JSON files, a node\'s dump, or a folder that "packetwalk compile -o" wrote',
      ),
    );
  }
  return found;
}

/** Files beside a node's artefacts, and those that look like one: nobody reads them, and a dump without them says something else. */
function unreadIn(folder: string, names: readonly string[], isDump: boolean): readonly Issue[] {
  const told = names.filter((name) => isDump || looksCollected(name));
  const said = told.slice(0, MAX_UNREAD).map((name): Issue => {
    const message = `Unknown file "${name}" is not read`;
    return {
      code: 'unknown-file',
      severity: 'warning',
      at: { file: join(folder, name) },
      message,
      ...nearArtefact(name),
    };
  });
  if (told.length <= MAX_UNREAD) return said;
  const message = `${told.length - MAX_UNREAD} more unknown files of this folder are not read`;
  return [...said, { code: 'unknown-file', severity: 'warning', at: { file: folder }, message }];
}

const MAX_UNREAD = 8;

function entriesOf(folder: string, issues: Issue[]): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    issues.push(issue('unreadable', folder, `Cannot read the folder: ${reasonOf(error)}`, 'leave to list it'));
    return [];
  }
}

/** A file, or a link to one: a mounted ConfigMap is a folder of links. Links to folders are not followed. */
function isFile(entry: Dirent, path: string): boolean {
  if (!entry.isSymbolicLink()) return entry.isFile();
  return statSync(path, { throwIfNoEntry: false })?.isFile() !== false;
}

/** `EACCES: permission denied`: what Node says before it names the call. */
const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/, \w+(?: '.*')?$/, '');

function siblingHint(path: string): { hint?: string } {
  const slash = path.replace(/\/+$/, '').lastIndexOf('/');
  const folder = slash < 0 ? '.' : path.slice(0, slash) || '/';
  try {
    return didYouMean(path.slice(slash + 1), readdirSync(folder));
  } catch {
    return {};
  }
}

function readText(path: string, issues: Issue[]): InputFile | undefined {
  const limit = maxBytes(path);
  try {
    const { size } = statSync(path);
    const bytes = size > limit ? undefined : readUpTo(path, limit, size);
    if (bytes === undefined) {
      const said = size > limit ? `The file has ${mib(size)}` : `The file has more than ${mib(limit)}`;
      const wish = `at most ${mib(limit)} a file; split it, or name the kinds you need in "kubectl get"`;
      issues.push(issue('file-too-large', path, said, wish));
      return undefined;
    }
    // A NUL in the first 8 KiB, as grep and git decide.
    if (bytes.subarray(0, 8192).includes(0)) {
      issues.push(issue('not-text', path, 'The file is not text', 'YAML, JSON or the output of a tool'));
      return undefined;
    }
    if (!isUtf8(bytes)) {
      const at = { file: path, line: lineOfBadByte(bytes) };
      issues.push({ ...issue('not-text', path, 'The text is not UTF-8', 'convert it with iconv -t UTF-8'), at });
      return undefined;
    }
    return { path, text: bytes.toString('utf8') };
  } catch (error) {
    issues.push(issue('unreadable', path, `Cannot read the file: ${reasonOf(error)}`, 'a file you may read'));
    return undefined;
  }
}

const mib = (bytes: number): string => `${Math.round(bytes / MIB)} MiB`;

/** The whole file, read once from its start to its end so that a pipe (`-f <(kubectl get ...)`) is one too; undefined past `limit`. */
function readUpTo(path: string, limit: number, size: number): Buffer | undefined {
  const fd = openSync(path, 'r');
  try {
    const pieces: Buffer[] = [];
    for (let total = 0; ; ) {
      const piece = Buffer.allocUnsafe(total === 0 ? Math.max(size, 64 * 1024) : MIB);
      const count = readSync(fd, piece, 0, piece.length, null);
      if (count === 0) return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces, total);
      total += count;
      if (total > limit) return undefined;
      pieces.push(piece.subarray(0, count));
    }
  } finally {
    closeSync(fd);
  }
}

/** Lines are separate in UTF-8 too: the first that is not valid alone. */
function lineOfBadByte(bytes: Buffer): number {
  let start = 0;
  for (let line = 1; ; line++) {
    const end = bytes.indexOf(10, start);
    if (end < 0 || !isUtf8(bytes.subarray(start, end))) return line;
    start = end + 1;
  }
}
