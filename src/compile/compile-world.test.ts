import { describe, expect, test } from 'vitest';
import {
  articleCluster,
  articleNode,
  meta,
  testPod,
  testService,
  testSlice,
  toolboxA,
  withCni,
  withOs,
} from '../../test/compile/test-cluster.ts';
import { invariant } from '../base/index.ts';
import type { Cluster, NodeSpec, Pod } from '../cluster/index.ts';
import { type Netns, showRoutes } from '../linux/index.ts';
import { cidr, ip } from '../net/index.ts';
import { readWorld, worldFiles } from '../world/index.ts';
import { compileWorld } from './compile-world.ts';
import { nodeNetns, podNetns } from './node/names.ts';

const source = { file: 'cluster.yaml' };
const NODE = nodeNetns(articleNode.name);
const TOOLBOX = podNetns('packetlab', toolboxA.metadata.name);

function netns(cluster: Cluster, id: Netns['id']): Netns {
  const found = compileWorld(cluster).value.netns.get(id);
  invariant(found !== undefined, `${id} is compiled`);
  return found;
}

/** Lines of `ip route show table N`. */
const table = (of: Netns, number: number): readonly string[] => showRoutes(of.routes, number).trimEnd().split('\n');

describe('a node', () => {
  test('routes: main, a table a secondary interface, local', () => {
    const node = netns(articleCluster, NODE);
    expect(table(node, 254)).toEqual([
      'default via 10.0.0.1 dev ens5 proto dhcp src 10.0.0.75 metric 512',
      '10.0.0.0/22 dev ens5 proto kernel scope link src 10.0.0.75 metric 512',
      '10.0.0.1 dev ens5 proto dhcp scope link src 10.0.0.75 metric 512',
      '10.0.0.2 dev ens5 proto dhcp scope link src 10.0.0.75 metric 512',
      '10.0.1.51 dev eniaee705c1f69 scope link',
      '10.0.1.60 dev eni36f7c958f87 scope link',
    ]);
    expect(table(node, 2)).toEqual(['default via 10.0.0.1 dev ens6', '10.0.0.1 dev ens6 scope link']);
    expect(table(node, 3)).toEqual(['default via 10.0.0.1 dev ens7', '10.0.0.1 dev ens7 scope link']);
    expect(table(node, 255)).toEqual([
      'local 10.0.0.75 dev ens5 proto kernel scope host src 10.0.0.75',
      'local 10.0.0.84 dev ens7 proto kernel scope host src 10.0.0.84',
      'local 10.0.0.85 dev ens6 proto kernel scope host src 10.0.0.85',
      'broadcast 10.0.3.255 dev ens5 proto kernel scope link src 10.0.0.75',
      'broadcast 10.0.3.255 dev ens6 proto kernel scope link src 10.0.0.85',
      'broadcast 10.0.3.255 dev ens7 proto kernel scope link src 10.0.0.84',
      'local 127.0.0.0/8 dev lo proto kernel scope host src 127.0.0.1',
      'local 127.0.0.1 dev lo proto kernel scope host src 127.0.0.1',
      'broadcast 127.255.255.255 dev lo proto kernel scope link src 127.0.0.1',
    ]);
  });

  test('links, addresses and neighbours', () => {
    const node = netns(articleCluster, NODE);
    expect(node.links.map((link) => `${link.ifindex} ${link.ifname} ${link.mtu}`)).toEqual([
      '1 lo 65536',
      '2 ens5 9001',
      '3 eni36f7c958f87 9001',
      '165 ens6 9001',
      '264 ens7 9001',
      '336 eniaee705c1f69 9001',
    ]);
    expect(node.addresses.map(({ local, prefixlen }) => `${local}/${prefixlen}`)).toEqual([
      '127.0.0.1/8',
      '10.0.0.75/22',
      '10.0.0.85/22',
      '10.0.0.84/22',
    ]);
    const toolbox = node.neighbours.find((entry) => entry.dst === '10.0.1.51');
    expect(toolbox).toMatchObject({ dev: 'eniaee705c1f69', lladdr: '0a:12:c5:d0:e4:e1', state: 'REACHABLE' });
  });

  test('sysctls follow the image, the CNI and kube-proxy, and the input wins', () => {
    const read = (cluster: Cluster, name: string): string | undefined => netns(cluster, NODE).sysctls.get(name);
    const al2 = withOs(articleCluster, 'AmazonLinux2');
    const own = { ...articleNode, sysctls: { 'net.ipv4.conf.ens5.rp_filter': '1' } };
    for (const [cluster, name, want] of [
      [articleCluster, 'net.ipv4.ip_default_ttl', '127'],
      [articleCluster, 'net.ipv4.conf.all.rp_filter', '0'],
      [articleCluster, 'net.ipv4.conf.ens6.rp_filter', '2'],
      [articleCluster, 'net.ipv4.conf.eniaee705c1f69.rp_filter', '2'],
      [articleCluster, 'net.ipv4.conf.all.route_localnet', '1'],
      [articleCluster, 'net.netfilter.nf_conntrack_tcp_timeout_established', '86400'],
      [al2, 'net.ipv4.ip_default_ttl', '255'],
      [al2, 'net.ipv4.conf.eth0.rp_filter', '2'],
      [al2, 'net.ipv4.conf.eth1.rp_filter', '1'],
      [{ ...articleCluster, nodeSpecs: [own] }, 'net.ipv4.conf.ens5.rp_filter', '1'],
    ] as const)
      expect(read(cluster, name)).toBe(want);
  });

  test('listens for kubelet, kube-proxy, sshd, hostNetwork pods and health checks', () => {
    const agent = testPod('kube-system', 'agent', articleNode.name, '10.0.0.75', {
      hostNetwork: true,
      containers: [
        { name: 'a', image: 'node-exporter:v1', env: [], ports: [{ containerPort: 9100, protocol: 'TCP' }] },
      ],
    });
    const balanced = testService('packetlab', 'lb', '172.20.0.30', {
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      healthCheckNodePort: 30999,
    });
    const cluster = { ...articleCluster, pods: [...articleCluster.pods, agent], services: [balanced] };
    const sockets = netns(cluster, NODE).sockets.map(({ local, port, process }) => `${local}:${port} ${process}`);
    expect(sockets).toEqual([
      '*:22 sshd',
      '*:9100 node-exporter',
      '127.0.0.1:10248 kubelet',
      '127.0.0.1:10249 kube-proxy',
      '*:10250 kubelet',
      '*:10256 kube-proxy',
      '*:30999 kube-proxy',
    ]);
  });
});

