import { type Issue, jsonFault, type Parsed, type SourceRef } from '../../base/index.ts';

/** One object of a JSON array, with the place it starts at and which of several concatenated arrays it is in. */
export interface JsonEntry {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly at: SourceRef;
  readonly line: number;
  readonly document: number;
}

interface Scan {
  /** `[start, end)` of every top-level value: `ip -j rule; ip -6 -j rule` writes two arrays into one file. */
  readonly documents: readonly (readonly [number, number])[];
  readonly lines: ReadonlyMap<string, number>;
}

const MAX_DEPTH = 3;

/** Prints a JSON array with one entry a line. */
export const printJsonLines = (entries: readonly unknown[]): string =>
  entries.length === 0 ? '[]\n' : `[\n${entries.map((entry) => JSON.stringify(entry)).join(',\n')}\n]\n`;

/**
 * Reads the array, or arrays one after the other, that `ip -j` prints. Broken text and entries that are no objects are
 * issues; the empty objects ip prints for what its filter left out are passed over.
 */
export function readJsonEntries(text: string, file: string): Parsed<readonly JsonEntry[]> {
  const issues: Issue[] = [];
  const value: JsonEntry[] = [];
  const { documents, lines } = scanJson(text);
  documents.forEach(([start, end], document) => {
    const parsed = parseJsonText(text.slice(start, end), file, lines.get(`#${document}`) ?? 1);
    issues.push(...parsed.issues);
    if (parsed.issues.length > 0) return;
    if (!Array.isArray(parsed.value)) {
      issues.push(problem('bad-json', { file, line: lines.get(`#${document}`) ?? 1 }, 'Expected a JSON array'));
      return;
    }
    parsed.value.forEach((entry: unknown, index) => {
      const line = lines.get(`#${document}[${index}]`) ?? 1;
      const at = { file, line };
      if (!isRecord(entry)) issues.push(problem('bad-json', at, 'Array entry is not a JSON object'));
      else if (Object.keys(entry).length > 0) value.push({ fields: entry, at, line, document });
    });
  });
  return { value, issues };
}

/** JSON.parse whose failure is an issue at the place of the first fault. */
export function parseJsonText(text: string, file: string, firstLine = 1): Parsed<unknown> {
  try {
    return { value: JSON.parse(text) as unknown, issues: [] };
  } catch {
    const fault = jsonFault(text) ?? { offset: 0, message: 'found several values where one should be' };
    const before = text.slice(0, fault.offset).split('\n');
    const at = { file, line: firstLine + before.length - 1, column: (before.at(-1)?.length ?? 0) + 1 };
    return { value: undefined, issues: [problem('bad-json', at, `Not JSON: ${fault.message}`)] };
  }
}

/** Devices an array of `ip -j link` or `ip -j addr` has an entry of. */
export const devicesIn = (text: string): ReadonlySet<string> =>
  new Set(
    readJsonEntries(text, '').value.flatMap(({ fields: { ifname } }) => (typeof ifname === 'string' ? [ifname] : [])),
  );

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const problem = (code: string, at: SourceRef, message: string): Issue => ({ code, severity: 'error', at, message });

/** The line every value starts on, by path (`#0[3]`, `#0.vpcs[0]`), down to a depth that covers what people edit. */
export function scanJson(text: string): Scan {
  const lines = new Map<string, number>();
  const documents: (readonly [number, number])[] = [];
  const stack: { readonly array: boolean; readonly path: string; index: number; key: string | undefined }[] = [];
  let line = 1;
  let start = 0;
  const path = (): string => {
    const top = stack.at(-1);
    if (top === undefined) return `#${documents.length}`;
    return top.array ? `${top.path}[${top.index}]` : `${top.path}.${top.key ?? ''}`;
  };
  const begin = (at: number): void => {
    if (stack.length === 0) start = at;
    if (stack.length <= MAX_DEPTH) lines.set(path(), line);
  };
  for (let i = 0; i < text.length; ) {
    const c = text[i] ?? '';
    const top = stack.at(-1);
    if (c === '\n') line++;
    if (/\s/.test(c)) {
      i++;
      continue;
    }
    if (c === '{' || c === '[') {
      begin(i);
      stack.push({ array: c === '[', path: stack.length > MAX_DEPTH ? '' : path(), index: 0, key: undefined });
      i++;
    } else if (c === '}' || c === ']') {
      stack.pop();
      i++;
      if (stack.length === 0) documents.push([start, i]);
    } else if (c === ',') {
      if (top?.array) top.index++;
      else if (top !== undefined) top.key = undefined;
      i++;
    } else if (c === ':') {
      i++;
    } else {
      const end = c === '"' ? endOfString(text, i) : endOfWord(text, i);
      if (top !== undefined && !top.array && top.key === undefined) top.key = text.slice(i + 1, end - 1);
      else begin(i);
      i = end;
      if (stack.length === 0) documents.push([start, i]);
    }
  }
  if (stack.length > 0) documents.push([start, text.length]);
  return { documents, lines };
}

function endOfString(text: string, from: number): number {
  for (let i = from + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '"') return i + 1;
    else if (text[i] === '\n') return i;
  }
  return text.length;
}

function endOfWord(text: string, from: number): number {
  let i = from;
  while (i < text.length && !/[\s,:[\]{}"]/.test(text[i] ?? '')) i++;
  return Math.max(i, from + 1);
}
