import type { NftFamily, NftSet, NftStatement } from './types.ts';

/** What a statement may refer to. */
export interface TableContext {
  readonly family: NftFamily;
  /** Sets and maps of the table that could be read, by name. */
  readonly sets: ReadonlyMap<string, NftSet>;
}

/** Reads one statement off the start of a rule's text: it, and what follows. undefined: this is none of its kind. */
export type Reader = (
  text: string,
  table: TableContext,
) => readonly [statement: NftStatement, rest: string] | undefined;

/** Cuts what `pattern` matches at the start, when a blank or the end follows. */
export function cut(text: string, pattern: RegExp): readonly [RegExpExecArray, string] | undefined {
  const found = pattern.exec(text);
  if (found === null) return undefined;
  const rest = text.slice(found[0].length);
  return rest === '' || rest.startsWith(' ') ? [found, rest] : undefined;
}
