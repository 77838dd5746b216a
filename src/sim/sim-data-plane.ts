import { type Probe, type RoundTrip, type Step, weigh } from '../trace/index.ts';
import type { DataPlane, Dice, WalkOptions, World } from '../world/index.ts';
import { diceFor, enumerate } from './dice.ts';
import { roundTrip } from './round-trip.ts';
import { createSessionState } from './session-state.ts';

/** Walks one probe through a fresh state. Under `all`, every branch chance can take, weights summing to 1. */
export function walkSim(world: World, probe: Probe, options: WalkOptions): readonly RoundTrip[] {
  const { choice, detail } = options;
  const once = (dice: Dice): RoundTrip => roundTrip({ state: createSessionState(world), probe, dice, now: 0, detail });
  if (choice.kind !== 'all') return [once(diceFor(choice))];
  const { branches, untried } = enumerate(once);
  const trips = branches.map(({ probability, result }) => weigh(result, probability));
  if (untried === 0) return trips;
  const [first, ...rest] = trips;
  const note = `${trips.length} ways were walked; ways of weight ${untried.toPrecision(3)} in all were not`;
  return first === undefined ? trips : [{ ...first, assumptions: [...first.assumptions, note] }, ...rest];
}

/**
 * One way, chance settled by dice that see what was told so far: the way another plane was seen to take.
 */
export function walkSimWith(world: World, probe: Probe, diceOf: (told: readonly Step[]) => Dice): RoundTrip {
  const told: Step[] = [];
  const tell = (step: Step): void => void told.push(step);
  return roundTrip({ state: createSessionState(world), probe, dice: diceOf(told), now: 0, detail: 'full', tell });
}

/** The model as a data plane: in-process, any operating system, no root. */
export const simDataPlane: DataPlane = {
  name: 'sim',
  walk: async (world, probe, options) => walkSim(world, probe, options),
};
