import { renderJson, renderMermaid, renderText } from '../../render/index.ts';
import { exitCodeOf, type TraceResult } from '../../trace/index.ts';
import type { Change } from '../../verify/index.ts';
import { answerOn, questionOf } from '../answer.ts';
import type { Io } from '../io.ts';
import { openWorld } from '../open-world.ts';
import type { WalkFlags } from '../options.ts';
import { withPlane } from '../planes.ts';
import { proveFixes, withChanges } from '../prove-fixes.ts';
import { traceBoth } from './trace-both.ts';

export interface TraceFlags extends WalkFlags {
  readonly output: 'text' | 'json' | 'mermaid';
  readonly steps: 'telling' | 'all';
}

/** `trace FROM TO`: the walk. */
export async function trace(from: string, to: string, flags: TraceFlags, io: Io): Promise<number> {
  if (flags.plane === 'both') return traceBoth(from, to, flags, io);
  const input = once(io);
  const silent: Io = { ...input, stderr: () => undefined };
  const answer = (changes: readonly Change[], on: Io): Promise<TraceResult> => {
    const asked = withChanges(flags, changes);
    const world = openWorld(asked, on);
    return withPlane(flags.plane, world, on, (plane) => answerOn(world, questionOf(from, to, asked), plane));
  };
  const result = await proveFixes(await answer([], input), (changes) => answer(changes, silent));
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

export function print(result: TraceResult, { output, steps }: Pick<TraceFlags, 'output' | 'steps'>, io: Io): string {
  if (output === 'json') return renderJson(result);
  return output === 'mermaid' ? renderMermaid(result) : renderText(result, { style: io.style, steps });
}
