import { describe, expect, test } from 'vitest';
import { eks, join, lines, load, node, pod, problems, service } from '../../test/cluster/load.ts';
import { settle } from '../controllers/index.ts';

describe('contradictions', () => {
  const nodes = node('n', '10.0.0.4');
  test.each([
    [
      'two pods, one address',
      join(nodes, pod('a', '10.0.0.9'), pod('b', '10.0.0.9')),
      'Pod "shop/a" and pod "shop/b" both have 10.0.0.9 (the first is at in.yaml:6:1)',
    ],
    [
      'pod outside the VPC',
      join(eks, pod('a', '10.1.0.9')),
      'Pod "shop/a" has 10.1.0.9, which is in no subnet of VPC "vpc-c"',
    ],
    [
      'ClusterIP outside',
      join(
        eks.replace('managed', 'kubernetesNetworkConfig: {serviceIPv4CIDR: 172.20.0.0/16}\nmanaged'),
        service('a', 'clusterIP: 10.9.0.1, ports: [{port: 80}]'),
      ),
      'outside the service CIDR 172.20.0.0/16',
    ],
    [
      'NodePort range',
      join(eks, service('a', 'type: NodePort, ports: [{port: 80, nodePort: 80}]')),
      'has NodePort 80 (expected a port from 30000 to 32767)',
    ],
    [
      'NodePort twice',
      join(
        eks,
        service('a', 'type: NodePort, ports: [{port: 80, nodePort: 30080}]'),
        service('b', 'type: NodePort, ports: [{port: 80, nodePort: 30080}]'),
      ),
      'both have NodePort 30080 TCP',
    ],
    [
      'object twice',
      join(eks, service('a', 'ports: [{port: 80}]'), service('a', 'ports: [{port: 81}]')),
      'Service "shop/a" is given twice, and differently (the first is at in.yaml:6:1)',
    ],
    ['VPC too big', `${eks}vpc: {cidr: 10.0.0.0/8}\n`, 'VPC CIDR is 10.0.0.0/8'],
    [
      'subnets overlap',
      `${eks}vpc: {cidr: 10.0.0.0/16, subnets: {public: {a: {az: a, cidr: 10.0.0.0/20}, b: {az: b, cidr: 10.0.8.0/24}}}}\n`,
      'Subnet "subnet-public-b" (10.0.8.0/24) overlaps subnet "subnet-public-a"',
    ],
    [
      'subnet outside',
      `${eks}vpc: {cidr: 10.0.0.0/16, subnets: {public: {a: {az: a, cidr: 10.1.0.0/20}}}}\n`,
      'outside every CIDR of VPC "vpc-c"',
    ],
    [
      'unknown subnet',
      eks.replace('name: ng', 'name: ng, subnets: [eu-west-1d]'),
      'names subnet "eu-west-1d", which is not in the VPC',
    ],
  ])('%s', (_, text, expected) => {
    expect(problems(text)).toContain(expected);
  });

  test.each([
    ['the same object twice', join(eks, service('a', 'ports: [{port: 80}]'), service('a', 'ports: [{port: 80}]'))],
    [
      'hostNetwork pods share the address',
      join(nodes, pod('a', '10.0.0.4', ', hostNetwork: true'), pod('b', '10.0.0.4', ', hostNetwork: true')),
    ],
    [
      'a finished pod keeps its address',
      join(nodes, pod('a', '10.0.0.9'), pod('b', '10.0.0.9').replace('Running', 'Succeeded')),
    ],
    [
      'TCP and UDP on one NodePort',
      join(
        eks,
        service(
          'a',
          'type: NodePort, ports: [{name: t, port: 80, nodePort: 30080}, {name: u, port: 80, nodePort: 30080, protocol: UDP}]',
        ),
      ),
    ],
  ])('no contradiction: %s', (_, text) => {
    expect(problems(text)).toBe('');
  });
});

