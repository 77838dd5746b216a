import { describe, expect, test } from 'vitest';
import { articleCluster, articleNode, testPod, testService, testSlice } from '../../test/compile/test-cluster.ts';
import type { Cluster, NodeSpec } from '../cluster/index.ts';
import { ip } from '../net/index.ts';
import { readWorld, worldFiles } from '../world/index.ts';
import { compileWorld } from './compile-world.ts';
import { nodeNetns, podNetns } from './node/names.ts';

const source = { file: 'cluster.yaml' };

test('every name a World uses leads somewhere', () => {
  const server = {
    name: 'legacy',
    kind: 'server',
    subnet: 'public-a',
    addresses: [ip('10.0.100.7')],
    listens: [],
    dnsNames: ['legacy.test'],
    source,
  } as const;
  const far = { name: 'far', kind: 'internet', addresses: [ip('8.8.8.8')], listens: [], dnsNames: [], source } as const;
  const { value: world, issues } = compileWorld({ ...articleCluster, servers: [server, far] });
  expect(issues).toEqual([]);
  const { fabric, directory } = world;
  const device = ({ netns: id, dev }: { netns: string; dev: string }): boolean =>
    [...world.netns.values()].some((of) => of.id === id && of.links.some((link) => link.ifname === dev));
  for (const wire of fabric.wires) expect([device(wire.a), device(wire.b)]).toEqual([true, true]);
  for (const host of fabric.internetHosts) expect(device(host)).toBe(true);
  for (const eni of fabric.enis) {
    if (eni.attachment !== null) expect(device(eni.attachment)).toBe(true);
    expect(fabric.subnets.some((subnet) => subnet.id === eni.subnet)).toBe(true);
  }
  for (const subnet of fabric.subnets) expect(fabric.routeTables.some(({ id }) => id === subnet.routeTable)).toBe(true);
  const ids = new Set(
    [...fabric.natGateways, ...fabric.internetGateways, ...fabric.peerings, ...fabric.enis].map(({ id }) => id),
  );
  for (const { target } of fabric.routeTables.flatMap(({ routes }) => routes)) {
    if (target.kind !== 'local') expect('id' in target && ids.has(target.id)).toBe(true);
  }
  for (const entry of [...directory.nodes, ...directory.pods, ...directory.hosts])
    expect(world.netns.has(entry.netns)).toBe(true);
  expect(fabric.enis.map(({ owner }) => owner)).toContain('control-plane/packetlab');
  expect(fabric.dns.upstream).toContainEqual({
    name: 'legacy.test',
    type: 'A',
    addresses: [ip('10.0.100.7')],
    ttl: 60,
  });
});

test('a Corefile comes into the World, and its verified pods and its TTL into the records', () => {
  const coreDns = {
    pods: 'verified',
    ttl: 30,
    cacheTtl: null,
    reverseZones: [],
    fallthrough: ['.'],
    unmodelled: [{ zone: 'corp', forwarded: true, what: 'forward' }],
  } as const;
  const service = testService('shop', 'web', '172.20.1.1');
  const compile = (pods: 'verified' | 'insecure') =>
    compileWorld({ ...articleCluster, services: [service], coreDns: { ...coreDns, pods } }).value;
  const world = compile('verified');
  const { dns } = world.fabric;
  expect(dns.corefile).toEqual(coreDns);
  expect(new Set(dns.cluster.map(({ ttl }) => ttl))).toEqual(new Set([30]));
  const pod = { name: '10-0-1-51.packetlab.pod.cluster.local', type: 'A', addresses: ['10.0.1.51'], ttl: 30 };
  expect(dns.cluster).toContainEqual(pod);
  expect(compile('insecure').fabric.dns.cluster).not.toContainEqual(pod);
  const read = readWorld(new Map([...worldFiles(world)].map(({ path, text }) => [path, text])));
  expect(read.issues).toEqual([]);
  expect(read.value.fabric.dns).toEqual({ ...dns });
});

