import type { Resolve } from '../ask/index.ts';
import { resolveName, simDataPlane } from '../sim/index.ts';
import type { DataPlane } from '../world/index.ts';
import { CommandError, EXIT } from './io.ts';
import type { WalkFlags } from './options.ts';

export function planeFor(plane: WalkFlags['plane']): DataPlane {
  if (plane === 'sim') return simDataPlane;
  throw new CommandError(`--plane ${plane} needs the kernel lab, which this version does not have`, EXIT.unavailable);
}

export const resolveOnSim: Resolve = (world, from, name) => resolveName(world, from, name);
