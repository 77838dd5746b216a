import { type Document, isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Issue, SourceRef } from '../../base/index.ts';
import { countYaml, isFull, tooManyValues } from './bounds.ts';
import { collectDocuments, elementOfList, type Inherited } from './collect-documents.ts';
import type { PathKey } from './json-positions.ts';
import { MAX_ALIASES, MAX_DEPTH, MAX_DOCUMENT_VALUES, MAX_YAML_DOCUMENT, tooDeep } from './limits.ts';
import type { InputFile, Locator, RawDocument, Within } from './raw-document.ts';
import { type Chunk, countLines, type SplitList, splitList } from './yaml-list.ts';

/**
 * Reads a YAML 1.2 stream one document at a time (a line that starts with `---` always ends a document, section 9.1.2),
 * so that a big stream never holds more than one syntax tree.
 */
export function readYaml(file: InputFile, into: RawDocument[], issues: Issue[]): void {
  const last: LastParsed = {};
  for (const chunk of chunksOf(file)) {
    if (isFull(into, issues)) return;
    const list = splitList(chunk);
    if (list === undefined || !readList(list, last, into, issues)) readChunk(chunk, last, into, issues);
  }
}

/** Places are asked for document by document: one syntax tree is kept, not every one that had something to report. */
interface LastParsed {
  of?: Chunk;
  parsed?: Parsed;
}

interface Parsed {
  readonly document: Document;
  readonly lines: LineCounter;
}

/** False when it turns out to be no list, or not to parse: then it is read whole, and said what is wrong. */
function readList({ head, items }: SplitList, last: LastParsed, documents: RawDocument[], issues: Issue[]): boolean {
  const { document } = parse(head);
  if (document.errors.length > 0 || repeatedKeys(document).length > 0) return false;
  const element = elementOfList(document.toJS({ maxAliasCount: MAX_ALIASES }));
  if (element === undefined) return false;
  for (const item of items) {
    if (isFull(documents, issues)) break;
    readChunk(item, last, documents, issues, element);
  }
  return true;
}

/** After the first few, syntax errors are echoes of each other. */
const MAX_SYNTAX_ISSUES = 10;

function* chunksOf(file: InputFile): Generator<Chunk> {
  const boundary = /^---(?=\s|$)/gm;
  let start = 0;
  let linesBefore = 0;
  const chunk = (end: number): Chunk => ({ file: file.path, text: file.text.slice(start, end), linesBefore });
  for (const found of file.text.matchAll(boundary)) {
    if (found.index === start || /^%/m.test(directives(file.text, start, found.index))) continue;
    const piece = chunk(found.index);
    yield piece;
    linesBefore += countLines(piece.text);
    start = found.index;
  }
  yield chunk(file.text.length);
}

/** The text before a `---` when it holds only directives and comments: it belongs to the document that follows. */
function directives(text: string, start: number, end: number): string {
  if (text.charCodeAt(start) === 45) return '';
  const piece = text.slice(start, Math.min(end, start + 4096));
  return /^(?:\s*(?:[%#].*)?(?:\n|$))*$/.test(piece) ? piece : '';
}

function readChunk(
  chunk: Chunk,
  last: LastParsed,
  documents: RawDocument[],
  issues: Issue[],
  inherited: Inherited = {},
): void {
  const locator = new YamlLocator(chunk, last);
  const start = locator.start();
  if (chunk.text.length > MAX_YAML_DOCUMENT) {
    issues.push({
      code: 'too-big',
      severity: 'error',
      at: start,
      message: `Document has ${chunk.text.length} characters of YAML, the limit is ${MAX_YAML_DOCUMENT}`,
      hint: 'print it with "kubectl get -o json": JSON is read much faster',
    });
    return;
  }
  if (countYaml(chunk.text, MAX_DOCUMENT_VALUES) > MAX_DOCUMENT_VALUES) {
    issues.push(tooManyValues(start, 'Document', MAX_DOCUMENT_VALUES));
    return;
  }
  try {
    const { document, lines } = parse(chunk);
    // The composer catches the engine's RangeError itself and reports it as one more syntax error.
    if (document.errors.some((error) => error.message.includes('call stack'))) {
      issues.push(tooDeep(start));
      return;
    }
    if (document.errors.length > 0) {
      for (const error of document.errors.slice(0, MAX_SYNTAX_ISSUES))
        issues.push(syntaxIssue(chunk, error.message, lines.linePos(error.pos[0])));
      return;
    }
    const repeated = repeatedKeys(document);
    for (const { name, offset } of repeated) issues.push(repeatedIssue(chunk, name, lines.linePos(offset)));
    if (repeated.length > 0) return;
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    if (!withinDepth(value, chunk.text.length)) issues.push(tooDeep(start));
    else collectDocuments(value, locator, documents, issues, inherited);
  } catch (error) {
    issues.push(thrown(error, start));
  }
}

/** The yaml package throws ReferenceError for alias bombs and dangling aliases, and the engine RangeError when its stack is used up. */
function thrown(error: unknown, at: SourceRef): Issue {
  if (error instanceof RangeError) return tooDeep(at);
  const text = error instanceof Error ? error.message : String(error);
  return {
    code: 'yaml-aliases',
    severity: 'error',
    at,
    message: `Cannot expand the aliases of this document: ${text}`,
    expected: `expected at most ${MAX_ALIASES} alias expansions`,
  };
}

function syntaxIssue(chunk: Chunk, message: string, place: { line: number; col: number }): Issue {
  const words = (message.split('\n')[0] ?? message).replace(/ at line \d+, column \d+:?$/, '');
  return {
    code: 'syntax',
    severity: 'error',
    at: { file: chunk.file, line: place.line + chunk.linesBefore, column: place.col },
    message: words,
  };
}

function repeatedIssue(chunk: Chunk, name: string, place: { line: number; col: number }): Issue {
  const at = { file: chunk.file, line: place.line + chunk.linesBefore, column: place.col };
  return { code: 'syntax', severity: 'error', at, message: `Key "${name}" is given twice in one map` };
}

/** Keys a map has more than once. The yaml package's own check compares every pair: minutes for a map of 200,000 keys. */
function repeatedKeys(document: Document): readonly { readonly name: string; readonly offset: number }[] {
  const repeated: { readonly name: string; readonly offset: number }[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key) || key.value === '<<') continue;
        const name = String(key.value);
        if (seen.has(name)) repeated.push({ name, offset: key.range?.[0] ?? 0 });
        seen.add(name);
      }
    },
  });
  return repeated;
}

