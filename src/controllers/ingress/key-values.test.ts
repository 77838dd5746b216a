import { expect, test } from 'vitest';
import { keyValues } from './key-values.ts';

test.each<[string, string, Record<string, string> | undefined]>([
  ['pairs', 'a=1, b = 2', { a: '1', b: '2' }],
  ['none', '', {}],
  ['a value without anything', 'a=,b=2', { a: '', b: '2' }],
  ['a value with an equals sign', 'a=b=c', { a: 'b=c' }],
  ['the last of two', 'a=1,a=2', { a: '2' }],
  ['a comma that is kept', 'a=1\\,2,b=3', { a: '1,2', b: '3' }],
  ['a comma at the end, which is the value’s', 'a=1,b=2, ', { a: '1', b: '2,' }],
  ['no value', 'a=1,b', undefined],
  ['no key', '=1', undefined],
  ['nothing between two commas', 'a=1,,b=2', undefined],
  ['a comma alone', ',', undefined],
  ['a blank alone', ' ', undefined],
])('%s', (_, text, want) => {
  const got = keyValues(text);
  expect(got && Object.fromEntries(got)).toEqual(want);
});

test('a long text takes no time', () => {
  expect(keyValues(`a=${'x,'.repeat(200_000)}`)).toBeUndefined();
});
