import { expect, test } from 'vitest';
import { readWorld, type World, worldFiles } from '../../src/world/index.ts';
import { walk } from '../unmodelled/testing.ts';
import { enforcing, policy } from './policies.ts';

const world = enforcing(
  policy('in', '{ podSelector: { matchLabels: { app: web } }, ingress: [{ ports: [{ port: 8080, endPort: 8090 }] }] }'),
);
const files = (of: World): Map<string, string> => new Map([...worldFiles(of)].map(({ path, text }) => [path, text]));

test('a folder of what nodes hold is the same World', () => {
  const read = readWorld(files(world));
  expect(read.issues).toEqual([]);
  for (const [id, netns] of world.netns) expect(read.value.netns.get(id)?.bpf, id).toEqual(netns.bpf);
});

test('pods under the same policies, and addresses they say the same of, share a line', () => {
  const all = files(
    enforcing(
      policy('each', '{ podSelector: {}, ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 8080 }] }] }'),
    ),
  );
  const lines = (all.get('nodes/n1/bpf-map.json') ?? '').split('\n').filter((line) => line.includes('"10.0.1.11/32"'));
  expect(lines.map((line): unknown => JSON.parse(line.replace(/,$/, '')))).toEqual([
    {
      map: ['client@shop_ingress_map', 'plain@shop_ingress_map', 'near@shop_ingress_map'],
      key: expect.arrayContaining(['10.0.1.11/32', '10.0.1.13/32']) as unknown,
      value: [{ protocol: 6, start_port: 8080, end_port: 0 }],
    },
  ]);
});

test('an entry somebody took out of the map is missing', async () => {
  const all = files(world);
  const path = 'nodes/n2/bpf-map.json';
  const without = (all.get(path) ?? '')
    .split('\n')
    .filter((line) => !line.includes('"0.0.0.0/0"') || line.includes('egress'));
  all.set(path, without.join('\n').replace(/,\n\]/, '\n]'));
  const read = readWorld(all);
  expect(read.issues).toEqual([]);
  const result = await walk(read.value, 'pod/shop/client', 'pod/shop/web:8080');
  expect(result.blockers[0]?.cause).toMatchObject({ kind: 'network-policy', direction: 'ingress', peer: '10.0.1.11' });
});

test('a map without the programs that read it is half of what there was', () => {
  const all = files(world);
  all.delete('nodes/n2/bpf-net.json');
  const said = readWorld(all).issues.map(({ at, message }) => `${at.file}: ${message}`);
  expect(said).toEqual(['nodes/n2/bpf-map.json: No "bpf-net.json" beside "bpf-map.json"']);
});
