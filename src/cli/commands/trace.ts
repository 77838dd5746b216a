import { ask, type Question } from '../../ask/index.ts';
import { renderJson, renderMermaid, renderText } from '../../render/index.ts';
import { exitCodeOf, type TraceResult } from '../../trace/index.ts';
import { CommandError, EXIT, type Io } from '../io.ts';
import { openWorld } from '../open-world.ts';
import type { WalkFlags } from '../options.ts';
import { planeFor, resolveOnSim } from '../planes.ts';
import { proveFixes, withSets } from '../prove-fixes.ts';

export interface TraceFlags extends WalkFlags {
  readonly output: 'text' | 'json' | 'mermaid';
  readonly steps: 'telling' | 'all';
}

/** `trace FROM TO`: the walk. */
export async function trace(from: string, to: string, flags: TraceFlags, io: Io): Promise<number> {
  const input = once(io);
  const silent: Io = { ...input, stderr: () => undefined };
  const result = await proveFixes(await answer(from, to, flags, input), (sets) =>
    answer(from, to, { ...flags, set: withSets(flags.set, sets) }, silent),
  );
  io.stdout(print(result, flags, io));
  return exitCodeOf(result.verdict);
}

/** Standard input is there once, and the question may be walked again. */
function once(io: Io): Io {
  let read: string | undefined;
  return {
    ...io,
    stdin: () => {
      read ??= io.stdin();
      return read;
    },
  };
}

function print(result: TraceResult, { output, steps }: TraceFlags, io: Io): string {
  if (output === 'json') return renderJson(result);
  return output === 'mermaid' ? renderMermaid(result) : renderText(result, { style: io.style, steps });
}

/** Walks one question on the World the flags name; problems of the question become one error that lists them all. */
export async function answer(
  from: string,
  to: string,
  flags: WalkFlags,
  io: Io,
  extra: Partial<Question> = {},
): Promise<TraceResult> {
  const world = openWorld(flags, io);
  return answerOn(world, questionOf(from, to, flags, extra), flags.plane);
}

export function questionOf(from: string, to: string, flags: WalkFlags, extra: Partial<Question> = {}): Question {
  const dns = flags.dns === false ? false : flags.viaDns === true ? true : undefined;
  return {
    from,
    to,
    protocol: flags.proto,
    choice: flags.choice,
    ...(flags.fromPort === undefined ? {} : { fromPort: flags.fromPort }),
    ...(flags.size === undefined ? {} : { size: flags.size }),
    ...(flags.df === undefined ? {} : { df: flags.df }),
    ...(dns === undefined ? {} : { dns }),
    ...extra,
  };
}

export async function answerOn(
  world: ReturnType<typeof openWorld>,
  question: Question,
  plane: WalkFlags['plane'] = 'sim',
): Promise<TraceResult> {
  const found = await ask({ world, plane: planeFor(plane), resolve: resolveOnSim }, question);
  if (found.ok) return found.result;
  const lines = found.problems.map(({ message, hint }) => (hint === undefined ? message : `${message} (${hint})`));
  throw new CommandError(lines.join('\n'), EXIT.usage);
}
