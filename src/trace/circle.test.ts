import { describe, expect, test } from 'vitest';
import { circleOf } from './circle.ts';
import type { Hop } from './types.ts';

const hop = (name: string): Hop => ({ where: { kind: 'node', name }, steps: [] });
const hops = (text: string): readonly Hop[] => [...text].map(hop);

describe('the circle of a walk whose last place is where it died', () => {
  test.each([
    ['pnvnvnvn', { from: 1, length: 2, times: 2 }],
    ['pxvnvnvnvn', { from: 2, length: 2, times: 2 }],
    ['pabcabcabcabX', { from: 1, length: 3, times: 2 }],
    ['paaaaX', { from: 1, length: 1, times: 3 }],
    ['pnvnvX', undefined],
    ['pnvmvX', undefined],
    ['abcdefgh', undefined],
    ['ab', undefined],
  ])('%s', (text, circle) => {
    expect(circleOf(hops(text))).toEqual(circle);
  });
});
