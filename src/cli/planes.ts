import type { Resolve } from '../ask/index.ts';
import { enterSandbox, kernelPlane, Unavailable } from '../lab/index.ts';
import { resolveName, simDataPlane } from '../sim/index.ts';
import type { DataPlane, World } from '../world/index.ts';
import { checkEnvironment, openOrExplain, reportGaps } from './commands/lab-up.ts';
import { CommandError, EXIT, type Io } from './io.ts';
import type { WalkFlags } from './options.ts';

/** Uses the data plane a command names: the model, or a lab of its own that ends with the command. */
export function withPlane<T>(
  plane: WalkFlags['plane'],
  world: World,
  io: Io,
  use: (plane: DataPlane) => Promise<T>,
): Promise<T> {
  if (plane === 'sim') return use(simDataPlane);
  if (plane === 'kernel') return withKernel(world, io, use);
  throw new CommandError('--plane both is for trace: it compares two walks', EXIT.usage);
}

/** A lab that holds the World, observed, for as long as `use` runs. */
export async function withKernel<T>(world: World, io: Io, use: (plane: DataPlane) => Promise<T>): Promise<T> {
  checkEnvironment();
  const lab = await openOrExplain(world, 'trace');
  try {
    reportGaps(lab.plan, io);
    // Whoever observes numbers the lab's namespaces in its own: not in the machine's.
    enterSandbox();
    const plane = kernelPlane(world, lab, { served: false });
    try {
      return await use(plane);
    } finally {
      plane.close();
    }
  } catch (error) {
    throw error instanceof Unavailable ? new CommandError(error.message, EXIT.unavailable) : error;
  } finally {
    lab.holder.end();
  }
}

export const resolveOnSim: Resolve = resolveName;
