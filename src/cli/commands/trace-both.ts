import { exitCodeOf, type TraceResult } from '../../trace/index.ts';
import type { DataPlane } from '../../world/index.ts';
import { answerOn, questionOf } from '../answer.ts';
import { type Compared, compareWalks, followKernel, sideBySide } from '../compare-walks.ts';
import { CommandError, EXIT, type Io } from '../io.ts';
import { openWorld } from '../open-world.ts';
import type { WalkFlags } from '../options.ts';
import { withKernel } from '../planes.ts';

/** Flags of `trace` that matter to a comparison. */
type BothFlags = WalkFlags & { readonly output: 'text' | 'json' | 'mermaid' };

/** Two answers to one question, and whether they agree. */
interface Answers extends Compared {
  readonly sim: TraceResult;
  readonly kernel: TraceResult;
}

/** `trace --plane both`: the walk on the kernel, then the model's with chance settled as the kernel settled it. */
export async function traceBoth(from: string, to: string, flags: BothFlags, io: Io): Promise<number> {
  if (flags.output === 'mermaid') throw new CommandError('--plane both prints text or json', EXIT.usage);
  const world = openWorld(flags, io);
  const question = questionOf(from, to, flags);
  const kernel = await withKernel(world, io, (plane) => answerOn(world, question, plane));
  const following: DataPlane = {
    name: 'sim',
    walk: async (of, probe) => [followKernel(of, probe, kernel.roundTrips[0])],
  };
  const sim = await answerOn(world, question, following);
  const compared = compareWalks(world, sim.roundTrips[0], kernel.roundTrips[0]);
  const answers = { ...compared, sim, kernel };
  io.stdout(flags.output === 'json' ? printJson(answers) : printText(answers, io));
  if (answers.outcome === 'differ') return EXIT.failed;
  return exitCodeOf(answers.outcome === 'undecided' ? 'unknown' : kernel.verdict);
}

function printJson({ sim, kernel, outcome, difference }: Answers): string {
  const head = { apiVersion: 'packetwalk.dev/v1', kind: 'TraceComparison', outcome };
  return `${JSON.stringify({ ...head, difference: difference ?? null, sim, kernel }, null, 2)}\n`;
}

function printText(answers: Answers, io: Io): string {
  const { kernel, sim, outcome } = answers;
  const { from, to, protocol } = kernel.query;
  const word = outcome.padEnd(11);
  const asked = `${from.name} → ${to.name}${to.port === null ? '' : `:${to.port}`} ${protocol}`;
  const said = {
    agree: `model and kernel take the same way: ${asked}`,
    differ: `model and kernel take different ways: ${asked}`,
    undecided: `${whoDoubts(sim, kernel)}: ${asked}`,
  }[outcome];
  const out = [`${outcome === 'agree' ? io.style.good(word) : io.style.bad(word)} ${io.style.strong(said)}`];
  out.push(`model       ${verdictOf(sim)}`, `kernel      ${verdictOf(kernel)}`);
  for (const unknown of [...sim.unknowns, ...kernel.unknowns]) out.push(io.style.bad(`unknown     ${unknown}`));
  for (const note of kernel.roundTrips[0]?.assumptions ?? []) out.push(io.style.faint(`assumed     ${note}`));
  out.push('', ...sideBySide(answers, io));
  return `${out.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** What leaves it open, where neither said a word of which the other says another. */
function whoDoubts(sim: TraceResult, kernel: TraceResult): string {
  const doubts = [sim, kernel].filter(({ verdict }) => verdict === 'unknown').length;
  if (doubts === 2) return 'neither model nor kernel knows the way';
  return doubts === 1 ? 'one of them does not know the way' : 'not all of the way is told on both planes';
}

const verdictOf = ({ verdict, roundTrips: [trip] }: TraceResult): string =>
  trip === undefined || trip.disposition === verdict ? verdict : `${verdict}: ${trip.disposition}`;
