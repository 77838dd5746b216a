import { createRng, type Rng } from '../base/index.ts';
import type { ChoicePolicy, Dice } from '../world/index.ts';

/** More branches than this are not walked one by one: what is left over is reported with its weight. */
export const MAX_BRANCHES = 4096;

const PORT_SEED = 0x5eed;

/** Always the first option that can happen; ports from a fixed sequence. */
export function firstDice(): Dice {
  let rng: Rng | undefined;
  return {
    choose: (options) =>
      Math.max(
        0,
        options.findIndex((option) => option.p > 0),
      ),
    port(min, max) {
      rng ??= createRng(PORT_SEED);
      return rng.int(min, max);
    },
  };
}

export function seededDice(seed: number): Dice {
  const rng = createRng(seed);
  return {
    choose: (options) => {
      let draw = rng.next();
      for (let i = 0; i < options.length; i++) {
        draw -= options[i]?.p ?? 0;
        if (draw < 0) return i;
      }
      return options.findLastIndex((option) => option.p > 0);
    },
    port: (min, max) => rng.int(min, max),
  };
}

export interface Branch<T> {
  readonly probability: number;
  readonly result: T;
}

interface Taken {
  readonly option: number;
  readonly p: readonly number[];
}

/**
 * Every way `run` can go: it is run again and again, each time with the next untried combination of choices, so `run`
 * must do the same for the same answers. Probabilities multiply along a branch and sum to 1 over all of them.
 */
export function enumerate<T>(run: (dice: Dice) => T): {
  readonly branches: readonly Branch<T>[];
  readonly untried: number;
} {
  const branches: Branch<T>[] = [];
  let path: Taken[] | undefined = [];
  let covered = 0;
  while (path !== undefined && branches.length < MAX_BRANCHES) {
    const taken: Taken[] = [...path];
    let depth = 0;
    const rng = createRng(PORT_SEED);
    const result = run({
      choose: (options) => {
        const known = taken[depth];
        depth += 1;
        if (known !== undefined) return known.option;
        const option = Math.max(
          0,
          options.findIndex((each) => each.p > 0),
        );
        taken.push({ option, p: options.map((each) => each.p) });
        return option;
      },
      port: (min, max) => rng.int(min, max),
    });
    const probability = taken.reduce((product, each) => product * (each.p[each.option] ?? 0), 1);
    covered += probability;
    branches.push({ probability, result });
    path = nextPath(taken);
  }
  return { branches, untried: path === undefined ? 0 : Math.max(0, 1 - covered) };
}

/** The path that differs in its last choice that still has an untried option. */
function nextPath(taken: readonly Taken[]): Taken[] | undefined {
  for (let i = taken.length - 1; i >= 0; i--) {
    const last = taken[i];
    const next = last?.p.findIndex((p, option) => option > last.option && p > 0) ?? -1;
    if (last !== undefined && next >= 0) return [...taken.slice(0, i), { option: next, p: last.p }];
  }
  return undefined;
}

export function diceFor(policy: Exclude<ChoicePolicy, { kind: 'all' }>): Dice {
  return policy.kind === 'first' ? firstDice() : seededDice(policy.seed);
}
