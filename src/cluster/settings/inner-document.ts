import { parseDocument } from 'yaml';
import type { Issue, SourceRef } from '../../base/index.ts';
import { Fields } from '../read/fields.ts';
import { MAX_ALIASES } from '../read/limits.ts';
import { isObject } from '../read/raw-document.ts';

/**
 * YAML or JSON text that sits inside a field of another document: problems are reported at that field, since a quoted or
 * folded text has no lines of its own.
 */
export function readInner(text: string, at: SourceRef, what: string, issues: Issue[]): Fields | undefined {
  const complain = (message: string): undefined => {
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
  try {
    const document = parseDocument(text, { prettyErrors: false });
    const [error] = document.errors;
    if (error !== undefined) return complain(error.message);
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    return complain(error instanceof Error ? error.message : String(error));
  }
  if (value === null || value === undefined) return undefined;
  if (!isObject(value)) return complain('it is not a map');
  const document = {
    apiVersion: '',
    kind: '',
    value,
    source: at,
    locator: { locate: () => at },
    base: [],
    overlays: new Map(),
  };
  return new Fields(document, issues);
}
