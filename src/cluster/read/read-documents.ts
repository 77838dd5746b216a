import { type Issue, jsonFault, type Parsed } from '../../base/index.ts';
import { beyondBounds, isFull, tooManyObjects } from './bounds.ts';
import { MAX_CHARACTERS, MAX_YAML_CHARACTERS } from './limits.ts';
import type { InputFile, RawDocument } from './raw-document.ts';
import { readJson } from './read-json.ts';
import { readYaml } from './read-yaml.ts';

/** Every object of every file, recognised by nothing but being one. JSON goes through `JSON.parse`, the rest is YAML. */
export function readDocuments(files: readonly InputFile[]): Parsed<readonly RawDocument[]> {
  const beyond = beyondBounds(files);
  if (beyond !== undefined) return { value: [], issues: [beyond] };
  const issues: Issue[] = [];
  const value: RawDocument[] = [];
  for (const file of files) {
    readFile(file, value, issues);
    if (isFull(value, issues)) return { value: [], issues: [tooManyObjects(file.path)] };
  }
  return { value, issues };
}

function readFile(file: InputFile, into: RawDocument[], issues: Issue[]): void {
  const problem = refusal(file);
  if (problem !== undefined) {
    issues.push({ severity: 'error', at: { file: file.path }, ...problem });
    return;
  }
  const text = file.text.startsWith('\ufeff') ? file.text.slice(1) : file.text;
  const clean: InputFile = { path: file.path, text };
  if (/^\s*[{[]/.test(text)) {
    if (readJson(clean, into, issues)) return;
    const fault = brokenJson(clean);
    if (fault !== undefined) {
      issues.push(fault);
      return;
    }
  }
  if (text.length > MAX_YAML_CHARACTERS) {
    issues.push({
      code: 'too-big',
      severity: 'error',
      at: { file: file.path },
      message: `File has ${text.length} characters of YAML, the limit is ${MAX_YAML_CHARACTERS}`,
      hint: 'print it with "kubectl get -o json": JSON is read much faster',
    });
    return;
  }
  readYaml(clean, into, issues);
}

/**
 * Every JSON text is YAML, and some broken ones are too, with another meaning. So a file called .json, or one that starts as
 * `{"` or `[{`, is held to JSON, as kubectl does.
 */
function brokenJson({ path, text }: InputFile): Issue | undefined {
  if (!path.endsWith('.json') && !/^\s*(?:\{\s*"|\[\s*\{)/.test(text)) return undefined;
  const fault = jsonFault(text);
  if (fault === undefined) return undefined;
  const before = text.slice(0, fault.offset).split('\n');
  const at = { file: path, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  return { code: 'syntax', severity: 'error', at, message: `Not JSON: ${fault.message}` };
}

function refusal(file: InputFile): Pick<Issue, 'code' | 'message' | 'expected'> | undefined {
  const expected = 'expected YAML or JSON';
  if (file.text.length > MAX_CHARACTERS) {
    return { code: 'too-big', message: `File has ${file.text.length} characters, the limit is ${MAX_CHARACTERS}` };
  }
  if (file.text.includes('\u0000'))
    return { code: 'not-text', message: 'File is not text: it holds NUL bytes', expected };
  if (/^\s*$/.test(file.text.slice(0, 4096)) && file.text.trim() === '') {
    return { code: 'empty-file', message: 'File is empty', expected };
  }
  return undefined;
}
