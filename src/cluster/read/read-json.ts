import type { Issue, SourceRef } from '../../base/index.ts';
import { isFull } from './bounds.ts';
import { collectDocuments, MAX_DEPTH } from './collect-documents.ts';
import { elementOffsets, offsetInJson, type PathKey, skipSpace, skipValue } from './json-positions.ts';
import { tooDeep } from './limits.ts';
import { type InputFile, isObject, type Locator, own, type RawDocument } from './raw-document.ts';

/** Reads one JSON value, or several one after another as `kubectl get -o json` prints them; false when it is not JSON. */
export function readJson(file: InputFile, into: RawDocument[], issues: Issue[]): boolean {
  const lines = new LineIndex(file);
  const values = parseWhole(file.text) ?? parseEach(file.text);
  if (values === undefined) return false;
  for (const { value, start } of values) {
    if (isFull(into, issues)) break;
    const locator = new JsonLocator(lines, start);
    if (locator.depth(value) > MAX_DEPTH) issues.push(tooDeep(lines.place(start)));
    else collectDocuments(value, locator, into, issues);
  }
  return true;
}

interface JsonValue {
  readonly value: unknown;
  readonly start: number;
}

function parseWhole(text: string): readonly JsonValue[] | undefined {
  try {
    return [{ value: JSON.parse(text), start: skipSpace(text, 0) }];
  } catch {
    return undefined;
  }
}

function parseEach(text: string): readonly JsonValue[] | undefined {
  try {
    return valueStarts(text).map((start) => ({
      value: JSON.parse(text.slice(start, skipValue(text, start).end)),
      start,
    }));
  } catch {
    return undefined;
  }
}

function valueStarts(text: string): readonly number[] {
  const starts: number[] = [];
  let at = skipSpace(text, 0);
  while (at < text.length) {
    starts.push(at);
    const { end } = skipValue(text, at);
    at = skipSpace(text, Math.max(end, at + 1));
  }
  return starts;
}

class JsonLocator implements Locator {
  private readonly lines: LineIndex;
  private readonly start: number;
  private items: ReturnType<typeof elementOffsets> | undefined;

  constructor(lines: LineIndex, start: number) {
    this.lines = lines;
    this.start = start;
  }

  locate(path: readonly PathKey[], atKey = false): SourceRef {
    const [first, index] = path;
    const { text } = this.lines.file;
    if (first === 'items' && typeof index === 'number') {
      const at = this.elements().offsets[index];
      if (at !== undefined) return this.lines.place(offsetInJson(text, path.slice(2), at, atKey));
    }
    return this.lines.place(offsetInJson(text, path, this.start, atKey));
  }

  /** How deep the objects of `value` nest; of a list, its elements: nobody reads further into the rest. */
  depth(value: unknown): number {
    const isList = isObject(value) && Array.isArray(own(value, 'items'));
    return isList ? this.elements().depth : skipValue(this.lines.file.text, this.start).depth;
  }

  private elements(): ReturnType<typeof elementOffsets> {
    const { text } = this.lines.file;
    this.items ??= elementOffsets(text, offsetInJson(text, ['items'], this.start));
    return this.items;
  }
}

/** Offset to line and column, by bisection over line starts counted once. */
class LineIndex {
  readonly file: InputFile;
  private starts: readonly number[] | undefined;

  constructor(file: InputFile) {
    this.file = file;
  }

  place(offset: number): SourceRef {
    this.starts ??= lineStarts(this.file.text);
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { file: this.file.path, line: low + 1, column: offset - (this.starts[low] ?? 0) + 1 };
  }
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
