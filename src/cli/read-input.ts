import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { didYouMean, type Issue } from '../base/index.ts';
import { type InputFile, isArtefact } from '../load/index.ts';

const MIB = 1024 * 1024;
/** One file larger than this is refused before it is read. JSON is cheap to read and lists of live objects are long. */
const maxBytes = (path: string): number => (path.endsWith('.json') ? 256 * MIB : 64 * MIB);
const MAX_FILES = 100_000;

/** What a folder is searched for, beside the artefacts of nodes, which need no extension. */
const INPUT = /\.(?:ya?ml|json)$/;
const SKIPPED = new Set(['node_modules', '.git']);

export interface ReadInput {
  readonly files: readonly InputFile[];
  readonly issues: readonly Issue[];
}

/** Reads `-f FILE|DIR|-`, folders recursively in name order. Unreadable, oversized and binary files are issues. */
export function readInput(paths: readonly string[], stdin: () => string): ReadInput {
  const files: InputFile[] = [];
  const issues: Issue[] = [];
  for (const path of paths) {
    if (path === '-') {
      files.push({ path: 'stdin', text: stdin() });
      continue;
    }
    for (const found of expand(path, issues)) {
      const file = readText(found, issues);
      if (file !== undefined) files.push(file);
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
    const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const child = join(folder, entry.name);
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) visit(child);
      else if (entry.isFile() && (INPUT.test(entry.name) || isArtefact(entry.name))) found.push(child);
    }
  };
  visit(path);
  if (found.length === 0) {
    issues.push(
      issue(
        'empty-folder',
        path,
        'The folder holds no input',
        'YAML or JSON files, or a folder that "packetwalk compile -o" wrote',
      ),
    );
  }
  return found;
}

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
  try {
    const { size } = statSync(path);
    if (size > maxBytes(path)) {
      const mib = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MiB`;
      issues.push(
        issue(
          'file-too-large',
          path,
          `The file has ${mib(size)}`,
          `at most ${mib(maxBytes(path))} a file; split it, or name the kinds you need in "kubectl get"`,
        ),
      );
      return undefined;
    }
    if (looksBinary(path)) {
      issues.push(issue('not-text', path, 'The file is not text', 'YAML, JSON or the output of a tool'));
      return undefined;
    }
    return { path, text: readFileSync(path, 'utf8') };
  } catch (error) {
    issues.push(
      issue('unreadable', path, `Cannot read the file: ${error instanceof Error ? error.message : String(error)}`),
    );
    return undefined;
  }
}

/** A NUL in the first 8 KiB, as grep and git decide. */
function looksBinary(path: string): boolean {
  const head = Buffer.alloc(8192);
  const fd = openSync(path, 'r');
  try {
    return head.subarray(0, readSync(fd, head, 0, head.length, 0)).includes(0);
  } finally {
    closeSync(fd);
  }
}
