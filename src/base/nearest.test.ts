import { describe, expect, test } from 'vitest';
import { nearest } from './nearest.ts';

describe('nearest', () => {
  for (const [word, want] of [
    ['privateNetworkin', 'privateNetworking'],
    ['externalTrafficPolcy', 'externalTrafficPolicy'],
    ['tpye', 'type'],
    ['completelyDifferent', undefined],
  ] as const) {
    test(`${word} -> ${want}`, () => {
      expect(nearest(word, ['privateNetworking', 'externalTrafficPolicy', 'type', 'selector'])).toBe(want);
    });
  }
});
