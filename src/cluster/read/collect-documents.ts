import type { Issue } from '../../base/index.ts';
import { isFull } from './bounds.ts';
import type { PathKey } from './json-positions.ts';
import { isObject, type Locator, own, type RawDocument } from './raw-document.ts';

export { MAX_DEPTH } from './limits.ts';

/**
 * Turns one parsed value into the objects it holds: itself, or the elements of a `List` or of a typed list (`PodList`,
 * whose elements leave out kind and apiVersion: the API server only prints them on the list).
 */
export function collectDocuments(
  value: unknown,
  locator: Locator,
  into: RawDocument[],
  issues: Issue[],
  inherited: Inherited = {},
): void {
  collect(value, locator, [], inherited, into, issues);
}

/** What an element of a typed list takes from the list. */
export interface Inherited {
  readonly kind?: string;
  readonly apiVersion?: string;
}

function collect(
  value: unknown,
  locator: Locator,
  base: readonly PathKey[],
  inherited: Inherited,
  into: RawDocument[],
  issues: Issue[],
): void {
  if (value === null || value === undefined) return;
  if (!isObject(value)) {
    issues.push({
      code: 'not-an-object',
      severity: 'error',
      at: locator.locate(base),
      message: `Found ${describe(value)} where an object should be`,
      expected: 'expected a document with "apiVersion" and "kind"',
    });
    return;
  }
  const kind = own(value, 'kind') ?? inherited.kind;
  const apiVersion = own(value, 'apiVersion') ?? inherited.apiVersion;
  if (typeof kind !== 'string' || kind === '' || typeof apiVersion !== 'string' || apiVersion === '') {
    const missing = typeof kind !== 'string' || kind === '' ? 'kind' : 'apiVersion';
    issues.push({
      code: 'no-kind',
      severity: 'error',
      at: locator.locate(base),
      message: `Document has no "${missing}"`,
      expected: 'expected a document with "apiVersion" and "kind"',
    });
    return;
  }
  const items = own(value, 'items');
  if (kind.endsWith('List') && (Array.isArray(items) || items === null)) {
    const element = elementOf(kind, apiVersion);
    for (const [i, item] of (items ?? []).entries()) {
      if (isFull(into, issues)) return;
      collect(item, locator, [...base, 'items', i], element, into, issues);
    }
    return;
  }
  into.push({ apiVersion, kind, value, source: locator.locate(base), locator, base, overlays: new Map() });
}

const elementOf = (kind: string, apiVersion: string): Inherited =>
  kind === 'List' ? {} : { kind: kind.slice(0, -'List'.length), apiVersion };

/** What the elements of a list inherit; undefined for an object that is no list. */
export function elementOfList(value: unknown): Inherited | undefined {
  if (!isObject(value)) return undefined;
  const [kind, apiVersion] = [own(value, 'kind'), own(value, 'apiVersion')];
  if (typeof kind !== 'string' || typeof apiVersion !== 'string' || apiVersion === '') return undefined;
  return kind.endsWith('List') && own(value, 'items') === null ? elementOf(kind, apiVersion) : undefined;
}

export const describe = (value: unknown): string => {
  if (Array.isArray(value)) return 'a list';
  if (value === null) return 'nothing';
  if (typeof value === 'object') return 'a map';
  return typeof value === 'string' ? `the text "${shorten(value)}"` : `the ${typeof value} ${String(value)}`;
};

export const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 77)}...` : text);
