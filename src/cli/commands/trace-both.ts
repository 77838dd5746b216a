import { compareTrips, type Difference, oracleDice, type TripLine, tripLines } from '../../lab/index.ts';
import { walkSimWith } from '../../sim/index.ts';
import { exitCodeOf, type Probe, type RoundTrip, type TraceResult } from '../../trace/index.ts';
import type { DataPlane, World } from '../../world/index.ts';
import { answerOn, questionOf } from '../answer.ts';
import { CommandError, EXIT, type Io } from '../io.ts';
import { openWorld } from '../open-world.ts';
import type { WalkFlags } from '../options.ts';
import { withKernel } from '../planes.ts';

/** Flags of `trace` that matter to a comparison. */
type BothFlags = WalkFlags & { readonly output: 'text' | 'json' | 'mermaid' };

/** Two answers to one question, and whether they agree. */
export interface Compared {
  readonly sim: TraceResult;
  readonly kernel: TraceResult;
  /** `undecided`: one of them does not know. */
  readonly outcome: 'agree' | 'differ' | 'undecided';
  readonly lines: { readonly sim: readonly TripLine[]; readonly kernel: readonly TripLine[] };
  readonly difference: Difference | undefined;
}

/** `trace --plane both`: the walk on the kernel, then the model's with chance settled as the kernel settled it. */
export async function traceBoth(from: string, to: string, flags: BothFlags, io: Io): Promise<number> {
  if (flags.output === 'mermaid') throw new CommandError('--plane both prints text or json', EXIT.usage);
  const world = openWorld(flags, io);
  const question = questionOf(from, to, flags);
  const kernel = await withKernel(world, io, (plane) => answerOn(world, question, plane));
  const sim = await answerOn(world, question, following(kernel.roundTrips[0]));
  const compared = compare(world, sim, kernel);
  io.stdout(flags.output === 'json' ? printJson(compared) : printText(compared, io));
  if (compared.outcome === 'differ') return EXIT.failed;
  return exitCodeOf(compared.outcome === 'undecided' ? 'unknown' : kernel.verdict);
}

/** The model, on the way another plane was seen to take. */
function following(seen: RoundTrip | undefined): DataPlane {
  const legs = [seen?.forward, seen?.reply, seen?.followUp];
  const told = legs.flatMap((leg) => leg?.hops ?? []).flatMap(({ steps }) => steps);
  const { sport, icmp } = told[0]?.before ?? {};
  const port = sport ?? icmp?.id;
  const asked = (probe: Probe): Probe => (port === undefined ? probe : { ...probe, sport: port });
  return {
    name: 'sim',
    walk: async (world, probe) => [walkSimWith(world, asked(probe), (steps) => oracleDice(told, steps))],
  };
}

function compare(world: World, sim: TraceResult, kernel: TraceResult): Compared {
  const linesOf = ({ roundTrips: [trip] }: TraceResult): readonly TripLine[] =>
    trip === undefined ? [] : tripLines(world, trip);
  const lines = { sim: linesOf(sim), kernel: linesOf(kernel) };
  const difference = compareTrips(lines.sim, lines.kernel);
  const untold = difference !== undefined && kernel.assumptions.some(isUntold);
  const unsure = [sim, kernel].some(({ verdict }) => verdict === 'unknown') || untold;
  return {
    sim,
    kernel,
    lines,
    difference,
    outcome: unsure ? 'undecided' : difference === undefined ? 'agree' : 'differ',
  };
}

/** Where the kernel does not tell rules it does not tell chance: a difference may be that and no more. */
const isUntold = (assumption: string): boolean => assumption.includes('runs iptables-legacy');

function printJson({ sim, kernel, outcome, difference }: Compared): string {
  const head = { apiVersion: 'packetwalk.dev/v1', kind: 'TraceComparison', outcome };
  return `${JSON.stringify({ ...head, difference: difference ?? null, sim, kernel }, null, 2)}\n`;
}

function printText(compared: Compared, io: Io): string {
  const { kernel, sim, outcome, lines, difference } = compared;
  const { from, to, protocol } = kernel.query;
  const word = outcome.padEnd(11);
  const asked = `${from.name} → ${to.name}${to.port === null ? '' : `:${to.port}`} ${protocol}`;
  const said = {
    agree: `model and kernel take the same way: ${asked}`,
    differ: `model and kernel take different ways: ${asked}`,
    undecided: `one of them does not know the way: ${asked}`,
  }[outcome];
  const out = [`${outcome === 'agree' ? io.style.good(word) : io.style.bad(word)} ${io.style.strong(said)}`];
  out.push(`model       ${verdictOf(sim)}`, `kernel      ${verdictOf(kernel)}`);
  for (const unknown of [...sim.unknowns, ...kernel.unknowns]) out.push(io.style.bad(`unknown     ${unknown}`));
  for (const note of kernel.roundTrips[0]?.assumptions ?? []) out.push(io.style.faint(`assumed     ${note}`));
  out.push('', ...table(lines, outcome === 'undecided' ? undefined : difference, io));
  return `${out.map((line) => line.trimEnd()).join('\n')}\n`;
}

const verdictOf = ({ verdict, roundTrips: [trip] }: TraceResult): string =>
  trip === undefined || trip.disposition === verdict ? verdict : `${verdict}: ${trip.disposition}`;

/** Both walks side by side; the first line in which they differ is marked. */
function table({ sim, kernel }: Compared['lines'], difference: Difference | undefined, io: Io): string[] {
  const width = Math.max(10, ...sim.map(({ text }) => text.length)) + 3;
  const rows = [`    ${'model'.padEnd(width)}kernel`];
  let place = '';
  for (let at = 0; at < Math.max(sim.length, kernel.length); at++) {
    const [left, right] = [sim[at], kernel[at]];
    const where = right?.where ?? left?.where ?? '';
    if (where !== place && where !== '') rows.push(`  ${io.style.strong(where)}`);
    place = where;
    const first = difference?.at === at;
    const cell = (line: TripLine | undefined): string =>
      line === undefined ? '-' : line.where === where ? line.text : `${line.where}: ${line.text}`;
    const row = `${first ? '≠' : ' '}   ${cell(left).padEnd(width - 2)}  ${cell(right)}`;
    rows.push(first ? io.style.bad(row) : row);
  }
  return rows;
}