function parse(chunk: Chunk): Parsed {
  const lines = new LineCounter();
  const document = parseDocument(chunk.text, {
    lineCounter: lines,
    merge: true,
    uniqueKeys: false,
    prettyErrors: false,
  });
  return { document, lines };
}

/** False when `value` nests too deep or, through aliases, holds far more nodes than its text can have written. */
function withinDepth(value: unknown, textLength: number): boolean {
  let budget = 100_000 + textLength * 4;
  const fits = (node: unknown, depth: number): boolean => {
    if (typeof node !== 'object' || node === null) return true;
    if (depth > MAX_DEPTH || --budget < 0) return false;
    for (const child of Array.isArray(node) ? node : Object.values(node)) if (!fits(child, depth + 1)) return false;
    return true;
  };
  return fits(value, 1);
}

class YamlLocator implements Locator {
  private readonly chunk: Chunk;
  private readonly last: LastParsed;
  private startPlace: SourceRef | undefined;

  constructor(chunk: Chunk, last: LastParsed) {
    this.chunk = chunk;
    this.last = last;
  }

  /** First line that holds more than a comment or a document marker. */
  start(): SourceRef {
    if (this.startPlace !== undefined) return this.startPlace;
    const found = /^(?!---\s*(?:#.*)?$)(?!\s*#)(?!%)[^\S\n]*\S/m.exec(this.chunk.text);
    const before = this.chunk.text.slice(0, found?.index ?? 0);
    const column = /[^\S\n]*\S$/.exec(found?.[0] ?? ' ')?.[0].length ?? 1;
    this.startPlace = { file: this.chunk.file, line: this.chunk.linesBefore + countLines(before) + 1, column };
    return this.startPlace;
  }

  locate(path: readonly PathKey[], atKey = false): SourceRef {
    if (path.length === 0) return this.start();
    const parsed = this.parsed();
    const offset = offsetOf(parsed.document.contents, path, atKey);
    return offset === undefined ? this.start() : this.place(parsed.lines.linePos(offset));
  }

  /** Lines of a literal block begin below its header, each behind the block's indentation (YAML 1.2, 8.1.2). */
  within(path: readonly PathKey[]): Within | undefined {
    const { document, lines } = this.parsed();
    const node = document.getIn(path, true);
    if (!isScalar(node) || node.type !== 'BLOCK_LITERAL' || !node.range) return undefined;
    const first = lines.linePos(node.range[0]).line + 1;
    const said = String(node.value).split('\n');
    const full = said.findIndex((line) => line.trim() !== '');
    const written = this.chunk.text.split('\n', first + full)[first + full - 1] ?? '';
    const indent = written.trimEnd().length - (said[full] ?? '').trimEnd().length;
    return (line, column) => this.place({ line: first + line - 1, col: column + indent });
  }

  private place({ line, col }: { readonly line: number; readonly col: number }): SourceRef {
    return { file: this.chunk.file, line: line + this.chunk.linesBefore, column: col };
  }

  private parsed(): Parsed {
    const { last } = this;
    const parsed = last.of === this.chunk && last.parsed !== undefined ? last.parsed : parse(this.chunk);
    last.of = this.chunk;
    last.parsed = parsed;
    return parsed;
  }
}

/** Start of the node at `path`; of its key where the value is empty; of its deepest ancestor where it is absent. */
export function offsetOf(root: unknown, path: readonly PathKey[], atKey: boolean): number | undefined {
  let node: unknown = root;
  let offset: number | undefined;
  for (const [i, key] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(key),
      );
      if (pair === undefined) return offset;
      const keyOffset = isNode(pair.key) ? pair.key.range?.[0] : undefined;
      node = pair.value;
      const empty = (atKey && i === path.length - 1) || !isNode(node) || (isScalar(node) && node.value === null);
      offset = (empty ? keyOffset : isNode(node) ? node.range?.[0] : undefined) ?? keyOffset;
    } else if (isSeq(node) && typeof key === 'number') {
      node = node.items[key];
      if (isNode(node)) offset = node.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
}