describe('live objects that say two things', () => {
  const two = join(node('n', '10.0.0.4'), node('m', '10.0.0.5'));
  const onN = pod('a', '10.0.0.9', ', nodeName: n');
  const slice = (nodeName: string): string => `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: s, namespace: shop, labels: {kubernetes.io/service-name: s}}
addressType: IPv4
endpoints: [{addresses: [10.0.0.9], nodeName: ${nodeName}, targetRef: {kind: Pod, namespace: shop, name: a}}]
ports: [{port: 80}]
`;
  test('an endpoint on another node than its pod', () => {
    expect(problems(join(two, onN, slice('m')))).toContain(
      'EndpointSlice "shop/s" has pod "shop/a" on node "m", and the pod is on "n"',
    );
    expect(problems(join(two, onN, slice('n')))).not.toContain('EndpointSlice "shop/s" has pod');
  });
  test('a pod whose hostIP is not its node', () => {
    const hosted = (ip: string): string => `${onN.trimEnd()}\n`.replace('status: {', `status: {hostIP: ${ip}, `);
    expect(problems(join(two, hosted('10.0.0.5')))).toContain(
      'Pod "shop/a" has hostIP 10.0.0.5, and its node "n" is 10.0.0.4',
    );
    expect(problems(join(two, hosted('10.0.0.4')))).not.toContain('hostIP');
  });
  test('a pod on the host network with an address its node has not', () => {
    const hosted = (ip: string): string => pod('a', ip, ', nodeName: n, hostNetwork: true');
    expect(problems(join(two, hosted('10.0.0.53')))).toContain(
      'Pod "shop/a" is on the host network and has 10.0.0.53, and its node "n" is 10.0.0.4',
    );
    expect(problems(join(two, hosted('10.0.0.4')))).not.toContain('is on the host network');
  });
  test('the first of several addresses is the one address', () => {
    const both = (ip: string): string => onN.replace('podIP: 10.0.0.9', `podIP: 10.0.0.9, podIPs: [{ip: ${ip}}]`);
    expect(problems(join(two, both('10.0.0.8')))).toContain(
      'Field "status.podIP" is 10.0.0.9, and "status.podIPs" begins with 10.0.0.8 (expected the same address in both)',
    );
    expect(problems(join(two, both('10.0.0.9')))).not.toContain('begins with');
    const ips = (first: string): string =>
      service('s', `clusterIP: ${first}, clusterIPs: [172.20.9.8], ports: [{port: 80}]`);
    expect(problems(join(eks, ips('172.20.9.9')))).toContain(
      'Field "spec.clusterIP" is 172.20.9.9, and "spec.clusterIPs" begins with 172.20.9.8 (expected the same address in both)',
    );
    expect(problems(join(eks, ips('172.20.9.8')))).not.toContain('begins with');
    expect(problems(join(eks, ips('""')))).not.toContain('begins with');
  });
  test('a slice and a pod of two minds about what is ready', () => {
    const of = (conditions: string): string =>
      slice('n').replace('nodeName: n,', `nodeName: n, conditions: {${conditions}},`);
    const said = (ready: string, conditions: string): string =>
      problems(
        join(
          two,
          onN.replace('status: {', `status: {conditions: [{type: Ready, status: "${ready}"}], `),
          of(conditions),
        ),
      );
    const told = 'EndpointSlice "shop/s" says pod "shop/a" is not ready, and the pod says it is';
    expect(said('True', 'ready: false')).toContain(told);
    expect(said('False', 'ready: false')).not.toContain(told);
    expect(said('True', 'ready: true')).not.toContain(told);
    expect(said('True', 'ready: false, terminating: true')).not.toContain(told);
  });
  test('a pod on a node nobody gives is told by one name', () => {
    const read = load(join(eks, pod('a', '192.168.96.9', ', nodeName: gone')));
    const told = [...read.issues, ...settle(read.value).issues].filter(({ message }) => message.includes('"gone"'));
    expect(new Set(told.map(({ code, severity }) => `${severity} ${code}`))).toEqual(
      new Set(['warning unknown-reference']),
    );
  });
  test('a node whose label names another zone than its subnet has', () => {
    expect(problems(join(eks, node('n', '192.168.96.9')))).toMatch(
      /Node "n" has zone "us-east-1a" on its label, and is in subnet "[^"]*" of zone "eu-west-1[a-c]"/,
    );
  });
});

const VPCS = `apiVersion: packetwalk.dev/v1alpha1
kind: Network
spec:
  region: us-east-1
  clusterVpc: vpc-a
  vpcs:`;

