import type { SourceRef } from '../base/index.ts';
import { type Issue, showSource } from '../base/index.ts';
import type { ObjectMeta } from './objects.ts';

interface Named {
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly source: SourceRef;
}

/** The first of every kind, namespace and name. A second one that says the same is dropped; one that differs is an error. */
export function uniqueObjects<T extends Named>(objects: readonly T[], issues: Issue[]): readonly T[] {
  const seen = new Map<string, T>();
  const kept: T[] = [];
  for (const object of objects) {
    const { name, namespace } = object.metadata;
    // generateName makes a name of its own for each.
    if (name === '') {
      kept.push(object);
      continue;
    }
    const key = `${object.kind}/${namespace}/${name}`;
    const first = seen.get(key);
    if (first === undefined) {
      seen.set(key, object);
      kept.push(object);
    } else if (content(first) !== content(object)) {
      issues.push({
        code: 'duplicate',
        severity: 'error',
        at: object.source,
        message: `${object.kind} "${namespace === '' ? name : `${namespace}/${name}`}" is given twice, and differently`,
        hint: `the first is at ${showSource(first.source)}`,
      });
    }
  }
  return kept;
}

const content = (object: Named): string => JSON.stringify({ ...object, source: undefined });
