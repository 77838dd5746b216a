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
  const unknown = [sim, kernel].some((trip) => trip === undefined || trip.disposition === 'unknown');
  const untold =
    difference !== undefined && [sim, kernel].some((trip) => trip !== undefined && isUntold(trip, difference));
  const outcome = unknown || untold ? 'undecided' : difference === undefined ? 'agree' : 'differ';
  return { outcome, lines, difference };
}

/** Whether what differs is more than a plane tells: the way back alone, or which way chance took. What differs before that does differ. */
function isUntold({ reply, assumptions }: RoundTrip, { kernel, sim }: Difference): boolean {
  if (assumptions.some(hidesChance)) return true;
  const onTheWay = [kernel, sim].some((line) => line?.where.startsWith('forward '));
  return reply?.disposition === 'unknown' && !onTheWay;
}

/** Where the kernel does not tell rules it does not tell chance: a difference may be that and no more. */
const hidesChance = (assumption: string): boolean => assumption.includes('runs iptables-legacy');

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
