import type { SourceRef } from '../../base/index.ts';
import type { PathKey } from './json-positions.ts';

export interface InputFile {
  readonly path: string;
  readonly text: string;
}

/** Finds the place of a field in the text it came from. */
export interface Locator {
  /** The value at `path`, or with `atKey` the key it stands under. */
  locate(path: readonly PathKey[], atKey?: boolean): SourceRef;
  /** Of a text whose lines are lines of the file (YAML's literal block): where a line and column of it stand there. */
  within?(path: readonly PathKey[]): Within | undefined;
}

export type Within = (line: number, column: number) => SourceRef;

/** A document written in a field of another. */
export interface InnerText {
  readonly text: string;
  readonly source: SourceRef;
  /** Absent where the text has no lines of its own: quoted, folded, or given by `--set`. */
  readonly within?: Within;
}

export type RawObject = { [key: string]: unknown };

/** One object of the input before any schema has looked at it. `--set` writes into `value` and says so in `overlays`. */
export interface RawDocument {
  readonly apiVersion: string;
  readonly kind: string;
  readonly value: RawObject;
  /** Where the object starts. */
  readonly source: SourceRef;
  readonly locator: Locator;
  /** Path of `value` inside the located text: `['items', 3]` for an element of a List. */
  readonly base: readonly PathKey[];
  /** Paths (`JSON.stringify`) written by `--set`, and by which one. */
  readonly overlays: Map<string, SourceRef>;
}

/** Where the field at `path` was written: by `--set`, or in the file (its deepest ancestor there, when it is absent). */
export function placeOf(document: RawDocument, path: readonly PathKey[], atKey = false): SourceRef {
  const overlay = overlayOf(document, path);
  return overlay ?? document.locator.locate([...document.base, ...path], atKey);
}

/** The text at `path`, with its places. */
export function innerTextOf(document: RawDocument, path: readonly PathKey[], text: string): InnerText {
  const source = placeOf(document, path);
  const within =
    overlayOf(document, path) === undefined ? document.locator.within?.([...document.base, ...path]) : undefined;
  return within === undefined ? { text, source } : { text, source, within };
}

export function overlayOf(document: RawDocument, path: readonly PathKey[]): SourceRef | undefined {
  if (document.overlays.size === 0) return undefined;
  for (let length = path.length; length > 0; length--) {
    const found = document.overlays.get(JSON.stringify(path.slice(0, length)));
    if (found !== undefined) return found;
  }
  return undefined;
}

export const isObject = (value: unknown): value is RawObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value of an own field: a key such as `constructor` never reaches a prototype. */
export const own = (value: RawObject, key: string): unknown => (Object.hasOwn(value, key) ? value[key] : undefined);
