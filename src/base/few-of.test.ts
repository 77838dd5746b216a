import { expect, test } from 'vitest';
import { fewOf } from './few-of.ts';

test('as many as are asked for are shown, and the rest is counted', () => {
  expect(fewOf(['a', 'b', 'c', 'd'], 2)).toBe('a, b and 2 more');
  expect(fewOf(['a', 'b'], 2)).toBe('a, b');
  expect(fewOf(['a', 'b', 'c'], 2, '; ')).toBe('a; b and 1 more');
});
