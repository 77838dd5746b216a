import { renderJson, renderMermaid, renderText } from '../../render/index.ts';
import { exitCodeOf, type TraceResult } from '../../trace/index.ts';
import { answerOn, questionOf } from '../answer.ts';
import type { Io } from '../io.ts';
import { openWorld } from '../open-world.ts';
import type { WalkFlags } from '../options.ts';
import { withPlane } from '../planes.ts';
import { traceBoth } from './trace-both.ts';

export interface TraceFlags extends WalkFlags {
  readonly output: 'text' | 'json' | 'mermaid';
  readonly steps: 'telling' | 'all';
}

/** `trace FROM TO`: the walk. */
export async function trace(from: string, to: string, flags: TraceFlags, io: Io): Promise<number> {
  if (flags.plane === 'both') return traceBoth(from, to, flags, io);
  const world = openWorld(flags, io);
  const result = await withPlane(flags.plane, world, io, (plane) =>
    answerOn(world, questionOf(from, to, flags), plane),
  );
  io.stdout(print(result, flags, io));
  return exitCodeOf(result.verdict);
}

export function print(result: TraceResult, { output, steps }: Pick<TraceFlags, 'output' | 'steps'>, io: Io): string {
  if (output === 'json') return renderJson(result);
  return output === 'mermaid' ? renderMermaid(result) : renderText(result, { style: io.style, steps });
}
