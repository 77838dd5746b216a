import { createRng, type Rng, wholeWeights } from '../base/index.ts';
import type { ChoicePolicy, Dice, PortDraw, PortShare, PortVerdict } from '../world/index.ts';
import {
  holds,
  type PortClass,
  type PortSource,
  portOfClass,
  shareOf,
  splitClass,
  wholeClass,
} from './port-classes.ts';

/** More branches than this are not walked one by one: what is left over is reported with its weight. */
export const MAX_BRANCHES = 4096;

/** A branch is walked again when a port it drew turns out to decide something: walks for each branch, at most. */
const MAX_RUNS_PER_BRANCH = 4;

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
    ...drawnOnce((min, max) => {
      rng ??= createRng(PORT_SEED);
      return rng.int(min, max);
    }),
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
    ...drawnOnce((min, max) => rng.int(min, max)),
  };
}

/** Ports of one way: they are what they are, and whoever decides by one is told how many others it would do the same for. */
function drawnOnce(draw: (min: number, max: number) => number): Pick<Dice, 'port' | 'decides' | 'drew'> {
  const drawn = new Map<number, PortSource>();
  return {
    port(min, max, { prefer, reserved } = {}) {
      const port = prefer ?? draw(min, max);
      drawn.set(port, { min, max, reserved });
      return port;
    },
    decides(port, verdicts) {
      const source = drawn.get(port);
      return source === undefined ? undefined : shareAmong(source, port, verdicts());
    },
    drew: (port) => drawn.has(port),
  };
}

function shareAmong(source: PortSource, port: number, verdicts: readonly PortVerdict[]): PortShare | undefined {
  const whole = wholeClass(source);
  const classes = splitClass(source, whole, verdicts, port);
  const own = classes.find((each) => holds(each, port));
  return own === undefined || classes.length < 2 ? undefined : shareOf(source, own, whole.size);
}

export interface Branch<T> {
  readonly probability: number;
  readonly result: T;
}

/** What a branch met: a choice, or a port that was drawn, from one of the classes its judges tell apart. */
type Taken =
  | { readonly kind: 'choice'; readonly option: number; readonly p: readonly number[] }
  | {
      readonly kind: 'draw';
      readonly option: number;
      readonly source: PortSource;
      /** Undefined: nobody told its ports apart. A class is split while a branch that took it is walked. */
      classes: Classes | undefined;
      /** Branches that were there before the first with this option. */
      readonly since: number;
    };

interface Classes {
  readonly of: readonly PortClass[];
  /** Ports of all of them. */
  readonly size: number;
}

/**
 * Every way `run` can go: it is run again and again, each time with the next untried combination of choices, so `run`
 * must do the same for the same answers. Probabilities multiply along a branch and sum to 1 over all of them.
 *
 * A drawn port is one number until somebody decides by it: then the ports that it decides alike about are an option each,
 * weighing their share, and the branches walked with the port in that class so far are walked anew.
 */
export function enumerate<T>(
  run: (dice: Dice) => T,
  most: number = MAX_BRANCHES,
): { readonly branches: readonly Branch<T>[]; readonly untried: number } {
  let branches: Branch<T>[] = [];
  let path: readonly Taken[] | undefined = [];
  for (let runs = 0; path !== undefined && branches.length < most && runs < most * MAX_RUNS_PER_BRANCH; runs++) {
    const dice: PathDice = new PathDice(path, branches.length);
    const result = run(dice);
    const { taken, splitAt } = dice;
    const again = splitAt === undefined ? undefined : taken[splitAt];
    if (again?.kind === 'draw' && splitAt !== undefined) {
      branches = branches.slice(0, again.since);
      path = taken.slice(0, splitAt + 1);
      continue;
    }
    branches.push({ probability: taken.reduce((product, each) => product * weightOf(each, each.option), 1), result });
    path = nextPath(taken, branches.length);
  }
  if (path === undefined) return { branches: reweighed(branches), untried: 0 };
  return { branches, untried: Math.max(0, 1 - branches.reduce((sum, { probability }) => sum + probability, 0)) };
}