test('a health check port knows the ready endpoints of each node, each address once', () => {
  const spec = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 30999 } as const;
  const service = testService('shop', 'web', '172.20.1.1', spec);
  const slice = testSlice(service, ['10.0.1.51', '10.0.1.60', '10.0.1.60', '10.0.1.61', '10.0.1.62']);
  const where = ['b', 'a', 'a', 'a', undefined];
  const endpoints = slice.endpoints.map((endpoint, i) => {
    const nodeName = where[i];
    const conditions = { ready: endpoint.addresses[0] !== '10.0.1.61' };
    return { ...endpoint, conditions, ...(nodeName === undefined ? {} : { nodeName }) };
  });
  const cluster = { ...articleCluster, services: [service], endpointSlices: [{ ...slice, endpoints }] };
  const [entry] = compileWorld(cluster).value.directory.services;
  expect(entry?.healthCheck).toEqual({
    nodePort: 30999,
    localEndpoints: [
      { node: 'a', ready: 1 },
      { node: 'b', ready: 1 },
    ],
  });
  const shared = { ...service, spec: { ...service.spec, externalTrafficPolicy: 'Cluster' } as const };
  const plain = compileWorld({ ...cluster, services: [shared] }).value.directory.services[0];
  expect(plain?.healthCheck).toBeUndefined();
});

test('what does not fit is reported with its place; nothing about it is sure', () => {
  const lost = testPod('packetlab', 'lost', 'no-such-node', '10.0.1.99');
  const foreign = testPod('packetlab', 'foreign', articleNode.name, '10.0.9.9');
  const broken: NodeSpec = { ...articleNode, name: 'broken', enis: [] };
  const { value, issues } = compileWorld({
    ...articleCluster,
    pods: [lost, foreign],
    nodeSpecs: [articleNode, broken],
  });
  expect(issues.map(({ code }) => code).sort()).toEqual([
    'node-without-eni',
    'pod-address-not-on-node',
    'pod-without-node',
  ]);
  expect(value.netns.get(podNetns('packetlab', 'lost'))?.unmodelled).toMatchObject([{ scope: { kind: 'netns' } }]);
  expect(value.netns.has(nodeNetns('broken'))).toBe(false);
});

describe('a large cluster', () => {
  const nodes = 60;
  const podsPerNode = 20;
  const names = Array.from({ length: nodes }, (_, n) => `node-${n}`);
  const address = (n: number, p: number): string => `10.${8 + (n >> 3)}.${(n & 7) * 32}.${p + 10}`;
  const nodeSpecs = names.map(
    (name, n): NodeSpec => ({
      ...articleNode,
      name,
      enis: [
        {
          id: `eni-${n}`,
          deviceIndex: 0,
          subnet: 'private-a',
          primaryIp: ip(`10.1.${n}.1`),
          addresses: Array.from({ length: podsPerNode }, (_, p) => ip(address(n, p))),
          prefixes: [],
          securityGroups: [],
        },
      ],
    }),
  );
  const pods = names.flatMap((name, n) =>
    Array.from({ length: podsPerNode }, (_, p) => testPod('a', `p-${n}-${p}`, name, address(n, p))),
  );
  const services = Array.from({ length: 300 }, (_, s) =>
    testService('a', `s-${s}`, `172.20.${1 + (s >> 8)}.${s & 255}`),
  );
  const endpointSlices = services.map((service, s) =>
    testSlice(service, [address(s % nodes, 0), address(s % nodes, 1)]),
  );
  const cluster: Cluster = { ...articleCluster, nodeSpecs, pods, services, endpointSlices, placements: [] };

  test('compiles a namespace when it is read, once', () => {
    const { value: world } = compileWorld(cluster);
    expect(world.netns.size).toBe(nodes + pods.length);
    const first = world.netns.get(nodeNetns('node-0'));
    expect(first).toBeDefined();
    expect(world.netns.get(nodeNetns('node-0'))).toBe(first);
  });

  test('nodes share the chains of Services', () => {
    const { value: world } = compileWorld(cluster);
    const nat = (name: string) => world.netns.get(nodeNetns(name))?.iptables.ip.get('nat')?.chains;
    const [a, b] = [nat('node-0'), nat('node-1')];
    const service = [...(a?.keys() ?? [])].find((chain) => chain.startsWith('KUBE-SVC-')) ?? '';
    expect(a?.get(service)).toBeDefined();
    expect(b?.get(service)).toBe(a?.get(service));
    expect(b?.get('AWS-SNAT-CHAIN-0')).not.toBe(a?.get('AWS-SNAT-CHAIN-0'));
  });
});
