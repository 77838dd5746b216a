import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import type { Violation } from './check-layers.ts';
import { tooLong } from './sizes.ts';

/**
 * Keeps files and functions short enough to be read at once: prints each that is too long with file and line, and exits 1.
 * A function counts from its first word to its last brace, with everything inside; the one that groups tests is exempt.
 */

const MOST_FILE = 350;
const MOST_FUNCTION = 60;
const FOLDERS = ['src', 'tools', 'test', 'bench'];

/** Something allowed to be too long: `src/a.ts`, or `src/a.ts name` for a function of it. */
export interface TooLong {
  readonly what: string;
  readonly because: string;
}

interface Found extends Violation {
  readonly what: string;
}

/** `files` are texts by path. */
export function checkSizes(files: ReadonlyMap<string, string>, known: readonly TooLong[]): Violation[] {
  const found = [...files].flatMap(([file, text]) => [...longFile(file, text), ...longFunctions(file, text)]);
  const stale = known
    .filter(({ what }) => !found.some((each) => each.what === what))
    .map(({ what }) => ({
      file: what.split(' ')[0] ?? what,
      line: 1,
      message: `"${what}" is not too long any more: take it out of tools/sizes.ts`,
    }));
  return [...found.filter(({ what }) => !known.some((each) => each.what === what)), ...stale];
}

function longFile(file: string, text: string): Found[] {
  const count = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  if (count <= MOST_FILE) return [];
  const message = `The file has ${count} lines, at most ${MOST_FILE}: split it by noun`;
  return [{ file, line: MOST_FILE + 1, message, what: file }];
}

function longFunctions(file: string, text: string): Found[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const lineOf = (position: number): number => source.getLineAndCharacterOfPosition(position).line + 1;
  const found: Found[] = [];
  const visit = (node: ts.Node): void => {
    const line = lineOf(node.getStart(source));
    const count = lineOf(node.end) - line + 1;
    if (count > MOST_FUNCTION && isFunction(node) && !groupsTests(node)) {
      const message = `${nameOf(node)} has ${count} lines, at most ${MOST_FUNCTION}: let it call smaller ones`;
      found.push({ file, line, message, what: `${file} ${nameOf(node)}` });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const isFunction = (node: ts.Node): node is ts.FunctionLikeDeclaration => ts.isFunctionLike(node) && 'body' in node;

/** What a function is given to: `run` in `run(() => {})`, `describe.each(rows)` in `describe.each(rows)('a', () => {})`. */
const receiverOf = (node: ts.FunctionLikeDeclaration): string | undefined =>
  ts.isCallExpression(node.parent) ? node.parent.expression.getText() : undefined;

const groupsTests = (node: ts.FunctionLikeDeclaration): boolean => /^describe\b/.test(receiverOf(node) ?? '');

function nameOf(node: ts.FunctionLikeDeclaration): string {
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  const receiver = receiverOf(node);
  if (receiver !== undefined) return `the function given to ${receiver.split('\n')[0]}`;
  const { parent } = node;
  const named =
    node.name ?? (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) ? parent.name : undefined);
  return named?.getText() ?? 'a function without a name';
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
  const paths = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  ).filter((path) => path.endsWith('.ts'));
  const files = new Map(paths.sort().map((path) => [path, readFileSync(join(root, path), 'utf8')]));
  const violations = checkSizes(files, tooLong);
  for (const { file, line, message } of violations) console.error(`${file}:${line}: ${message}`);
  console.log(violations.length === 0 ? 'sizes: nothing is too long' : `sizes: too long: ${violations.length}`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}
