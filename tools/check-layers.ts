import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { edges, layers, packages, runtimes } from './layers.ts';

/**
 * Keeps the architecture: every import in src/ obeys the table in layers.ts, other folders are entered by their index.ts
 * only, and no cycle of files exists. Prints each violation with file and line and exits 1.
 */

const source = resolve(dirname(fileURLToPath(import.meta.url)), '../src');

export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

interface Import {
  readonly line: number;
  readonly specifier: string;
}

export function checkLayers(root: string): Violation[] {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const graph = new Map<string, string[]>();
  const violations: Violation[] = [];
  for (const name of files.sort()) {
    const file = join(root, name);
    const imports = importsOf(readFileSync(file, 'utf8'));
    graph.set(
      file,
      imports
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier }) => resolve(dirname(file), specifier)),
    );
    for (const found of imports) {
      const message = judge(root, file, found.specifier);
      if (message !== undefined) violations.push({ file: relative(root, file), line: found.line, message });
    }
  }
  for (const cycle of findCycles(graph)) {
    const names = cycle.map((file) => relative(root, file)).join(' -> ');
    violations.push({ file: relative(root, cycle[0] ?? root), line: 1, message: `Import cycle: ${names}` });
  }
  return violations;
}

function importsOf(text: string): Import[] {
  const found: Import[] = [];
  const pattern = /^(?:import|export)\b[^;]*?\bfrom\s+'([^']+)'|^import\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gms;
  for (const match of text.matchAll(pattern)) {
    const specifier = match[1] ?? match[2] ?? match[3];
    if (specifier !== undefined) found.push({ line: text.slice(0, match.index).split('\n').length, specifier });
  }
  return found;
}

function judge(root: string, file: string, specifier: string): string | undefined {
  const from = folderOf(root, file);
  const test = file.endsWith('.test.ts');
  if (from === undefined || edges.includes(from)) return undefined;
  if (!specifier.startsWith('.')) {
    if (test && !specifier.startsWith('node:')) return undefined;
    if (test) return undefined;
    const runtime = runtimes[relative(root, dirname(file)).split(sep).slice(0, 2).join('/')];
    const allowed = [...(packages[from] ?? []), ...(runtime ?? [])];
    if (runtime !== undefined && specifier.startsWith('node:')) return undefined;
    return allowed.some((name) => specifier === name || specifier.startsWith(`${name}/`))
      ? undefined
      : `src/${from} may not import the package "${specifier}"`;
  }
  const target = resolve(dirname(file), specifier);
  const to = folderOf(root, target);
  if (to === undefined && test) return undefined;
  if (to === undefined) return `src/${from} may not import "${specifier}": it lies outside the folders of src/`;
  if (to === from) return undefined;
  if (test) return undefined;
  if (!(layers[from] ?? []).includes(to)) return `src/${from} may not import src/${to}`;
  return target === join(root, to, 'index.ts') ? undefined : `Import src/${to} by its index.ts, not "${specifier}"`;
}

function folderOf(root: string, file: string): string | undefined {
  const parts = relative(root, file).split(sep);
  return parts.length < 2 || parts[0] === '..' ? (parts[0] === 'index.ts' ? 'cli' : undefined) : parts[0];
}

/** One cycle for every import that closes one, depth first. */
function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const done = new Set<string>();
  const path: string[] = [];
  const cycles: string[][] = [];
  const visit = (file: string): void => {
    const at = path.indexOf(file);
    if (at >= 0) cycles.push([...path.slice(at), file]);
    if (at >= 0 || done.has(file)) return;
    path.push(file);
    for (const next of graph.get(file) ?? []) visit(next);
    path.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return cycles;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const violations = checkLayers(source);
  for (const { file, line, message } of violations) console.error(`src/${file}:${line}: ${message}`);
  console.log(violations.length === 0 ? 'layers: every import is allowed' : `layers: violations: ${violations.length}`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}
