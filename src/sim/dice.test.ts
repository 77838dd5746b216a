import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { enumerate, firstDice, MAX_BRANCHES, seededDice } from './dice.ts';

const options = (...ps: number[]): { p: number; label: string }[] => ps.map((p) => ({ p, label: String(p) }));

test('first takes the first option that can happen', () => {
  expect(firstDice().choose(options(0, 0.5, 0.5))).toBe(1);
});

test('a seeded one repeats itself, and never takes what cannot happen', () => {
  const draw = (seed: number): number[] => {
    const dice = seededDice(seed);
    return Array.from({ length: 200 }, () => dice.choose(options(0.5, 0, 0.5)));
  };
  expect(draw(7)).toEqual(draw(7));
  expect(new Set(draw(7))).toEqual(new Set([0, 2]));
});

test('ports stay in range and come out the same every time', () => {
  const ports = (): number[] => {
    const dice = firstDice();
    return Array.from({ length: 100 }, () => dice.port(1024, 65535));
  };
  expect(ports()).toEqual(ports());
  expect(ports().every((port) => port >= 1024 && port <= 65535)).toBe(true);
});

describe('enumerate', () => {
  test('walks each branch once, with what it weighs', () => {
    const { branches, untried } = enumerate((dice) =>
      dice.choose(options(0.25, 0.75)) === 0 ? 'a' : `b${dice.choose(options(0.5, 0, 0.5))}`,
    );
    expect(branches).toEqual([
      { probability: 0.25, result: 'a' },
      { probability: 0.375, result: 'b0' },
      { probability: 0.375, result: 'b2' },
    ]);
    expect(untried).toBe(0);
  });

  test('stops at its bound and says what is left', () => {
    const { branches, untried } = enumerate((dice) => {
      for (let i = 0; i < 13; i++) dice.choose(options(0.5, 0.5));
    });
    expect(branches).toHaveLength(MAX_BRANCHES);
    expect(untried).toBeCloseTo(0.5, 10);
  });

  test('weights sum to 1, whatever the tree', () => {
    // A tree as kube-proxy makes them: at each level the share taken, else on to the next level.
    const level = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(level, { maxLength: 5 }), (levels) => {
        const { branches, untried } = enumerate((dice) => {
          const path: number[] = [];
          for (const weights of levels) {
            const sum = weights.reduce((a, b) => a + b, 0);
            const taken = dice.choose(options(...(sum === 0 ? [1] : weights.map((each) => each / sum))));
            path.push(taken);
            if (taken === 0) break;
          }
          return path.join(' ');
        });
        expect(branches.reduce((sum, each) => sum + each.probability, 0) + untried).toBeCloseTo(1, 9);
        expect(new Set(branches.map((each) => each.result)).size).toBe(branches.length);
      }),
      { seed: 20, numRuns: 200 },
    );
  });
});