/** Products round. */
function reweighed<T>(branches: readonly Branch<T>[]): readonly Branch<T>[] {
  if (branches.length < 2) return branches;
  const weights = wholeWeights(branches.map(({ probability }) => probability));
  return branches.map(({ probability, result }, i) => ({ probability: weights[i] ?? probability, result }));
}

/** The path that differs in its last choice that still has an untried option. */
function nextPath(taken: readonly Taken[], since: number): readonly Taken[] | undefined {
  for (let i = taken.length - 1; i >= 0; i--) {
    const last = taken[i];
    if (last === undefined) continue;
    const ways = last.kind === 'choice' ? last.p.length : (last.classes?.of.length ?? 1);
    for (let option = last.option + 1; option < ways; option++)
      if (weightOf(last, option) > 0)
        return [...taken.slice(0, i), last.kind === 'choice' ? { ...last, option } : { ...last, option, since }];
  }
  return undefined;
}

function weightOf(each: Taken, option: number): number {
  if (each.kind === 'choice') return each.p[option] ?? 0;
  return each.classes === undefined ? 1 : (each.classes.of[option]?.size ?? 0) / each.classes.size;
}

/** Takes a path as far as it goes, then the first option of everything. */
class PathDice implements Dice {
  readonly taken: Taken[];
  /** The first draw of the path that was found to be of several classes. */
  splitAt: number | undefined;
  private depth = 0;
  private readonly rng = createRng(PORT_SEED);
  /** Where on the path a port was drawn. */
  private readonly drawn = new Map<number, number>();
  private readonly branches: number;

  constructor(path: readonly Taken[], branches: number) {
    this.taken = [...path];
    this.branches = branches;
  }

  choose(options: readonly { readonly p: number; readonly label: string }[]): number {
    const known = this.taken[this.depth];
    this.depth += 1;
    if (known !== undefined) return known.option;
    const option = Math.max(
      0,
      options.findIndex((each) => each.p > 0),
    );
    this.taken.push({ kind: 'choice', option, p: options.map((each) => each.p) });
    return option;
  }

  port(min: number, max: number, { prefer, reserved, tell }: PortDraw = {}): number {
    const wanted = prefer ?? this.rng.int(min, max);
    const at = this.depth;
    this.depth += 1;
    const known = this.taken[at];
    const source = { min, max, reserved };
    if (known === undefined)
      this.taken.push({ kind: 'draw', option: 0, source, classes: undefined, since: this.branches });
    const { option, classes } = known?.kind === 'draw' ? known : UNSPLIT;
    const own = classes?.of[option];
    const port = own === undefined ? wanted : portOfClass(source, own, wanted);
    this.drawn.set(port, at);
    if (classes !== undefined)
      tell?.(
        option,
        classes.of.map((each) => shareOf(source, each, classes.size)),
      );
    return port;
  }

  drew(port: number): boolean {
    return this.drawn.has(port);
  }

  decides(port: number, verdicts: () => readonly PortVerdict[]): undefined {
    const at = this.drawn.get(port);
    const draw = at === undefined ? undefined : this.taken[at];
    if (at === undefined || draw?.kind !== 'draw') return undefined;
    const { source, option } = draw;
    const { of, size } = draw.classes ?? all(source);
    const own = of[option];
    const parts = own === undefined ? [] : splitClass(source, own, verdicts(), port);
    if (parts.length < 2) return undefined;
    draw.classes = { of: [...of.slice(0, option), ...parts, ...of.slice(option + 1)], size };
    this.splitAt = Math.min(at, this.splitAt ?? at);
    return undefined;
  }
}

const UNSPLIT = { option: 0, classes: undefined } as const;

function all(source: PortSource): Classes {
  const whole = wholeClass(source);
  return { of: [whole], size: whole.size };
}

export function diceFor(policy: Exclude<ChoicePolicy, { kind: 'all' }>): Dice {
  return policy.kind === 'first' ? firstDice() : seededDice(policy.seed);
}
