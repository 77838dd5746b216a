import { expect } from 'vitest';
import { answerOn } from '../../src/cli/answer.ts';
import { tracedRules } from '../../src/cli/proof/traced-rules.ts';
import { enterSandbox } from '../../src/lab/exec/ffi/index.ts';
import { openLab } from '../../src/lab/index.ts';
import { kernelPlane } from '../../src/lab/observe/index.ts';
import type { RoundTrip } from '../../src/trace/index.ts';
import type { World } from '../../src/world/index.ts';
import { type AllWays, fourWaysBlock, modelWays } from '../../tools/four-ways.ts';
import { kernelTest } from './kernel.ts';

/** Chance is the kernel's: of the rarest way, an eighth of all, this many walks see none once in 10 million times. */
const MOST = 120;

/** Which machines a request visits, and at which address it meets the load balancer. */
const wayOf = ({ forward: { hops } }: RoundTrip): string =>
  hops
    .filter(({ where: { kind } }) => ['load-balancer', 'node', 'pod'].includes(kind))
    .map(({ where: { kind, name }, steps: [first] }) =>
      kind === 'load-balancer' ? `${name} ${first?.before.dst}` : `${kind}/${name}`,
    )
    .join(' → ');

/** The ways the model knows as the kernel goes them, with the model's odds. One the model does not know has none: it shows. */
const kernelWays: AllWays = async (given: World, to) => {
  const { world } = tracedRules(given);
  const model = await modelWays(world, to);
  const lab = await openLab(world);
  enterSandbox();
  const plane = kernelPlane(world, lab, { served: false });
  try {
    const seen = new Map<string, RoundTrip>();
    for (let i = 0; i < MOST && model.some((trip) => !seen.has(wayOf(trip))); i++)
      for (const trip of (await answerOn(world, { from: 'internet', to }, plane)).roundTrips)
        seen.set(wayOf(trip), trip);
    expect([...seen.keys()].sort()).toEqual([...new Set(model.map(wayOf))].sort());
    return [...seen].map(([way, trip]) => ({ ...trip, probability: oddsOf(model, way) }));
  } finally {
    plane.close();
    lab.holder.end();
  }
};

const oddsOf = (trips: readonly RoundTrip[], way: string): number =>
  trips.filter((trip) => wayOf(trip) === way).reduce((sum, { probability }) => sum + probability, 0);

kernelTest(
  'the table of the four ways is the same where the kernel walks every way of it',
  async () => {
    expect(await fourWaysBlock(kernelWays)).toBe(await fourWaysBlock());
  },
  300_000,
);
