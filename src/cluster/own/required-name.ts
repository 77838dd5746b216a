import type { Fields } from '../read/fields.ts';
import { isObject, own } from '../read/raw-document.ts';

export const nameOf = (fields: Fields): string => {
  const metadata = own(fields.document.value, 'metadata');
  const name = isObject(metadata) ? own(metadata, 'name') : undefined;
  return typeof name === 'string' ? name : '';
};

export function requiredName(fields: Fields, kind: string): string {
  const name = nameOf(fields);
  if (name === '') fields.complain([], { code: 'missing-field', message: `${kind} has no "metadata.name"` });
  return name;
}
