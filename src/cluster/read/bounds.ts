import { countJson, type Issue, type SourceRef } from '../../base/index.ts';
import { MAX_OBJECTS, MAX_VALUES, MAX_YAML_VALUES } from './limits.ts';
import type { InputFile } from './raw-document.ts';

/** What the files hold, counted in their texts before any of it is built: a text of small values takes a hundred times its size. */
export function beyondBounds(files: readonly InputFile[]): Issue | undefined {
  let [objects, json, yaml] = [0, 0, 0];
  for (const { path, text } of files) {
    if (/^\s*[{[]/.test(text)) {
      const count = countJson(text, MAX_VALUES - json);
      objects += count.elements;
      json += count.values;
    } else {
      objects += countDocuments(text, MAX_OBJECTS - objects);
      yaml += countYaml(text, MAX_YAML_VALUES - yaml);
    }
    if (objects > MAX_OBJECTS) return tooManyObjects(path);
    if (json > MAX_VALUES) return tooManyValues({ file: path }, 'Input', MAX_VALUES);
    if (yaml > MAX_YAML_VALUES)
      return {
        ...tooManyValues({ file: path }, 'Input', MAX_YAML_VALUES),
        hint: 'print it with "kubectl get -o json": JSON is read much faster',
      };
  }
  return undefined;
}

/** True once more was read, or found wrong, than the objects there may be. */
export const isFull = (documents: readonly unknown[], issues: readonly Issue[]): boolean =>
  documents.length + issues.length > MAX_OBJECTS;

export const tooManyObjects = (file: string): Issue => ({
  code: 'too-many-objects',
  severity: 'error',
  at: { file },
  message: `Input has more than ${MAX_OBJECTS} objects up to the end of this file`,
  expected: 'expected one cluster; name the kinds you need in "kubectl get"',
});

export const tooManyValues = (at: SourceRef, what: 'Document' | 'Input', limit: number): Issue => ({
  code: 'too-many-values',
  severity: 'error',
  at,
  message: `${what} has more than ${limit} values${what === 'Input' ? ' up to the end of this file' : ''}`,
});

/** Documents of a YAML stream, up to one more than `limit`. */
function countDocuments(text: string, limit: number): number {
  let count = 0;
  for (const _ of text.matchAll(/^---(?=\s|$)/gm)) if (++count > limit) break;
  return count;
}

const [NEWLINE, BLANK, COMMA, DASH, OPEN_LIST, OPEN_MAP] = [10, 32, 44, 45, 91, 123] as const;

/** No fewer than the values of a YAML text, up to a few more than `limit`: one a line, and what stands beside others in one. */
export function countYaml(text: string, limit: number): number {
  let count = 0;
  for (let at = 0; at < text.length && count <= limit; at++) {
    const code = text.charCodeAt(at);
    if (code === NEWLINE || code === COMMA || code === OPEN_LIST || code === OPEN_MAP) count++;
    else if (code === DASH && text.charCodeAt(at + 1) === BLANK) count++;
  }
  return count;
}
