import { expect } from 'vitest';
import { answerOn } from '../../src/cli/answer.ts';
import { compareWalks, followKernel } from '../../src/cli/compare-walks.ts';
import type { DataPlane } from '../../src/world/index.ts';
import { scenarioFiles, worldOf } from '../lab/worlds.ts';
import { kernelTest } from './kernel.ts';
import { planeOf } from './plane.ts';

const world = worldOf(scenarioFiles('the-cluster-endpoint'));

const openPlane = planeOf(world);

const ENDPOINT = '192.0.2.200';

for (const [name, from, to, protocol, want, sees] of [
  [
    'a pod behind the NAT gateway the blocks have',
    'pod/shop/web',
    `${ENDPOINT}:443`,
    'tcp',
    'delivered',
    '198.51.100.5',
  ],
  ['a node', 'node/n1', `${ENDPOINT}:443`, 'tcp', 'delivered', '198.51.100.5'],
  ['its name', 'node/n1', 'apiserver', 'tcp', 'delivered', '198.51.100.5'],
  ['a client the blocks have', 'internet/203.0.113.7', `${ENDPOINT}:443`, 'tcp', 'delivered', '203.0.113.7'],
  ['a client they have not', 'internet/192.0.2.7', `${ENDPOINT}:443`, 'tcp', 'dropped', '192.0.2.7'],
  ['another port', 'node/n1', `${ENDPOINT}:80`, 'tcp', 'unknown', undefined],
] as const)
  kernelTest(`both planes say the same of ${name}: ${want}`, async () => {
    const plane = await openPlane();
    const kernel = await answerOn(world, { from, to, protocol }, plane);
    const following: DataPlane = {
      name: 'sim',
      walk: async (of, probe) => [followKernel(of, probe, kernel.roundTrips[0])],
    };
    const sim = await answerOn(world, { from, to, protocol }, following);
    expect([sim.verdict, kernel.verdict].map((verdict) => verdict === 'unknown')).toEqual([
      want === 'unknown',
      want === 'unknown',
    ]);
    if (want === 'unknown') return;
    const { outcome, lines, difference } = compareWalks(world, sim.roundTrips[0], kernel.roundTrips[0]);
    expect([outcome, difference]).toEqual(['agree', undefined]);
    expect([lines.sim[0]?.text, lines.kernel[0]?.text]).toEqual([want, want]);
    for (const { farEnd } of [...sim.roundTrips, ...kernel.roundTrips])
      expect([farEnd.name, farEnd.sees.ip]).toEqual(['control-plane/shop', sees]);
  });
