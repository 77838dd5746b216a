import { hasControls } from '../../base/index.ts';
import type { Fields } from '../read/fields.ts';
import type { PathKey } from '../read/json-positions.ts';
import { isObject, own, type RawDocument } from '../read/raw-document.ts';

/** What may stand somewhere, as the API server has it, and in words. */
export interface NameRule {
  readonly is: (text: string) => boolean;
  readonly expected: string;
}

/** k8s.io/apimachinery/pkg/util/validation/validation.go: IsDNS1123Label, IsDNS1123Subdomain, IsDNS1035Label, IsValidPortName, IsQualifiedName, IsValidLabelValue. */
export const LABEL: NameRule = {
  is: (text) => text.length <= 63 && isLabel(text),
  expected: 'expected at most 63 lower-case letters, digits and "-", no "-" first or last',
};
export const SUBDOMAIN: NameRule = {
  is: (text) => text.length <= 253 && text.split('.').every(isLabel),
  expected:
    'expected at most 253 lower-case letters, digits, "-" and ".", a letter or a digit first, last and beside each "."',
};
export const LABEL_1035: NameRule = {
  is: (text) => text.length <= 63 && /^[a-z](?:[-a-z0-9]*[a-z0-9])?$/.test(text),
  expected: 'expected at most 63 lower-case letters, digits and "-", a letter first, no "-" last',
};
export const PORT_NAME: NameRule = {
  is: (text) => text.length <= 15 && isLabel(text) && /[a-z]/.test(text) && !text.includes('--'),
  expected:
    'expected at most 15 lower-case letters, digits and "-", one letter at least, no "-" first, last or twice in a row',
};
const KEY: NameRule = {
  is: isKey,
  expected:
    'expected a key such as "app" or "example.com/app", at most 63 letters, digits, "-", "_" and "." after the "/"',
};
const VALUE: NameRule = {
  is: (text) => text === '' || isName(text),
  expected: 'expected at most 63 letters, digits, "-", "_" and ".", a letter or a digit first and last',
};

function isLabel(text: string): boolean {
  return /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(text);
}

function isName(text: string): boolean {
  return text.length <= 63 && /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(text);
}

function isKey(text: string): boolean {
  const slash = text.indexOf('/');
  return slash < 0 ? isName(text) : SUBDOMAIN.is(text.slice(0, slash)) && isName(text.slice(slash + 1));
}

/** A live object was taken by the server that has it: what is wrong with that one is a warning. */
export const severityIn = ({ value }: RawDocument): 'warning' | 'error' =>
  isObject(own(value, 'status')) || isGivenUid(own(value, 'metadata')) ? 'warning' : 'error';

const isGivenUid = (metadata: unknown): boolean => isObject(metadata) && typeof own(metadata, 'uid') === 'string';

/** A text that breaks its rule. What is no text, or no name at all, is complained of where it is read. */
export function checkName(fields: Fields, key: PathKey, text: unknown, rule: NameRule): void {
  if (typeof text !== 'string' || text === '' || hasControls(text) || rule.is(text)) return;
  refuse(fields, [key], text, rule);
}

function refuse(fields: Fields, keys: readonly PathKey[], text: string, { expected }: NameRule): void {
  fields.complain(keys, {
    severity: severityIn(fields.document),
    code: 'wrong-value',
    message: `Field "${fields.name(...keys)}" is the text "${text.slice(0, 80)}"`,
    expected,
  });
}

/** ValidateLabels: keys and values of the map at `key`. */
export function checkLabels(fields: Fields | undefined, key: string): void {
  const labels = fields?.get(key);
  if (fields === undefined || !isObject(labels)) return;
  for (const [name, value] of Object.entries(labels)) {
    if (!KEY.is(name))
      fields.complain([key, name], {
        severity: severityIn(fields.document),
        code: 'wrong-value',
        message: `Key "${name.slice(0, 80)}" of field "${fields.name(key)}" is no label key`,
        expected: KEY.expected,
      });
    if (typeof value === 'string' && !hasControls(value) && !VALUE.is(value)) refuse(fields, [key, name], value, VALUE);
  }
}

/** A name that stands twice in one list. */
export function checkUnique(children: readonly Fields[], what: string): void {
  const seen = new Set<string>();
  for (const child of children) {
    const name = child.get('name');
    if (typeof name !== 'string' || name === '') continue;
    if (seen.has(name))
      child.complain(['name'], {
        severity: severityIn(child.document),
        code: 'duplicate-name',
        message: `${what} "${name.slice(0, 80)}" is used twice, at "${child.name('name')}"`,
        expected: 'expected a name of its own for each',
      });
    seen.add(name);
  }
}
