import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ask, type Question } from '../../src/ask/index.ts';
import { proveFixes, type WalkAgain, withChanges } from '../../src/cli/prove-fixes.ts';
import { type InputFile, loadWorld } from '../../src/load/index.ts';
import { resolveName, simDataPlane } from '../../src/sim/index.ts';
import { isSuccess, type TraceResult } from '../../src/trace/index.ts';
import type { World } from '../../src/world/index.ts';
import { arbitraryCluster } from '../generate/arbitrary-cluster.ts';
import { endsOf } from './ends.ts';

/** What holds of every change that is offered against a failing walk. A failure prints the seed, the question and the offer. */
const SEED = Number(process.env['PACKETWALK_SEED'] ?? 20261121);
const here = dirname(fileURLToPath(import.meta.url));

interface Input {
  readonly files: readonly InputFile[];
  readonly set: readonly string[];
}

interface Asked extends Input {
  readonly question: Question;
  readonly size?: number;
}

const settings = (set: readonly string[]): Parameters<typeof loadWorld>[1] =>
  set.map((text) => {
    const at = text.indexOf('=');
    return { key: text.slice(0, at), value: text.slice(at + 1), source: { file: '--set' } };
  });

function worldOf({ files, set }: Input): World | undefined {
  const { world, issues } = loadWorld(files, settings(set));
  return issues.some((issue) => issue.severity === 'error') ? undefined : world;
}

async function answer(asked: Asked, world = worldOf(asked)): Promise<TraceResult | undefined> {
  if (world === undefined) return undefined;
  const { question, size } = asked;
  const sized = size === undefined ? question : { ...question, size };
  const answered = await ask({ world, plane: simDataPlane, resolve: resolveName }, sized);
  return answered.ok ? answered.result : undefined;
}

const arriving = ({ roundTrips }: TraceResult): number =>
  roundTrips.reduce((sum, trip) => sum + (isSuccess(trip.disposition) ? trip.probability : 0), 0);

/** Every offer of a result, as the flags a reader would type. */
function typed(asked: Asked, flags: readonly string[]): Asked {
  let turned = asked;
  for (const flag of flags) {
    const [word, value = ''] = [flag.slice(0, flag.indexOf(' ')), flag.slice(flag.indexOf(' ') + 1)];
    if (word === '--size') turned = { ...turned, size: Number(value) };
    else {
      expect(word).toBe('--set');
      const key = value.slice(0, value.indexOf('='));
      turned = { ...turned, set: [...turned.set.filter((own) => !own.startsWith(`${key}=`)), value] };
    }
  }
  return turned;
}

/** Asks, and types in what is offered. Returns the number of offers. */
async function checkOffers(asked: Asked, world: World): Promise<number> {
  const first = await answer(asked, world);
  if (first === undefined || first.blockers.length === 0) return 0;
  const again: WalkAgain = async (changes) => (await answer(withChanges(asked, changes))) ?? first;
  const { blockers } = await proveFixes(first, again);
  let offers = 0;
  for (const { setFlags, message } of blockers) {
    if (setFlags.length === 0) continue;
    offers += 1;
    const name = `${asked.question.from} -> ${asked.question.to}: ${message}\n${setFlags.join(' ')}`;
    for (const flag of setFlags) expect(asked.set, name).not.toContain(flag.replace('--set ', ''));
    const then = await answer(typed(asked, setFlags));
    expect(then === undefined ? -1 : arriving(then), name).toBeGreaterThan(arriving(first));
  }
  return offers;
}

const picks = fc.array(
  fc.record({
    from: fc.nat(),
    to: fc.nat(),
    protocol: fc.constantFrom<'tcp' | 'udp' | 'icmp'>('tcp', 'udp', 'icmp'),
    big: fc.boolean(),
  }),
  { minLength: 8, maxLength: 12 },
);

function questionsOf(
  world: World,
  chosen: readonly { from: number; to: number; protocol: 'tcp' | 'udp' | 'icmp'; big: boolean }[],
): readonly Question[] {
  const { senders, targets } = endsOf(world);
  return chosen.map(({ from, to, protocol, big }) => ({
    from: senders[from % senders.length] ?? '',
    protocol,
    ...(targets[to % targets.length] ?? { to: '' }),
    dns: false,
    ...(big ? { size: 8900, df: true } : {}),
  }));
}

test(`what is offered works in every cluster, and is not set already (seed ${SEED})`, async () => {
  let offers = 0;
  await fc.assert(
    fc.asyncProperty(arbitraryCluster, picks, async (cluster, chosen) => {
      const input = { files: cluster.files, set: cluster.sets.map(({ key, value }) => `${key}=${value}`) };
      const world = worldOf(input);
      if (world === undefined) return;
      for (const question of questionsOf(world, chosen)) {
        const { size, ...rest } = question;
        offers += await checkOffers({ ...input, question: rest, ...(size === undefined ? {} : { size }) }, world);
      }
    }),
    { seed: SEED, numRuns: 60 },
  );
  expect(offers).toBeGreaterThan(5);
});

const root = resolve(here, '../..');
const inputs: readonly string[] = [
  ...readdirSync(join(root, 'examples')).map((name) => join('examples', name)),
  'test/scenarios/worlds/three-zones',
];

function filesOf(folder: string): InputFile[] {
  return readdirSync(join(root, folder))
    .filter((name) => /\.(?:ya?ml|json)$/.test(name))
    .sort()
    .map((name) => ({ path: name, text: readFileSync(join(root, folder, name), 'utf8') }));
}

test.each(inputs)(`what is offered works in %s (seed ${SEED})`, async (folder) => {
  const input = { files: filesOf(folder), set: [] };
  const world = worldOf(input);
  if (world === undefined) throw new Error(`${folder} does not load`);
  await fc.assert(
    fc.asyncProperty(picks, async (chosen) => {
      for (const question of questionsOf(world, chosen)) {
        const { size, ...rest } = question;
        await checkOffers({ ...input, question: rest, ...(size === undefined ? {} : { size }) }, world);
      }
    }),
    { seed: SEED, numRuns: 8 },
  );
});
