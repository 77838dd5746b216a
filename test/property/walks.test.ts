import { describe, expect, test } from 'vitest';
import { ask } from '../../src/ask/index.ts';
import { loadWorld } from '../../src/load/index.ts';
import { traceResultSchema } from '../../src/render/index.ts';
import { resolveName, simDataPlane } from '../../src/sim/index.ts';
import type { Step, TraceResult } from '../../src/trace/index.ts';
import { readWorld, type World, worldFiles } from '../../src/world/index.ts';
import { generateCluster } from '../generate/generate-cluster.ts';
import { exampleWorld } from '../lab/worlds.ts';

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

const stepsOf = (result: TraceResult): Step[] =>
  result.roundTrips.flatMap((trip) =>
    [trip.forward, ...(trip.reply === null ? [] : [trip.reply])].flatMap((trace) =>
      trace.hops.flatMap((hop) => hop.steps),
    ),
  );

describe.each([
  ['article', () => exampleWorld('article')],
  ['eksctl-shop', () => exampleWorld('eksctl-shop')],
  ['custom-networking', () => exampleWorld('custom-networking')],
  ['generated', generated],
])('%s', (_, make) => {
  const world = make();
  const files = new Map([...worldFiles(world)].map(({ path, text }) => [path, text.split('\n')]));

  test('the ways of a walk have weights that sum to 1', async () => {
    for (const result of await answers(world)) {
      const sum = result.roundTrips.reduce((total, trip) => total + trip.probability, 0);
      expect(sum, `${result.query.from.name} -> ${result.query.to.name}`).toBeCloseTo(1, 9);
    }
  });

  test('every rule a step names stands in the World folder, at that line, with that text', async () => {
    let checked = 0;
    for (const result of await answers(world)) {
      for (const step of stepsOf(result)) {
        const { artefact, text } = step.evidence;
        if (step.kind !== 'rule' || artefact.line === undefined || !artefact.file.endsWith('tables-save')) continue;
        expect(files.get(artefact.file)?.[artefact.line - 1], `${artefact.file}:${artefact.line}`).toBe(text);
        checked += 1;
      }
    }
    expect(checked).toBeGreaterThan(50);
  });

  test('every route and ip rule a step names is an entry of its file', async () => {
    for (const result of await answers(world)) {
      for (const step of stepsOf(result)) {
        const { file, line } = step.evidence.artefact;
        if (line === undefined || !/^(?:nodes|pods|hosts)\/.*\.json$/.test(file)) continue;
        expect(files.get(file)?.[line - 1] ?? 'no such line', `${file}:${line} ${step.evidence.text}`).toMatch(/^\{/);
      }
    }
  });

  test('a World written and read again walks the same', async () => {
    const read = readWorld(new Map([...worldFiles(world)].map(({ path, text }) => [path, text])));
    expect(read.issues.filter((issue) => issue.severity === 'error')).toEqual([]);
    expect(await answers(read.value)).toEqual(await answers(world));
  });

  test('every answer keeps the published contract', async () => {
    for (const result of await answers(world))
      expect(violations(JSON.parse(JSON.stringify(result)), traceResultSchema, '$')).toEqual([]);
  });
});

type Schema = Readonly<Record<string, unknown>>;

/** The part of JSON Schema the contract uses: type, const, enum, anyOf, $ref, properties, required, items, minimum, maximum. */
function violations(value: unknown, schema: Schema, at: string): string[] {
  const ref = schema['$ref'];
  if (typeof ref === 'string')
    return violations(
      value,
      (traceResultSchema['$defs'] as Record<string, Schema>)[ref.replace('#/$defs/', '')] ?? {},
      at,
    );
  const anyOf = schema['anyOf'] as readonly Schema[] | undefined;
  if (anyOf !== undefined)
    return anyOf.some((each) => violations(value, each, at).length === 0) ? [] : [`${at}: fits none of anyOf`];
  if ('const' in schema && schema['const'] !== value) return [`${at}: not ${String(schema['const'])}`];
  const options = schema['enum'] as readonly unknown[] | undefined;
  if (options !== undefined && !options.includes(value)) return [`${at}: ${String(value)} is not in the list`];
  const types = [schema['type'] ?? []].flat() as string[];
  if (types.length > 0 && !types.some((type) => isType(value, type))) return [`${at}: not ${types.join(' or ')}`];
  if (Array.isArray(value))
    return value.flatMap((item, i) => violations(item, (schema['items'] ?? {}) as Schema, `${at}[${i}]`));
  if (typeof value !== 'object' || value === null) return [];
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
  const missing = ((schema['required'] ?? []) as string[])
    .filter((name) => !(name in value))
    .map((name) => `${at}.${name}: missing`);
  const surplus =
    schema['additionalProperties'] === false
      ? Object.keys(value)
          .filter((name) => !(name in properties))
          .map((name) => `${at}.${name}: not in the contract`)
      : [];
  return [
    ...missing,
    ...surplus,
    ...Object.entries(value).flatMap(([name, field]) =>
      properties[name] === undefined ? [] : violations(field, properties[name], `${at}.${name}`),
    ),
  ];
}

function isType(value: unknown, type: string): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}
