import { afterAll } from 'vitest';
import { enterSandbox } from '../../src/lab/exec/ffi/index.ts';
import { openLab } from '../../src/lab/index.ts';
import { kernelPlane } from '../../src/lab/observe/index.ts';
import type { World } from '../../src/world/index.ts';

type Opened = Awaited<ReturnType<typeof open>>;

/** The kernel plane of a World, in a lab of its own that is made when it is first asked for and ends with the file's tests. */
export function planeOf(world: World): () => Promise<Opened['plane']> {
  let opened: ReturnType<typeof open> | undefined;
  afterAll(async () => {
    const { lab, plane } = (await opened) ?? {};
    plane?.close();
    lab?.holder.end();
  });
  return async () => {
    opened ??= open(world);
    return (await opened).plane;
  };
}

async function open(world: World) {
  const lab = await openLab(world);
  enterSandbox();
  return { lab, plane: kernelPlane(world, lab, { served: false }) };
}
