import type { z } from 'zod';
import { didYouMean, type Issue } from '../../base/index.ts';
import { jsonSchemaOf } from '../json-schema.ts';
import { describe } from '../read/collect-documents.ts';
import { type Fields, showPath } from '../read/fields.ts';
import type { PathKey } from '../read/json-positions.ts';
import { isObject, own, type RawObject } from '../read/raw-document.ts';
import { elsewhere, type OwnKind, ownSchemas } from './schemas.ts';

export type OwnSpec<Kind extends OwnKind> = z.output<(typeof ownSchemas)[Kind]>['spec'];

/** Checks a document of one of our kinds; undefined when it has errors, which are then in the issues. */
export function checkOwn<Kind extends OwnKind>(fields: Fields, kind: Kind): OwnSpec<Kind> | undefined {
  const { value } = fields.document;
  const result = ownSchemas[kind].safeParse(value);
  // The schema was chosen by `kind`, which the compiler cannot follow through the index.
  if (result.success) return result.data.spec as OwnSpec<Kind>;
  for (const issue of result.error.issues)
    for (const { path, ...found } of translate(issue, value, kind)) fields.complain(path, found);
  return undefined;
}

type Found = Pick<Issue, 'code' | 'message' | 'expected' | 'hint'> & { readonly path: readonly PathKey[] };

function translate(issue: z.core.$ZodIssue, root: RawObject, kind: OwnKind): readonly Found[] {
  const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
  const name = showPath(path);
  if (issue.code === 'unrecognized_keys') {
    const known = fieldsAt(kind, path);
    return issue.keys.map((key) => ({
      path: [...path, key],
      code: 'unknown-field',
      message: `Unknown field "${showPath([...path, key])}"`,
      ...(elsewhere.has(key) && kind === 'Network'
        ? { expected: `expected documents of kind "${elsewhere.get(key)}", each on its own` }
        : didYouMean(key, known)),
    }));
  }
  const value = valueAt(root, path);
  if (value === undefined) {
    return [{ path: path.slice(0, -1), code: 'missing-field', message: `Field "${name}" is missing` }];
  }
  const message = `Field "${name}" is ${describe(value)}`;
  switch (issue.code) {
    case 'invalid_type':
      return [{ path, code: 'wrong-type', message, expected: `expected ${article(issue.expected)}` }];
    case 'invalid_value': {
      const options = issue.values.map(String);
      const near = typeof value === 'string' ? didYouMean(value, options) : {};
      return [
        {
          path,
          code: 'wrong-value',
          message,
          expected: `expected ${options.map((o) => `"${o}"`).join(', ')}`,
          ...near,
        },
      ];
    }
    case 'custom':
      return [{ path, code: 'wrong-type', message, expected: issue.message }];
    default:
      return [
        {
          path,
          code: 'wrong-value',
          message,
          expected: issue.message.replace(/^(Invalid|Too) /, (word) => word.toLowerCase()),
        },
      ];
  }
}

const words: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'a map',
  record: 'a map of strings',
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

const article = (type: string): string => words[type] ?? type;

function valueAt(root: unknown, path: readonly PathKey[]): unknown {
  let value = root;
  for (const key of path) {
    if (Array.isArray(value) && typeof key === 'number') value = value[key];
    else if (isObject(value)) value = own(value, String(key));
    else return undefined;
  }
  return value;
}

/** Names of the fields the schema knows at `path`, read from its own JSON Schema. */
function fieldsAt(kind: OwnKind, path: readonly PathKey[]): readonly string[] {
  let schema: unknown = jsonSchemaOf(kind);
  for (const key of path) {
    const next = isObject(schema) ? own(schema, typeof key === 'number' ? 'items' : 'properties') : undefined;
    schema = typeof key === 'number' || !isObject(next) ? next : own(next, key);
  }
  const properties = isObject(schema) ? own(schema, 'properties') : undefined;
  return isObject(properties) ? Object.keys(properties) : [];
}