test.each([
  ['10.0.0.0/16', true],
  ['10.0.128.0/20', true],
  ['10.1.0.0/16', false],
])('a peering with a VPC of %s', (block, refused) => {
  const text = `${VPCS}
    - { id: vpc-a, cidrs: [10.0.0.0/16], subnets: [{ id: s, cidr: 10.0.1.0/24, zone: us-east-1a, routeTable: r }], routeTables: [{ id: r, routes: [] }] }
    - { id: vpc-b, cidrs: [10.9.0.0/16, ${block}], subnets: [], routeTables: [] }
  peerings:
    - { id: pcx-1, requester: vpc-a, accepter: vpc-b }
`;
  const found = load(text).issues.filter(({ code }) => code === 'peered-cidrs-overlap');
  expect(lines(found)).toEqual(refused ? [expect.stringMatching(/in\.yaml:10:.*"vpc-a" and .*"vpc-b"/)] : []);
});

test.each([
  ['igw-b', `"igw-b" is VPC "vpc-b"'s`],
  ['nat-b', `"nat-b" is VPC "vpc-b"'s`],
  ['eni-b', `"eni-b" is VPC "vpc-b"'s`],
  ['pcx-b', `"pcx-b" joins "vpc-b" and "vpc-c"`],
  ['pcx-a', undefined],
  ['eni-a', undefined],
  ['eni-nobody-gives', undefined],
])('a route of vpc-a to %s', (target, said) => {
  const text = `${VPCS}
    - { id: vpc-a, cidrs: [10.0.0.0/16], subnets: [{ id: s, cidr: 10.0.1.0/24, zone: us-east-1a, routeTable: r }], routeTables: [{ id: r, routes: [{ destination: 9.9.9.0/24, target: ${target} }] }] }
    - { id: vpc-b, cidrs: [10.1.0.0/16], internetGateway: igw-b, subnets: [{ id: t, cidr: 10.1.1.0/24, zone: us-east-1a, routeTable: q }], routeTables: [{ id: q, routes: [] }], natGateways: [{ id: nat-b, subnet: t, privateIp: 10.1.1.9, publicIp: 198.51.100.9 }] }
    - { id: vpc-c, cidrs: [10.2.0.0/16], subnets: [], routeTables: [] }
  peerings:
    - { id: pcx-a, requester: vpc-b, accepter: vpc-a }
    - { id: pcx-b, requester: vpc-b, accepter: vpc-c }
---
apiVersion: packetwalk.dev/v1alpha1
kind: NodeNetwork
spec: { node: a, subnet: s, primaryIp: 10.0.1.4, enis: [{ id: eni-a, deviceIndex: 0, subnet: s, primaryIp: 10.0.1.4 }] }
---
apiVersion: packetwalk.dev/v1alpha1
kind: NodeNetwork
spec: { node: b, subnet: t, primaryIp: 10.1.1.4, enis: [{ id: eni-b, deviceIndex: 0, subnet: t, primaryIp: 10.1.1.4 }] }
`;
  const found = load(text).issues.filter(({ code }) => code === 'route-elsewhere' || code === 'unknown-reference');
  expect(lines(found)).toEqual(
    said === undefined
      ? []
      : [expect.stringContaining(`Route 9.9.9.0/24 of "r" is VPC "vpc-a"'s, and its target ${said}`)],
  );
});

test.each([
  ['10.0.1.0/24', 'nat-a', false],
  ['10.0.1.0/24', 'eni-x', false],
  ['10.0.1.0/24', 'blackhole', false],
  ['10.0.0.0/16', 'igw-a', false],
  ['10.0.0.0/8', 'igw-a', false],
  ['10.0.1.0/24', 'igw-a', true],
  ['10.0.1.0/25', 'nat-a', true],
  ['10.0.1.9/32', 'eni-x', true],
  ['10.0.200.0/24', 'vpce-x', false],
  ['10.0.200.0/24', 'igw-a', true],
  ['10.0.0.0/20', 'eni-x', true],
  ['10.0.0.0/16', 'local', false],
])('a route for %s in a VPC of 10.0.0.0/16, to %s', (destination, target, refused) => {
  const text = `${VPCS}
    - { id: vpc-a, cidrs: [10.0.0.0/16], internetGateway: igw-a, subnets: [{ id: s, cidr: 10.0.1.0/24, zone: us-east-1a, routeTable: r }], routeTables: [{ id: r, routes: [{ destination: ${destination}, target: ${target} }] }], natGateways: [{ id: nat-a, subnet: s, privateIp: 10.0.1.9, publicIp: 198.51.100.9 }] }
`;
  const found = load(text).issues.filter(
    ({ severity, message }) => severity === 'error' && message.startsWith('Route'),
  );
  expect(lines(found)).toEqual(
    refused ? [expect.stringContaining(`Route ${destination} of "r" is nearer than the VPC's local route`)] : [],
  );
});
