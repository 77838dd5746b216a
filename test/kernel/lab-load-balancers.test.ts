import { afterAll, describe, expect } from 'vitest';
import { type ProofCase, proofCases } from '../../src/cli/proof/proof-cases.ts';
import { type Proof, proveWorld } from '../../src/cli/proof/prove-world.ts';
import { enterSandbox } from '../../src/lab/exec/ffi/index.ts';
import { openLab } from '../../src/lab/index.ts';
import { type KernelPlane, kernelPlane } from '../../src/lab/observe/index.ts';
import type { World } from '../../src/world/index.ts';
import { balancedWorld } from '../lab/load-balancers.ts';
import { exampleWorld } from '../lab/worlds.ts';
import { kernelTest } from './kernel.ts';

// Network load balancers on the kernel: every walk to a listener, on both planes.

const closing: (() => void)[] = [];
afterAll(() => {
  for (const close of closing.reverse()) close();
});

async function planeOf(world: World): Promise<KernelPlane> {
  const lab = await openLab(world);
  closing.push(() => lab.holder.end());
  enterSandbox();
  const plane = kernelPlane(world, lab, { served: false });
  closing.push(() => plane.close());
  return plane;
}

/** Walks to load balancers. */
function balanced(world: World): readonly ProofCase[] {
  const enis = world.fabric.enis.filter(({ owner }) => owner.startsWith('lb/'));
  const addresses = new Set(enis.flatMap((eni) => [...eni.addresses, ...eni.publicAddresses.values()]));
  return proofCases(world, { most: 10_000, seed: 1 }).cases.filter(({ probe }) => addresses.has(probe.dst));
}

const differencesOf = ({ differences }: Proof): readonly string[] =>
  differences.map(
    ({ case: { from, to, probe }, difference }) => `${from} → ${to} ${probe.protocol}: ${JSON.stringify(difference)}`,
  );

/** What is beyond the kernel, and nothing else. */
const BEYOND = /does not translate between them$|which the lab has nothing for$/;

describe('every walk to a load balancer is the same on both planes', () => {
  for (const [name, world, packets] of [
    ['whatever its target groups say', () => balancedWorld('open'), 200],
    ['between security groups and network ACLs', () => balancedWorld('filtered'), 120],
    ['made of Services', () => exampleWorld('four-ways-in'), 250],
  ] as const)
    kernelTest(
      name,
      async () => {
        const of = world();
        const proof = await proveWorld(of, await planeOf(of), balanced(of));
        expect(differencesOf(proof)).toEqual([]);
        expect(proof.unknown.map(({ what }) => what).filter((what) => !BEYOND.test(what))).toEqual([]);
        expect(proof.packets).toBeGreaterThan(packets);
      },
      120_000,
    );
});
