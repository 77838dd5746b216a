import { afterAll, expect } from 'vitest';
import { createRng } from '../../src/base/index.ts';
import { proofCases } from '../../src/cli/proof/proof-cases.ts';
import { proveWorld } from '../../src/cli/proof/prove-world.ts';
import { enterSandbox } from '../../src/lab/exec/ffi/index.ts';
import { openLab } from '../../src/lab/index.ts';
import { kernelPlane } from '../../src/lab/observe/index.ts';
import type { World } from '../../src/world/index.ts';
import { withRandomClassifiers } from '../generate/random-classifiers.ts';
import { exampleWorld, ipv6World } from '../lab/worlds.ts';
import { kernelTest } from './kernel.ts';

// What stands at the devices of pods, on the kernel and in the model: every walk of a cluster with policies, and of one whose
// entries are drawn, in IPv6. The flows of one walk are forgotten before the next.

const closing: (() => void)[] = [];
afterAll(() => {
  for (const close of closing.reverse()) close();
});

async function differencesOf(world: World, most: number): Promise<readonly string[]> {
  const lab = await openLab(world);
  closing.push(() => lab.holder.end());
  enterSandbox();
  const plane = kernelPlane(world, lab, { served: false });
  closing.push(() => plane.close());
  const { differences } = await proveWorld(world, plane, proofCases(world, { most, seed: 5 }).cases);
  return differences.map(({ case: { from, to }, difference }) => `${from} → ${to}: ${JSON.stringify(difference)}`);
}

kernelTest('a cluster with policies', async () => {
  expect(await differencesOf(exampleWorld('network-policy'), 150)).toEqual([]);
});

kernelTest('entries at random, IPv6', async () => {
  expect(await differencesOf(withRandomClassifiers(ipv6World(), createRng(20_261_121)), 150)).toEqual([]);
});
