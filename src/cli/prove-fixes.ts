import { isSuccess, type TraceResult } from '../trace/index.ts';
import { CommandError } from './io.ts';

/** Walks the question again with these `--set` values beside the asker's own. */
export type WalkAgain = (sets: readonly string[]) => Promise<TraceResult>;

/**
 * A blocker's `--set` flags, tried: only those stay with which more of the walk arrives. The advice in words stays as it is.
 * Where the flags cannot be turned (a World folder, a dump they would rewrite), there is nothing to offer.
 */
export async function proveFixes(result: TraceResult, again: WalkAgain): Promise<TraceResult> {
  const blockers: TraceResult['blockers'][number][] = [];
  for (const blocker of result.blockers) {
    const sets = blocker.setFlags.map((flag) => flag.replace(/^--set /, ''));
    const helps = sets.length === 0 || arriving(await tryAgain(again, sets)) > arriving(result);
    blockers.push(helps ? blocker : { ...blocker, setFlags: [] });
  }
  return { ...result, blockers };
}

async function tryAgain(again: WalkAgain, sets: readonly string[]): Promise<TraceResult | undefined> {
  try {
    return await again(sets);
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
}

const arriving = (result: TraceResult | undefined): number =>
  (result?.roundTrips ?? []).reduce((sum, trip) => sum + (isSuccess(trip.disposition) ? trip.probability : 0), 0);

/** The asker's `--set` values with some of their keys turned otherwise. */
export function withSets(own: readonly string[], sets: readonly string[]): readonly string[] {
  const keyOf = (set: string): string => set.slice(0, set.indexOf('='));
  const turned = new Set(sets.map(keyOf));
  return [...own.filter((set) => !turned.has(keyOf(set))), ...sets];
}
