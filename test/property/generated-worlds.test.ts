import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ask, type Question } from '../../src/ask/index.ts';
import { loadWorld } from '../../src/load/index.ts';
import { renderJson } from '../../src/render/index.ts';
import { resolveName, simDataPlane } from '../../src/sim/index.ts';
import type { RoundTrip, TraceResult } from '../../src/trace/index.ts';
import type { World } from '../../src/world/index.ts';
import { type ArbitraryCluster, arbitraryCluster } from '../generate/arbitrary-cluster.ts';
import { contractViolations } from './contract.ts';
import { endsOf } from './ends.ts';
import { evidenceProblem, linesOf, stepsOf } from './evidence.ts';

/** What holds of every walk in every cluster. A failure prints the seed and the smallest cluster and question that show it. */
const SEED = Number(process.env['PACKETWALK_SEED'] ?? 20261121);

const worldOf = ({ files, sets }: ArbitraryCluster): World => {
  const { world, issues } = loadWorld(files, sets);
  if (world === undefined) throw new Error(issues.map((issue) => issue.message).join('\n'));
  return world;
};

const picks = fc.array(
  fc.record({
    from: fc.nat(),
    to: fc.nat(),
    protocol: fc.constantFrom<'tcp' | 'udp' | 'icmp'>('tcp', 'tcp', 'udp', 'icmp'),
  }),
  { minLength: 4, maxLength: 8 },
);
type Pick = typeof picks extends fc.Arbitrary<readonly (infer T)[]> ? T : never;

function questionsOf(world: World, chosen: readonly Pick[]): readonly Question[] {
  const { senders, targets } = endsOf(world);
  return chosen.map(({ from, to, protocol }) => ({
    from: senders[from % senders.length] ?? '',
    protocol,
    ...(targets[to % targets.length] ?? { to: '' }),
    dns: false,
  }));
}

async function answer(world: World, question: Question): Promise<TraceResult | undefined> {
  const answered = await ask({ world, plane: simDataPlane, resolve: resolveName }, question);
  return answered.ok ? answered.result : undefined;
}

const always = (
  runs: number,
  holds: (world: World, questions: readonly Question[], cluster: ArbitraryCluster) => Promise<void>,
): Promise<void> =>
  fc.assert(
    fc.asyncProperty(arbitraryCluster, picks, async (cluster, chosen) => {
      const world = worldOf(cluster);
      await holds(world, questionsOf(world, chosen), cluster);
    }),
    { seed: SEED, numRuns: runs },
  );

const name = ({ from, to, protocol }: Question): string => `${from} -> ${to} ${String(protocol)}`;

test(`the ways of a walk have weights that sum to 1 (seed ${SEED})`, () =>
  always(40, async (world, questions) => {
    for (const question of questions) {
      const result = await answer(world, question);
      if (result === undefined) continue;
      const weights = result.roundTrips.map((trip) => trip.probability);
      expect(Math.min(...weights), name(question)).toBeGreaterThan(0);
      expect(
        weights.reduce((sum, weight) => sum + weight, 0),
        name(question),
      ).toBe(1);
    }
  }));

test(`every line a step names stands in the World folder, with that text (seed ${SEED})`, () =>
  always(40, async (world, questions) => {
    const files = linesOf(world);
    for (const question of questions) {
      const result = await answer(world, question);
      for (const { evidence } of result === undefined ? [] : stepsOf(result))
        expect(evidenceProblem(files, evidence), name(question)).toBeUndefined();
    }
  }));

test(`every answer keeps the published contract (seed ${SEED})`, () =>
  always(25, async (world, questions) => {
    for (const question of questions) {
      const result = await answer(world, question);
      if (result !== undefined) expect(contractViolations(result), name(question)).toEqual([]);
    }
  }));

test(`the same input gives the same bytes (seed ${SEED})`, () =>
  always(15, async (world, questions, cluster) => {
    const again = worldOf(cluster);
    expect([...linesOf(again)]).toEqual([...linesOf(world)]);
    for (const question of questions) {
      const [first, second] = [await answer(world, question), await answer(again, question)];
      if (first === undefined || second === undefined) expect(first).toBe(second);
      else expect(renderJson(second), name(question)).toBe(renderJson(first));
    }
  }));

test(`one way, drawn or first, is one of all ways (seed ${SEED})`, () =>
  always(25, async (world, questions) => {
    const way = (trip: RoundTrip): string =>
      JSON.stringify([trip.disposition, trip.farEnd.address, trip.forward.hops.map((hop) => hop.where.name)]);
    for (const question of questions) {
      const all = await answer(world, question);
      if (all === undefined) continue;
      const ways = all.roundTrips.map(way);
      for (const choice of [{ kind: 'first' }, { kind: 'seed', seed: 7 }] as const) {
        const one = await answer(world, { ...question, choice });
        expect(ways, name(question)).toContain(one?.roundTrips.map(way).join());
      }
    }
  }));
