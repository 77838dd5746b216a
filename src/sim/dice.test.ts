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
        expect(branches.reduce((sum, each) => sum + each.probability, 0)).toBe(1);
        expect(untried).toBe(0);
        expect(new Set(branches.map((each) => each.result)).size).toBe(branches.length);
      }),
      { seed: 20, numRuns: 200 },
    );
  });
});

describe('a drawn port that somebody decides by', () => {
  const ACL = [
    { from: 0, to: 32_767, verdict: 'deny' },
    { from: 32_768, to: 60_999, verdict: 'allow' },
    { from: 61_000, to: 65_535, verdict: 'deny' },
  ];
  const judge = (port: number): string => ACL.find(({ from, to }) => port >= from && port <= to)?.verdict ?? '';

  test('is walked once for all that are decided alike about, weighing their share', () => {
    const told: string[] = [];
    const { branches, untried } = enumerate((dice) => {
      const port = dice.port(1024, 65_535, { tell: (taken, of) => told.push(of[taken]?.label ?? '') });
      dice.decides?.(port, () => ACL);
      return judge(port);
    });
    const odds = new Map(branches.map(({ result, probability }) => [result, probability]));
    expect(branches).toHaveLength(2);
    expect(odds.get('allow')).toBeCloseTo(28_232 / 64_512, 12);
    expect(odds.get('deny')).toBeCloseTo(36_280 / 64_512, 12);
    expect(new Set(told)).toEqual(new Set(['32768-60999 of 1024-65535', '1024-32767, 61000-65535 of 1024-65535']));
    expect(untried).toBe(0);
  });

  test('is one branch where nobody does, or decides alike about all of them', () => {
    const walks = (verdicts: typeof ACL): number =>
      enumerate((dice) => dice.decides?.(dice.port(32_768, 60_999), () => verdicts)).branches.length;
    expect(walks(ACL)).toBe(1);
    expect(enumerate((dice) => dice.port(1024, 65_535)).branches).toHaveLength(1);
  });

  test('takes the preferred port of its class, and none that is reserved', () => {
    const reserved = (port: number): boolean => port < 60_000 && port !== 32_770;
    const { branches } = enumerate((dice) => {
      const port = dice.port(32_760, 60_003, { prefer: 60_002, reserved });
      dice.decides?.(port, () => ACL.slice(0, 2).map((each) => ({ ...each, verdict: String(each.to < port) })));
      dice.decides?.(port, () => [
        { from: 0, to: 60_000, verdict: 'a' },
        { from: 60_001, to: 65_535, verdict: 'b' },
      ]);
      return port;
    });
    expect(branches.map(({ result, probability }) => [result, probability])).toEqual([
      [60_002, 0.6],
      [expect.toSatisfy((port: number) => port === 32_770 || port === 60_000), 0.4],
    ]);
  });

  test('weights sum to 1, whatever the ports, choices and judges, and each class is decided alike about', () => {
    const cut = fc.integer({ min: 1025, max: 65_535 });
    const judges = fc.array(fc.record({ of: fc.nat(3), cut, late: fc.boolean() }), { maxLength: 8 });
    fc.assert(
      fc.property(judges, fc.integer({ min: 1, max: 4 }), (asked, draws) => {
        const ways = (ports: readonly number[], chosen: number): string =>
          asked
            .filter(({ late }) => !late || chosen === 0)
            .map(({ of, cut: at }) => String((ports[of % draws] ?? 0) < at))
            .join(' ');
        const { branches, untried } = enumerate((dice) => {
          const ports = Array.from({ length: draws }, () => dice.port(1024, 65_535));
          const chosen = dice.choose(options(0.25, 0.75));
          for (const { of, cut: at, late } of asked)
            if (!late || chosen === 0)
              dice.decides?.(ports[of % draws] ?? 0, () => [
                { from: 0, to: at - 1, verdict: 'below' },
                { from: at, to: 65_535, verdict: 'above' },
              ]);
          return `${chosen}: ${ways(ports, chosen)}`;
        });
        const sum = branches.reduce((total, each) => total + each.probability, 0);
        if (untried === 0) expect(sum).toBe(1);
        else expect(sum + untried).toBeCloseTo(1, 9);
        // What a judge lets by is the share of the ports it lets by.
        for (const { of, cut: at, late } of asked.slice(0, 1)) {
          if (late) continue;
          const below = branches.filter(({ result }) => result.split(': ')[1]?.split(' ')[0] === 'true');
          const odds = below.reduce((total, each) => total + each.probability, 0);
          if (untried === 0) expect([of, odds]).toEqual([of, expect.closeTo((at - 1024) / 64_512, 9)]);
        }
      }),
      { seed: 21, numRuns: 100 },
    );
  });

  test('tells the share where one way is walked', () => {
    const dice = firstDice();
    const port = dice.port(1024, 65_535);
    const share = dice.decides?.(port, () => ACL);
    expect(share?.p).toBeCloseTo((judge(port) === 'allow' ? 28_232 : 36_280) / 64_512, 12);
    expect(dice.decides?.(port, () => [{ from: 0, to: 65_535, verdict: 'allow' }])).toBeUndefined();
    expect(dice.decides?.(80, () => ACL)).toBeUndefined();
  });
});
