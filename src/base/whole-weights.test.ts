import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wholeWeights } from './whole-weights.ts';

const added = (weights: readonly number[]): number => weights.reduce((sum, weight) => sum + weight, 0);

test('shares that add up are what they are; of those that do not, the last is what the others leave', () => {
  expect(wholeWeights([1 / 3, 1 / 3, 1 / 3])).toEqual([1 / 3, 1 / 3, 1 / 3]);
  const tenths = new Array<number>(10).fill(0.1);
  expect(added(tenths)).not.toBe(1);
  expect(wholeWeights(tenths).slice(0, 9)).toEqual(tenths.slice(0, 9));
  expect(added(wholeWeights(tenths))).toBe(1);
});

test('a part stays a part', () => {
  expect(wholeWeights([0.1, 0.2])).toEqual([0.1, 0.2]);
  expect(wholeWeights([])).toEqual([]);
});

test('one that weighs next to nothing is neither negative nor grows', () => {
  const tiny = 2 ** -62;
  const weights = wholeWeights([...new Array<number>(10).fill(0.1), tiny]);
  expect(added(weights)).toBe(1);
  expect(weights.every((weight) => weight >= 0 && weight < 0.11)).toBe(true);
  expect(weights.at(-1)).toBeLessThan(1e-15);
});

test('whatever the shares, they add up to 1 and move by no more than rounding', () =>
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 1e9 }), { minLength: 1, maxLength: 500 }), (shares) => {
      const all = added(shares);
      const weights = shares.map((share) => share / all);
      const whole = wholeWeights(weights);
      expect(added(whole)).toBe(1);
      for (const [i, weight] of whole.entries()) expect(Math.abs(weight - (weights[i] ?? 0))).toBeLessThan(1e-12);
    }),
  ));
