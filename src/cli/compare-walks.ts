import { compareTrips, type Difference, oracleDice, type TripLine, tripLines } from '../lab/index.ts';
import { walkSimWith } from '../sim/index.ts';
import type { Probe, RoundTrip } from '../trace/index.ts';
import type { World } from '../world/index.ts';
import type { Io } from './io.ts';

/** What both planes can tell of one walk, and whether they agree. */
export interface Compared {
  /** `undecided`: one of them does not know. */
  readonly outcome: 'agree' | 'differ' | 'undecided';
  readonly lines: { readonly sim: readonly TripLine[]; readonly kernel: readonly TripLine[] };
  readonly difference: Difference | undefined;
}

/** The model's walk of a probe, chance settled the way the kernel was seen to settle it. */
export function followKernel(world: World, probe: Probe, seen: RoundTrip | undefined): RoundTrip {
  const legs = [seen?.forward, seen?.reply, seen?.followUp];
  const told = legs.flatMap((leg) => leg?.hops ?? []).flatMap(({ steps }) => steps);
  const { sport, icmp } = told[0]?.before ?? {};
  const port = sport ?? icmp?.id;
  const asked = port === undefined ? probe : { ...probe, sport: port };
  return walkSimWith(world, asked, (steps) => oracleDice(told, steps));
}

/** A walk of each plane, line by line. Undefined: the plane did not walk. */
export function compareWalks(world: World, sim: RoundTrip | undefined, kernel: RoundTrip | undefined): Compared {
  const linesOf = (trip: RoundTrip | undefined, other: RoundTrip | undefined): readonly TripLine[] =>
    trip === undefined ? [] : tripLines(world, trip, other);
  const lines = { sim: linesOf(sim, kernel), kernel: linesOf(kernel, sim) };
  const difference = compareTrips(lines.sim, lines.kernel);
  const untold = difference !== undefined && kernel?.assumptions.some(isUntold) === true;
  const unsure = [sim, kernel].some((trip) => trip === undefined || isUnknown(trip, difference)) || untold;
  const outcome = unsure ? 'undecided' : difference === undefined ? 'agree' : 'differ';
  return { outcome, lines, difference };
}

/** Nothing of it is decided, or of the way back alone: what differs before that does differ. */
function isUnknown({ disposition, reply }: RoundTrip, difference: Difference | undefined): boolean {
  if (disposition === 'unknown') return true;
  const { where = '' } = difference?.kernel ?? difference?.sim ?? {};
  return reply?.disposition === 'unknown' && !where.startsWith('forward ');
}

/** Where the kernel does not tell rules it does not tell chance: a difference may be that and no more. */
const isUntold = (assumption: string): boolean => assumption.includes('runs iptables-legacy');

/** Both walks side by side; the first line in which they differ is marked. */
export function sideBySide({ lines: { sim, kernel }, outcome, difference }: Compared, io: Io): string[] {
  const width = Math.max(10, ...sim.map(({ text }) => text.length)) + 3;
  const rows = [`    ${'model'.padEnd(width)}kernel`];
  let place = '';
  for (let at = 0; at < Math.max(sim.length, kernel.length); at++) {
    const [left, right] = [sim[at], kernel[at]];
    const where = right?.where ?? left?.where ?? '';
    if (where !== place && where !== '') rows.push(`  ${io.style.strong(where)}`);
    place = where;
    const first = outcome !== 'undecided' && difference?.at === at;
    const cell = (line: TripLine | undefined): string =>
      line === undefined ? '-' : line.where === where ? line.text : `${line.where}: ${line.text}`;
    const row = `${first ? '≠' : ' '}   ${cell(left).padEnd(width - 2)}  ${cell(right)}`.trimEnd();
    rows.push(first ? io.style.bad(row) : row);
  }
  return rows;
}