describe('a pod', () => {
  test('is wired as the article prints it', () => {
    const pod = netns(articleCluster, TOOLBOX);
    expect(table(pod, 254)).toEqual(['default via 169.254.1.1 dev eth0', '169.254.1.1 dev eth0 scope link']);
    expect(pod.links.at(-1)).toMatchObject({
      ifindex: 3,
      ifname: 'eth0',
      address: '0a:12:c5:d0:e4:e1',
      link_index: 336,
    });
    expect(pod.neighbours).toMatchObject([{ dst: '169.254.1.1', lladdr: '5a:f3:56:0b:86:d4', state: 'PERMANENT' }]);
    expect(pod.addresses.at(-1)).toMatchObject({ local: '10.0.1.51', prefixlen: 32 });
    expect(pod.resolvConf).toEqual({
      nameservers: ['172.20.0.10'],
      search: ['packetlab.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'ec2.internal'],
      options: ['ndots:5'],
    });
    expect(netns(withCni(articleCluster, '1.23.0'), TOOLBOX).links.at(-1)?.ifindex).toBe(2);
  });

  test('listens where a Service sends, and the assumption is said', () => {
    const service = testService('packetlab', 'echo', '172.20.122.189');
    const cluster = { ...articleCluster, services: [service], endpointSlices: [testSlice(service, ['10.0.1.51'])] };
    expect(netns(cluster, TOOLBOX).sockets).toEqual([
      { protocol: 'tcp', local: '*', port: 8080, process: 'echoserver' },
    ]);
    const { assumptions, directory } = compileWorld(cluster).value;
    expect(assumptions.join()).toContain('is taken to listen on tcp/8080');
    expect(directory.services[0]?.ports[0]?.endpoints).toEqual(['10.0.1.51:8080']);
  });

  test('dnsConfig is added to what the policy gives', () => {
    const dnsConfig = { nameservers: ['192.0.2.1'], searches: ['a.test'], options: [{ name: 'ndots', value: '2' }] };
    const read = (of: Partial<Pod['spec']>) => {
      const pod = testPod('packetlab', 'p', articleNode.name, '10.0.1.60', of);
      return netns({ ...articleCluster, pods: [pod] }, podNetns('packetlab', 'p')).resolvConf;
    };
    expect(read({ dnsConfig })).toMatchObject({ nameservers: ['172.20.0.10', '192.0.2.1'], options: ['ndots:2'] });
    expect(read({ dnsPolicy: 'None', dnsConfig })).toMatchObject({ nameservers: ['192.0.2.1'], search: ['a.test'] });
    expect(read({ dnsPolicy: 'Default' })).toEqual({
      nameservers: ['10.0.0.2'],
      search: ['ec2.internal'],
      options: [],
    });
  });

  test('a policy that would act makes it unmodelled; one that would not is an assumption', () => {
    const policy = {
      kind: 'NetworkPolicy',
      group: 'networking.k8s.io',
      does: 'filter',
      status: {},
      metadata: meta('deny', 'packetlab'),
      source,
      spec: { podSelector: { matchLabels: { app: toolboxA.metadata.name } } },
    } as const;
    const off = { ...articleCluster, unacted: [policy] };
    const on = { ...off, cni: { ...off.cni, enableNetworkPolicy: true } };
    expect(netns(off, TOOLBOX).unmodelled).toEqual([]);
    expect(compileWorld(off).value.assumptions.join()).toContain('NetworkPolicy objects have no effect');
    expect(netns(on, TOOLBOX).unmodelled).toHaveLength(1);
    expect(netns(on, podNetns('packetlab', 'on-primary')).unmodelled).toEqual([]);
  });
});

test('kube-proxy modes this does not compile make the node unmodelled', () => {
  const cluster: Cluster = { ...articleCluster, kubeProxy: { ...articleCluster.kubeProxy, mode: 'nftables' } };
  expect(netns(cluster, NODE).unmodelled.map(({ what }) => what)).toEqual(['kube-proxy mode nftables is not modelled']);
});

test('a hostPort is a rule nobody can decide, and only for that port', () => {
  const containers = [
    { name: 'c', image: 'x', env: [], ports: [{ containerPort: 80, hostPort: 8088, protocol: 'TCP' as const }] },
  ];
  const pod = testPod('packetlab', 'p', articleNode.name, '10.0.1.60', { containers });
  const rules = netns({ ...articleCluster, pods: [pod] }, NODE)
    .iptables.ip.get('nat')
    ?.chains.get('PREROUTING')?.rules;
  expect(rules?.filter((rule) => rule.target?.kind === 'unsupported')).toHaveLength(1);
});

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

test('IPv6: host routes, the fe80::1 gateway, no SNAT', () => {
  const [primary] = articleNode.enis;
  invariant(primary !== undefined, 'The node has an interface');
  const [vpc] = articleCluster.network.vpcs;
  invariant(vpc !== undefined, 'The cluster has a VPC');
  const prefix = cidr('2600:1f18:0:1:ab::/80');
  const subnets = vpc.subnets.map((subnet) => ({ ...subnet, cidrs: [...subnet.cidrs, cidr('2600:1f18:0:1::/64')] }));
  const pod = testPod('packetlab', 'v6', articleNode.name, '2600:1f18:0:1:ab::7');
  const cluster: Cluster = {
    ...articleCluster,
    ipFamily: 'IPv6',
    network: { ...articleCluster.network, vpcs: [{ ...vpc, subnets }] },
    nodeSpecs: [{ ...articleNode, enis: [{ ...primary, prefixes: [prefix] }] }],
    nodes: [
      {
        kind: 'Node',
        metadata: meta(articleNode.name, ''),
        source,
        spec: { taints: [], unschedulable: false },
        status: { addresses: [{ type: 'InternalIP', address: '2600:1f18:0:1::75' }], ready: true },
      },
    ],
    pods: [pod],
  };
  const { issues } = compileWorld(cluster);
  expect(issues).toEqual([]);
  const inside = netns(cluster, podNetns('packetlab', 'v6'));
  expect(table(inside, 254).filter((line) => line.includes('fe80'))).toEqual([
    'default via fe80::1 dev eth0 metric 1024 pref medium',
    'fe80::1 dev eth0 metric 1024 pref medium',
  ]);
  expect(inside.unmodelled.map(({ scope }) => scope)).toEqual([{ kind: 'dev', dev: 'v4if0' }]);
  const node = netns(cluster, NODE);
  expect(node.rules.filter((rule) => rule.family === 6).map((rule) => rule.priority)).toEqual([0, 512, 1024, 32766]);
  expect(node.rules.filter((rule) => rule.family === 4).map((rule) => rule.priority)).toEqual([0, 32766, 32767]);
  expect([...(node.iptables.ip.get('nat')?.chains.keys() ?? [])].filter((chain) => chain.startsWith('AWS'))).toEqual(
    [],
  );
});
