import { describe, expect, test } from 'vitest';
import { type Issue, showIssue } from '../base/index.ts';
import { loadCluster } from './index.ts';

const eks = `apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: {name: c, region: eu-west-1, version: "1.34"}
managedNodeGroups: [{name: ng, desiredCapacity: 2}]
`;

const node = (name: string, ip: string, extra = '') => `apiVersion: v1
kind: Node
metadata: {name: ${name}, labels: {node.kubernetes.io/instance-type: m5.large, topology.kubernetes.io/zone: us-east-1a${extra}}}
status: {addresses: [{type: InternalIP, address: ${ip}}]}
`;

const pod = (name: string, ip: string, more = '') => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: shop}
spec: {containers: [{name: c, image: i}]${more}}
status: {phase: Running, podIP: ${ip}}
`;

const service = (name: string, spec: string) => `apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: shop}
spec: {${spec}}
`;

const join = (...documents: readonly string[]): string => documents.join('---\n');

const load = (text: string) => loadCluster([{ path: 'in.yaml', text }], []);

const lines = (issues: readonly Issue[]): readonly string[] => issues.map(showIssue);
const problems = (text: string): string => lines(load(text).issues).join('\n');

describe('files that are no input', () => {
  test.each([
    ['empty', '', 'in.yaml: File is empty (expected YAML or JSON)'],
    ['blank', ' \n\n', 'in.yaml: File is empty (expected YAML or JSON)'],
    ['binary', 'a\u0000b', 'in.yaml: File is not text: it holds NUL bytes (expected YAML or JSON)'],
    ['no kind', 'a: 1\n', 'in.yaml:1:1: Document has no "kind" (expected a document with "apiVersion" and "kind")'],
    ['a list', '- 1\n- 2\n', 'in.yaml:1:1: Found a list where an object should be'],
    ['text', 'hello\n', 'in.yaml:1:1: Found the text "hello" where an object should be'],
    ['only comments', '# nothing\n', 'in.yaml: No cluster in the input'],
    ['only a Secret', 'apiVersion: v1\nkind: Secret\n', 'in.yaml: No cluster in the input'],
    ['no network', service('a', 'ports: [{port: 80}]'), 'The input has objects and no cluster to put them in'],
    ['bad YAML', `${eks}---\na: [1\nb: 2\n`, /in\.yaml:\d+:\d+: /],
    ['bad JSON', '{"apiVersion": "v1",\n "kind": }', /in\.yaml:[12]:\d+: /],
    ['duplicate key', 'apiVersion: v1\nkind: Pod\nkind: Pod\n', 'in.yaml:3:1: Key "kind" is given twice in one map'],
  ])('%s', (_, text, expected) => {
    expect(problems(text)).toMatch(expected);
  });
});

describe('hostile input is bounded', () => {
  test('an alias bomb', () => {
    const rows = ['a: &a [x,x,x,x,x,x,x,x,x,x]'];
    for (let i = 1; i < 10; i++) {
      const before = String.fromCharCode(96 + i);
      const name = String.fromCharCode(97 + i);
      rows.push(`${name}: &${name} [${Array(10).fill(`*${before}`).join(',')}]`);
    }
    expect(problems(rows.join('\n'))).toContain('Cannot expand the aliases');
  });

  test('an alias of itself', () => {
    expect(load('a: &a [*a, *a]\n').issues.length).toBeGreaterThan(0);
  });

  test.each([
    ['YAML flow', `a: ${'['.repeat(5000)}${']'.repeat(5000)}`],
    ['YAML block', '- '.repeat(3000)],
    ['JSON', `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`],
  ])('deep nesting: %s', (_, text) => {
    expect(problems(text)).toContain('nest deeper than');
  });

  test('prototype names are ordinary keys', () => {
    const json = `{"apiVersion":"v1","kind":"Node","metadata":{"name":"n","labels":{"__proto__":"x","constructor":"y","node.kubernetes.io/instance-type":"m5.large"}},"status":{"addresses":[{"type":"InternalIP","address":"10.0.0.4"}]}}`;
    const { value } = load(json);
    expect(Object.keys(value.nodes[0]?.metadata.labels ?? {})).toContain('__proto__');
    expect(value.nodes[0]?.metadata.labels.toString).toBeUndefined();
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
});

describe('wrong fields, each at its place, all at once', () => {
  test('eksctl: unknown fields are errors with a near miss', () => {
    const text = `${eks}vpc:\n  nat: {gateway: Singel}\n  cidrr: 10.0.0.0/16\nnodeGroups:\n  - name: a\n    privateNetworkin: true\n    desiredCapacity: two\n`;
    expect(lines(load(text).issues)).toEqual([
      'in.yaml:7:3: Unknown field "vpc.cidrr" (did you mean "cidr"?)',
      'in.yaml:6:18: Field "vpc.nat.gateway" is the text "Singel" (expected "Single", "HighlyAvailable", "Disable"; did you mean "Single"?)',
      'in.yaml:10:5: Unknown field "nodeGroups[0].privateNetworkin" (did you mean "privateNetworking"?)',
      'in.yaml:11:22: Field "nodeGroups[0].desiredCapacity" is the text "two" (expected a whole number)',
    ]);
  });

  test('Kubernetes: misspelt fields are warnings, real ones that we do not use pass', () => {
    const text = join(
      eks,
      service('a', 'externalTrafficPolcy: Local, ports: [{port: 80, targetPrt: 8080}]'),
      'apiVersion: v1\nkind: Pod\nmetadata: {name: p, managedFields: []}\nspec: {containers: [{name: c, image: i, securityContext: {}, imagePullPolicy: Always}], schedulerName: x, volumes: []}\n',
    );
    const { issues } = load(text);
    expect(lines(issues)).toEqual([
      'in.yaml:9:8: Unknown field "spec.externalTrafficPolcy" (did you mean "externalTrafficPolicy"?)',
      'in.yaml:9:56: Unknown field "spec.ports[0].targetPrt" (did you mean "targetPort"?)',
    ]);
    expect(issues.every((issue) => issue.severity === 'warning')).toBe(true);
  });

  test('positions in JSON lists', () => {
    const list = JSON.stringify(
      {
        apiVersion: 'v1',
        kind: 'PodList',
        items: [
          { metadata: { name: 'a' }, spec: { containers: [{ name: 'c', ports: [{ containerPort: 99999 }] }] } },
          { metadata: { name: 'b' }, spec: { containers: [{ name: 'c' }], dnsPolicy: 'Custerfirst' } },
        ],
      },
      null,
      1,
    );
    const row = (needle: string): number => list.slice(0, list.indexOf(needle)).split('\n').length;
    const { issues, value } = loadCluster(
      [
        { path: 'in.yaml', text: eks },
        { path: 'pods.json', text: list },
      ],
      [],
    );
    expect(value.pods.map((p) => p.metadata.name)).toEqual(['a', 'b']);
    expect(issues.map((issue) => [issue.at.file, issue.at.line])).toEqual([
      ['pods.json', row('99999')],
      ['pods.json', row('Custerfirst')],
    ]);
  });

  test.each([
    [
      'unknown kind',
      'apiVersion: x.io/v1\nkind: Servce\n',
      'Unknown kind "Servce" (x.io/v1) is left out (did you mean "Service"?)',
    ],
    [
      'wrong group',
      'apiVersion: apps/v1\nkind: Service\nmetadata: {name: a}\n',
      'Kind "Service" is not in apiVersion "apps/v1" (expected apiVersion "v1")',
    ],
    [
      'own kind',
      'apiVersion: packetwalk.dev/v1alpha1\nkind: Netwrk\n',
      'Unknown kind "Netwrk" of packetwalk.dev/v1alpha1 (did you mean "Network"?)',
    ],
    [
      'planned',
      'apiVersion: packetwalk.dev/v1alpha1\nkind: TransitGateway\n',
      'Kind "TransitGateway" is not modelled yet',
    ],
    [
      'own field',
      'apiVersion: packetwalk.dev/v1alpha1\nkind: Placement\nspec: {pod: a/b, devicIndex: 1}\n',
      'in.yaml:8:18: Unknown field "spec.devicIndex" (did you mean "deviceIndex"?)',
    ],
    [
      'own value',
      'apiVersion: packetwalk.dev/v1alpha1\nkind: Placement\nspec: {pod: a/b, ip: 10.0.0.256}\n',
      'in.yaml:8:22: Field "spec.ip" is the text "10.0.0.256" (expected an IP address',
    ],
    [
      'own missing',
      'apiVersion: packetwalk.dev/v1alpha1\nkind: Placement\nspec: {ip: 10.0.0.2}\n',
      'Field "spec.pod" is missing',
    ],
    ['two ClusterConfigs', eks, 'A second ClusterConfig: one input describes one cluster'],
    [
      'Fargate',
      'apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: {name: c, region: eu-west-1}\n',
      'A second ClusterConfig',
    ],
  ])('%s', (_, text, expected) => {
    expect(problems(join(eks, text))).toContain(expected);
  });
});

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

describe('our own Network', () => {
  const network = (routes: string, extra = '') => `apiVersion: packetwalk.dev/v1alpha1
kind: Network
spec:
  region: us-east-1
  clusterVpc: vpc-a
  vpcs:
    - id: vpc-a
      cidrs: [10.0.0.0/16]${extra}
      internetGateway: igw-a
      subnets: [{id: s, cidr: 10.0.0.0/24, zone: us-east-1a, routeTable: r}]
      routeTables: [{id: r, routes: [${routes}]}]
`;
  test('defaults', () => {
    const { value, issues } = load(network('{destination: 0.0.0.0/0, target: igw-a}'));
    expect(issues).toEqual([]);
    expect(value.network.vpcs[0]).toMatchObject({ dhcpDomain: 'ec2.internal', region: 'us-east-1', natGateways: [] });
    expect(value.serviceCidrs.map((block) => block.text)).toEqual(['172.20.0.0/16']);
  });

  test.each([
    [
      '{destination: 0.0.0.0/0, target: igw-b}',
      '',
      'Route 0.0.0.0/0 of "r" has the unknown target "igw-b" (did you mean "igw-a"?)',
    ],
    ['{destination: 10.0.0.0/8, target: tgw-1}', '', 'Transit gateways are not modelled yet'],
    ['', '\n      securityGroups: []', 'in.yaml:9:23: Field "spec.vpcs[0].securityGroups" is not modelled yet'],
    [
      '{destination: 0.0.0.0, targt: igw-a}',
      '',
      'Unknown field "spec.vpcs[0].routeTables[0].routes[0].targt" (did you mean "target"?)',
    ],
  ])('%s %s', (routes, extra, expected) => {
    expect(problems(network(routes, extra))).toContain(expected);
  });
});

describe('kubectl lists alone', () => {
  test('the VPC is taken from the addresses, and its routes are not known', () => {
    const text = join(node('ip-10-1-0-4.ec2.internal', '10.1.0.4'), pod('a', '100.64.3.9'));
    const { value, issues } = load(text);
    expect(issues).toEqual([]);
    expect(value.network.vpcs[0]?.cidrs.map((block) => block.text)).toEqual(['10.1.0.0/16', '100.64.0.0/16']);
    expect(value.network.vpcs[0]?.routeTables[0]?.routes[0]?.target).toBe('not-in-the-input');
    expect(value.assumptions[1]).toContain('no VPC in the input');
  });

  test('Endpoints become slices, unless the Service has slices', () => {
    const endpoints = (name: string) =>
      `apiVersion: v1\nkind: Endpoints\nmetadata: {name: ${name}, namespace: shop}\nsubsets: [{addresses: [{ip: 10.0.0.9}], notReadyAddresses: [{ip: 10.0.0.10}], ports: [{name: http, port: 8080}]}]\n`;
    const slice =
      'apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: b-x, namespace: shop, labels: {kubernetes.io/service-name: b}}\naddressType: IPv4\nendpoints: [{addresses: [10.0.0.11]}]\nports: [{port: 80}]\n';
    const { value } = load(join(eks, endpoints('a'), endpoints('b'), slice));
    expect(
      value.endpointSlices.map((s) => [s.serviceName, s.endpoints.map((e) => [e.addresses[0], e.conditions.ready])]),
    ).toEqual([
      ['b', [['10.0.0.11', undefined]]],
      [
        'a',
        [
          ['10.0.0.9', true],
          ['10.0.0.10', false],
        ],
      ],
    ]);
  });
});

test.each([
  ['10.0.0.0/16', true],
  ['10.0.128.0/20', true],
  ['10.1.0.0/16', false],
])('a peering with a VPC of %s', (block, refused) => {
  const text = `apiVersion: packetwalk.dev/v1alpha1
kind: Network
spec:
  region: us-east-1
  clusterVpc: vpc-a
  vpcs:
    - { id: vpc-a, cidrs: [10.0.0.0/16], subnets: [{ id: s, cidr: 10.0.1.0/24, zone: us-east-1a, routeTable: r }], routeTables: [{ id: r, routes: [] }] }
    - { id: vpc-b, cidrs: [10.9.0.0/16, ${block}], subnets: [], routeTables: [] }
  peerings:
    - { id: pcx-1, requester: vpc-a, accepter: vpc-b }
`;
  const found = load(text).issues.filter(({ code }) => code === 'peered-cidrs-overlap');
  expect(lines(found)).toEqual(refused ? [expect.stringMatching(/in\.yaml:10:.*"vpc-a" and .*"vpc-b"/)] : []);
});
