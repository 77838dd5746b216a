import { describe, expect, test } from 'vitest';
import { ask } from '../../src/ask/index.ts';
import { loadWorld } from '../../src/load/index.ts';
import { resolveName, simDataPlane } from '../../src/sim/index.ts';
import type { TraceResult } from '../../src/trace/index.ts';
import { readWorld, type World, worldFiles } from '../../src/world/index.ts';
import { generateCluster } from '../generate/generate-cluster.ts';
import { exampleWorld } from '../lab/worlds.ts';
import { contractViolations } from './contract.ts';
import { evidenceProblem, linesOf, stepsOf } from './evidence.ts';

const SEED = 20261121;

const generated = (): World => {
  const { world } = loadWorld(
    generateCluster({ nodes: 6, pods: 40, services: 12, endpointsOf: (i) => i % 5, seed: SEED }),
    [],
  );
  if (world === undefined) throw new Error('the generated cluster does not load');
  return world;
};

/** Every sixth pair or so of senders and destinations a user might name, on TCP and ICMP. */
function questions(world: World): { from: string; to: string; protocol: 'tcp' | 'icmp' }[] {
  const { pods, nodes, services, hosts } = world.directory;
  const senders = [
    ...pods.map((pod) => `pod/${pod.namespace}/${pod.name}`),
    ...nodes.map((node) => `node/${node.name}`),
    'internet',
  ];
  const targets = [
    ...services
      .filter((service) => service.ports.length > 0)
      .map(
        (service) =>
          `svc/${service.namespace}/${service.name}:${service.ports.find((port) => port.protocol === 'tcp')?.port ?? 80}`,
      ),
    ...services.flatMap((service) =>
      service.ports.flatMap((port) =>
        port.nodePort === undefined ? [] : nodes.slice(0, 1).map((node) => `node/${node.name}:${port.nodePort}`),
      ),
    ),
    ...pods.slice(0, 6).map((pod) => pod.addresses[0] ?? '10.255.0.1'),
    ...hosts.map((host) => `host/${host.name}`),
    'internet/8.8.8.8',
    '10.99.99.99:80',
  ];
  const pairs = senders.flatMap((from, i) => targets.map((to, j) => ({ from, to, at: i * 31 + j * 17 })));
  return pairs
    .filter(({ at }) => at % 6 === 0)
    .map(({ from, to, at }) => ({ from, to, protocol: at % 5 === 0 && !to.startsWith('svc/') ? 'icmp' : 'tcp' }));
}

async function answers(world: World): Promise<TraceResult[]> {
  const results: TraceResult[] = [];
  for (const question of questions(world)) {
    const answer = await ask({ world, plane: simDataPlane, resolve: resolveName }, { ...question, dns: false });
    if (answer.ok) results.push(answer.result);
  }
  return results;
}

describe.each([
  ['article', () => exampleWorld('article')],
  ['eksctl-shop', () => exampleWorld('eksctl-shop')],
  ['custom-networking', () => exampleWorld('custom-networking')],
  ['generated', generated],
])('%s', (_, make) => {
  const world = make();
  const files = linesOf(world);

  test('the ways of a walk have weights that sum to 1', async () => {
    for (const result of await answers(world)) {
      const sum = result.roundTrips.reduce((total, trip) => total + trip.probability, 0);
      expect(sum, `${result.query.from.name} -> ${result.query.to.name}`).toBe(1);
    }
  });

  test('every line a step names stands in the World folder, with that text', async () => {
    let checked = 0;
    for (const result of await answers(world)) {
      for (const { evidence } of stepsOf(result)) {
        expect(evidenceProblem(files, evidence)).toBeUndefined();
        if (evidence.artefact.line !== undefined) checked += 1;
      }
    }
    expect(checked).toBeGreaterThan(50);
  });

  test('a World written and read again walks the same', async () => {
    const read = readWorld(new Map([...worldFiles(world)].map(({ path, text }) => [path, text])));
    expect(read.issues.filter((issue) => issue.severity === 'error')).toEqual([]);
    expect(await answers(read.value)).toEqual(await answers(world));
  });

  test('every answer keeps the published contract', async () => {
    for (const result of await answers(world)) expect(contractViolations(result)).toEqual([]);
  });
});
