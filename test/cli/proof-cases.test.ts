import { expect, test } from 'vitest';
import { proofCases } from '../../src/cli/proof/proof-cases.ts';
import { loadWorld } from '../../src/load/index.ts';
import { familyOf } from '../../src/net/index.ts';
import { generateCluster } from '../generate/generate-cluster.ts';
import { exampleFiles, exampleWorld, ipv6World } from '../lab/worlds.ts';

const said = ({ cases }: ReturnType<typeof proofCases>): readonly string[] =>
  cases.map(({ from, to, probe }) => `${from} → ${to} ${String(probe.protocol)}`);

const article = exampleWorld('article');

test('every sender is walked to every Service port, node port, pod and node, and outside', () => {
  const all = said(proofCases(article, { most: 1000, seed: 1 }));
  for (const to of [
    '172.20.122.189:80 tcp',
    '172.20.0.10:53 udp',
    '10.0.0.49:32385 tcp',
    '10.0.2.29 icmp',
    '10.0.0.200:443 tcp',
    '8.8.8.8:53 udp',
  ])
    for (const from of ['pod/packetlab/toolbox-a-6fb5b9b786-lszr4', 'node/ip-10-0-0-75.ec2.internal'])
      expect(all).toContain(`${from} → ${to}`);
  expect(new Set(all).size).toBe(all.length);
});

test('a sample has different walks of every kind, the same for the same seed', () => {
  const sample = (seed: number, most = 60) => proofCases(article, { most, seed });
  const one = said(sample(3));
  expect(new Set(one).size).toBe(60);
  expect(said(sample(3))).toEqual(one);
  expect(said(sample(4))).not.toEqual(one);
  for (const kind of ['172.20.', ':32385', ':10250', '8.8.8.8']) expect(one.join('\n')).toContain(kind);
  const { of } = sample(1);
  expect(new Set(said(sample(1, of - 1))).size).toBe(of - 1);
});

test('a big cluster is not listed to be sampled', () => {
  const files = generateCluster({ nodes: 40, pods: 2000, services: 500, endpointsOf: () => 2, seed: 1 });
  const { world } = loadWorld(files, []);
  const { of, cases } = proofCases(world ?? article, { most: 100, seed: 1 });
  expect(of).toBeGreaterThan(5_000_000);
  expect(cases).toHaveLength(100);
});

test('a sender speaks the families it has addresses of', () => {
  const { cases } = proofCases(ipv6World(), { most: 1000, seed: 1 });
  expect(cases.length).toBeGreaterThan(100);
  expect(cases.filter(({ from, probe }) => from.startsWith('pod/') && familyOf(probe.dst) === 4)).toEqual([]);
  expect(cases.some(({ from, probe }) => from.startsWith('node/') && familyOf(probe.dst) === 4)).toBe(true);
});

test('what no plain socket sends is left out by name', () => {
  const text = `apiVersion: v1
kind: Service
metadata: { name: gtp, namespace: default }
spec: { clusterIP: 172.20.9.9, selector: { app: none }, ports: [{ port: 2905, protocol: SCTP }] }
`;
  const { world } = loadWorld([...exampleFiles('article'), { path: 'sctp.yaml', text }], []);
  expect(proofCases(world ?? article, { most: 10, seed: 1 }).leftOut).toEqual(['172.20.9.9:2905 sctp']);
});

test('load balancers are asked from inside and from the internet, over HTTP for each rule of a listener', () => {
  const { cases } = proofCases(exampleWorld('ingress'), { most: 10_000, seed: 1 });
  const ofInternet = cases.filter(({ from }) => from === 'internet/203.0.113.7');
  const asked = new Set(ofInternet.map(({ probe: { http } }) => http && `${http.host}${http.path}`));
  expect([...asked]).toEqual([
    undefined,
    'portal.example.com/rating',
    'portal.example.com/order',
    'proof.example/proof',
  ]);
  expect(new Set(cases.map(({ from }) => from)).size).toBeGreaterThan(5);
});
