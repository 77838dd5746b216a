import fc from 'fast-check';
import { expect, test } from 'vitest';
import { offsetInJson, type PathKey, skipValue } from './json-positions.ts';

function* pathsOf(value: unknown, path: readonly PathKey[] = []): Generator<readonly [readonly PathKey[], unknown]> {
  yield [path, value];
  if (Array.isArray(value)) for (const [i, item] of value.entries()) yield* pathsOf(item, [...path, i]);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) yield* pathsOf(item, [...path, key]);
  }
}

test('every value of any JSON text is found where it stands', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.integer({ min: 0, max: 3 }), (value, indent) => {
      const text = ` ${JSON.stringify(value, null, indent)}\n`;
      for (const [path, wanted] of pathsOf(JSON.parse(text))) {
        const start = offsetInJson(text, path);
        expect(JSON.parse(text.slice(start, skipValue(text, start).end))).toEqual(wanted);
      }
    }),
    { seed: 7, numRuns: 300 },
  );
});

test('a key, and the nearest ancestor of what is not there', () => {
  const text = '{"a": [{"b\\"c": 1}, {"d": {}}]}';
  expect(offsetInJson(text, ['a', 0, 'b"c'], 0, true)).toBe(text.indexOf('"b'));
  expect(offsetInJson(text, ['a', 0, 'b"c'])).toBe(text.indexOf('1}'));
  expect(offsetInJson(text, ['a', 1, 'd', 'x', 'y'])).toBe(text.indexOf('{}'));
  expect(offsetInJson(text, ['a', 7])).toBe(text.indexOf('[{'));
});
