import { LineCounter, parseDocument } from 'yaml';
import type { Issue, SourceRef } from '../../base/index.ts';
import { Fields } from '../read/fields.ts';
import type { PathKey } from '../read/json-positions.ts';
import { MAX_ALIASES } from '../read/limits.ts';
import { type InnerText, isObject } from '../read/raw-document.ts';
import { offsetOf } from '../read/read-yaml.ts';

/** After the first few, syntax errors are echoes of each other. */
const MAX_SYNTAX_ISSUES = 3;

/**
 * YAML or JSON text that sits inside a field of another document. Problems are reported at their line where the text's lines
 * are lines of the file, else at the field: a quoted or folded text has no lines of its own.
 */
export function readInner(inner: InnerText, what: string, issues: Issue[]): Fields | undefined {
  const { text, source, within } = inner;
  const lines = new LineCounter();
  const placeOf = (offset: number | undefined): SourceRef => {
    if (within === undefined || offset === undefined) return source;
    const { line, col } = lines.linePos(offset);
    return within(line, col);
  };
  const complain = (message: string, at = source): undefined => {
    issues.push({
      code: 'inner-syntax',
      severity: 'error',
      at,
      message: `Cannot read ${what}: ${message}`,
      expected: 'expected a map in YAML or JSON',
    });
    return undefined;
  };
  let value: unknown;
  let locate = (_: readonly PathKey[], _atKey?: boolean): SourceRef => source;
  try {
    const document = parseDocument(text, { prettyErrors: false, lineCounter: lines });
    for (const { message, pos } of document.errors.slice(0, MAX_SYNTAX_ISSUES)) complain(message, placeOf(pos[0]));
    if (document.errors.length > 0) return undefined;
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
    locate = (path, atKey = false) => placeOf(offsetOf(document.contents, path, atKey));
  } catch (error) {
    return complain(error instanceof Error ? error.message : String(error));
  }
  if (value === null || value === undefined) return undefined;
  if (!isObject(value)) return complain('it is not a map');
  const document = { apiVersion: '', kind: '', value, source, locator: { locate }, base: [], overlays: new Map() };
  return new Fields(document, issues);
}
