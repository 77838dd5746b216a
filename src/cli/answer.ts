import { ask, type Question } from '../ask/index.ts';
import { simDataPlane } from '../sim/index.ts';
import type { TraceResult } from '../trace/index.ts';
import type { DataPlane, World } from '../world/index.ts';
import { CommandError, EXIT } from './io.ts';
import type { FlowFlags, WalkFlags } from './options.ts';
import { resolveOnSim } from './planes.ts';

/** A command line's walk as a question. */
export function questionOf(
  from: string,
  to: string,
  flags: FlowFlags & Partial<Pick<WalkFlags, 'choice'>>,
  extra: Partial<Question> = {},
): Question {
  const dns = flags.dns === false ? false : flags.viaDns === true ? true : undefined;
  return {
    from,
    to,
    protocol: flags.proto,
    ...(flags.choice === undefined ? {} : { choice: flags.choice }),
    ...(flags.fromPort === undefined ? {} : { fromPort: flags.fromPort }),
    ...(flags.header === undefined ? {} : { headers: flags.header }),
    ...(flags.size === undefined ? {} : { size: flags.size }),
    ...(flags.df === undefined ? {} : { df: flags.df }),
    ...(dns === undefined ? {} : { dns }),
    ...extra,
  };
}

/** Asks one question of a data plane; problems of the question become one error that lists them all. */
export async function answerOn(
  world: World,
  question: Question,
  plane: DataPlane = simDataPlane,
): Promise<TraceResult> {
  const found = await ask({ world, plane, resolve: resolveOnSim }, question);
  if (found.ok) return found.result;
  const lines = found.problems.map(({ message, hint }) => (hint === undefined ? message : `${message} (${hint})`));
  throw new CommandError(lines.join('\n'), EXIT.usage);
}
