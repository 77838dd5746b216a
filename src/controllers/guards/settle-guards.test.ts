import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Cluster, type GroupRuleSpec, loadCluster } from '../../cluster/index.ts';
import { settle } from '../settle.ts';

const BASE = readFileSync(new URL('../../../examples/four-ways-in/cluster.yaml', import.meta.url), 'utf8');
const NODES = ['node-51', 'node-71', 'node-91'];

const OWN = 'apiVersion: packetwalk.dev/v1alpha1';
const group = (rest: string): string => `${OWN}\nkind: SecurityGroup\nspec: { ${rest} }`;

interface Wanted {
  readonly services: readonly string[];
  /** Of every node's interfaces. */
  readonly worn?: string;
  readonly groups?: readonly string[];
  readonly rest?: readonly string[];
}

/** The cluster of examples/four-ways-in with groups described, its nodes in sg-node. */
function settled({ services, worn = '[sg-node]', groups = [], rest = [] }: Wanted) {
  const documents = [
    BASE,
    ...NODES.map((node) => `${OWN}\nkind: NodeNetwork\nspec: { node: ${node}, securityGroups: ${worn} }`),
    group('id: sg-node'),
    ...groups,
    ...services,
    ...rest,
  ];
  const loaded = loadCluster([{ path: 'cluster.yaml', text: documents.join('\n---\n') }], []);
  expect(loaded.issues.filter(({ severity }) => severity === 'error')).toEqual([]);
  const { value, issues } = settle(loaded.value);
  return { cluster: value, issues };
}

/** A Service `shop/NAME` of type LoadBalancer; annotations by what follows `aws-load-balancer-`. */
function service(name: string, annotations: Readonly<Record<string, string>>, ports: string, more = ''): string {
  const lines = Object.entries(annotations).map(
    ([key, value]) => `    service.beta.kubernetes.io/aws-load-balancer-${key}: "${value}"`,
  );
  return `apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: shop
  annotations:
${lines.join('\n')}
spec: { type: LoadBalancer, loadBalancerClass: service.k8s.aws/nlb, selector: { app: web }, ports: [${ports}]${more} }`;
}

const IP = { 'nlb-target-type': 'ip' };

function show({ protocol, ports, icmp, peer }: GroupRuleSpec): string {
  const of =
    ports === undefined ? (icmp === undefined ? '' : ` ${icmp.type}/${icmp.code}`) : ` ${ports.from}-${ports.to}`;
  return `${protocol}${of} ${peer.kind === 'cidr' ? peer.cidr.text : peer.id}`;
}

const rulesOf = ({ filters }: Cluster, id: string): readonly string[] | undefined =>
  filters.securityGroups.find((each) => each.id === id)?.ingress.map(show);

const SHARED = 'k8s-traffic-shop-8d9001d32c';

describe('a network load balancer of the AWS Load Balancer Controller', () => {
  test('wears a group of its own that lets everybody in to its ports, and the shared one', () => {
    const { cluster } = settled({ services: [service('web', IP, '{ port: 80, targetPort: 8080 }')] });
    const [own = '', shared] = cluster.loadBalancers[0]?.securityGroups ?? [];
    expect(shared).toBe(SHARED);
    expect(rulesOf(cluster, own)).toEqual(['tcp 80-80 0.0.0.0/0']);
    expect(rulesOf(cluster, SHARED)).toEqual([]);
    expect(rulesOf(cluster, 'sg-node')).toEqual([`tcp 8080-8080 ${SHARED}`]);
  });
  test('two of them share one range on the targets, and one group', () => {
    const services = [
      service('web', IP, '{ port: 80, targetPort: 8080 }'),
      service('admin', IP, '{ name: a, port: 9090 }, { name: d, port: 53, protocol: UDP }'),
    ];
    const { cluster } = settled({ services });
    expect(rulesOf(cluster, 'sg-node')?.toSorted()).toEqual([`tcp 53-9090 ${SHARED}`, `udp 53-53 ${SHARED}`]);
  });
  test('an instance is opened at its node port, and at the port that tells whether it has a pod', () => {
    const spec = ', externalTrafficPolicy: Local, healthCheckNodePort: 30100';
    const { cluster } = settled({ services: [service('web', {}, '{ port: 80, nodePort: 31000 }', spec)] });
    expect(rulesOf(cluster, 'sg-node')).toEqual([`tcp 30100-31000 ${SHARED}`]);
  });
  test('prefix lists alone take the place of everybody', () => {
    const { cluster } = settled({
      services: [service('web', { ...IP, 'security-group-prefix-lists': 'pl-a, pl-b' }, '{ port: 80 }')],
    });
    expect(rulesOf(cluster, cluster.loadBalancers[0]?.securityGroups[0] ?? '')).toEqual([
      'tcp 80-80 pl-a',
      'tcp 80-80 pl-b',
    ]);
  });
  test('lists that are named and none of them let nobody in', () => {
    const { cluster } = settled({
      services: [service('web', { ...IP, 'security-group-prefix-lists': '' }, '{ port: 80 }')],
    });
    expect(rulesOf(cluster, cluster.loadBalancers[0]?.securityGroups[0] ?? '')).toEqual([]);
  });
  test('messages of packets that are too big are let in where an annotation says so', () => {
    const { cluster } = settled({
      services: [service('web', { ...IP, 'enable-icmp-for-path-mtu-discovery': 'on' }, '{ port: 80 }')],
    });
    expect(rulesOf(cluster, cluster.loadBalancers[0]?.securityGroups[0] ?? '')).toEqual([
      'tcp 80-80 0.0.0.0/0',
      'icmp 3/4 0.0.0.0/0',
    ]);
  });
  test('groups that are named, by id or by their tag Name, are all it wears, and its targets stay as they are', () => {
    const { cluster } = settled({
      services: [service('web', { ...IP, 'security-groups': 'front, sg-b' }, '{ port: 80 }')],
      groups: [group('id: sg-a, tags: { Name: front }'), group('id: sg-b')],
    });
    expect(cluster.loadBalancers[0]?.securityGroups).toEqual(['sg-a', 'sg-b']);
    expect(rulesOf(cluster, 'sg-node')).toEqual([]);
    expect(rulesOf(cluster, SHARED)).toBeUndefined();
  });
  test('a group of the name it would give one is the one it made, with the rules it has', () => {
    const first = settled({ services: [service('web', IP, '{ port: 80, targetPort: 8080 }')] }).cluster;
    const [made = ''] = first.loadBalancers[0]?.securityGroups ?? [];
    const { cluster } = settled({
      services: [service('web', IP, '{ port: 80, targetPort: 8080 }')],
      groups: [
        group(`id: sg-live, name: ${made}, ingress: [{ protocol: tcp, ports: 80, from: 10.0.0.0/8 }]`),
        group(`id: sg-shared, name: ${SHARED}`),
      ],
    });
    expect(cluster.loadBalancers[0]?.securityGroups).toEqual(['sg-live', 'sg-shared']);
    expect(rulesOf(cluster, 'sg-live')).toEqual(['tcp 80-80 10.0.0.0/8']);
    expect(rulesOf(cluster, 'sg-node')).toEqual(['tcp 8080-8080 sg-shared']);
  });
});

describe('one without a group', () => {
  const NO_GROUP = { ...IP, 'disable-nlb-sg': 'true' };
  const KEPT = { ...NO_GROUP, 'target-group-attributes': 'preserve_client_ip.enabled=true' };
  for (const [what, annotations, more, rules] of [
    [
      'its own address: the subnets it stands in',
      NO_GROUP,
      '',
      ['tcp 8080-8080 10.0.1.0/24', 'tcp 8080-8080 10.0.2.0/24'],
    ],
    ['kept, internal: the VPC', KEPT, '', ['tcp 8080-8080 10.0.0.0/16']],
    ['kept, from the internet: everybody', { ...KEPT, scheme: 'internet-facing' }, '', ['tcp 8080-8080 0.0.0.0/0']],
    [
      'kept, from those listed: they, and health checks from its subnets',
      KEPT,
      ', loadBalancerSourceRanges: [192.0.2.0/24]',
      ['tcp 8080-8080 192.0.2.0/24', 'tcp 8080-8080 10.0.1.0/24', 'tcp 8080-8080 10.0.2.0/24'],
    ],
    ['told not to', { ...KEPT, 'manage-backend-security-group-rules': 'false' }, '', []],
  ] as const)
    test(what, () => {
      const { cluster } = settled({ services: [service('web', annotations, '{ port: 80, targetPort: 8080 }', more)] });
      expect(cluster.loadBalancers[0]?.securityGroups).toEqual([]);
      expect(rulesOf(cluster, 'sg-node')).toEqual(rules);
    });
});

describe('which group of a target is written into', () => {
  const services = [service('web', IP, '{ port: 80, targetPort: 8080 }')];
  const TAG = 'tags: { kubernetes.io/cluster/shop: owned }';
  test('the one with the tag of the cluster', () => {
    const { cluster } = settled({ services, worn: '[sg-node, sg-other]', groups: [group(`id: sg-other, ${TAG}`)] });
    expect(rulesOf(cluster, 'sg-other')).toEqual([`tcp 8080-8080 ${SHARED}`]);
    expect(rulesOf(cluster, 'sg-node')).toEqual([]);
  });
  test("EKS's own has it, described or not", () => {
    const { cluster } = settled({ services, worn: '[sg-node, eks-cluster-sg-shop]' });
    expect(rulesOf(cluster, 'eks-cluster-sg-shop')).toEqual(['all eks-cluster-sg-shop', `tcp 8080-8080 ${SHARED}`]);
  });
  for (const [what, groups, said] of [
    ['none has it', [group('id: sg-other')], 'none has the tag kubernetes.io/cluster/shop'],
    [
      'two have it',
      [group(`id: sg-other, ${TAG}`), group(`id: sg-third, ${TAG}`)],
      'sg-other and sg-third have the tag',
    ],
  ] as const)
    test(`${what}: nothing is written, nobody registered, and it is said`, () => {
      const worn = `[sg-node, ${groups.map((text) => /id: ([\w-]+)/.exec(text)?.[1]).join(', ')}]`;
      const { cluster, issues } = settled({ services, worn, groups });
      expect(cluster.targetGroups[0]).toMatchObject({ targets: [], unregistered: expect.stringContaining(said) });
      expect(issues.find(({ code }) => code === 'ambiguous-security-group')?.message).toContain(said);
      expect(rulesOf(cluster, 'sg-node')).toEqual([]);
    });
});

describe('an application load balancer', () => {
  const ingress = (annotations: Readonly<Record<string, string>>): string => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: front
  namespace: shop
  annotations: ${JSON.stringify({ 'kubernetes.io/ingress.class': 'alb', 'alb.ingress.kubernetes.io/target-type': 'ip', ...annotations })}
spec: { defaultBackend: { service: { name: web, port: { number: 80 } } } }`;
  const WEB = `apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }`;
  const rest = (key: string, value: string): readonly string[] => [
    WEB,
    ingress({
      'alb.ingress.kubernetes.io/listen-ports': '[{"HTTP": 80}, {"HTTP": 8081}]',
      [`alb.ingress.kubernetes.io/${key}`]: value,
    }),
  ];
  test('lets the blocks it is given in to every port it listens on; its targets let in the shared group', () => {
    const { cluster } = settled({ services: rest('inbound-cidrs', '192.0.2.0/24, 198.51.100.0/24') });
    const [own = '', shared] = cluster.loadBalancers[0]?.securityGroups ?? [];
    expect(rulesOf(cluster, own)).toEqual([
      'tcp 80-80 192.0.2.0/24',
      'tcp 80-80 198.51.100.0/24',
      'tcp 8081-8081 192.0.2.0/24',
      'tcp 8081-8081 198.51.100.0/24',
    ]);
    expect(shared).toBe(SHARED);
    expect(rulesOf(cluster, 'sg-node')).toEqual([`tcp 8080-8080 ${SHARED}`]);
  });
  test('with groups of somebody else it writes rules only where it is told to', () => {
    const named = settled({ services: rest('security-groups', 'sg-node') }).cluster;
    expect(named.loadBalancers[0]?.securityGroups).toEqual(['sg-node']);
    expect(rulesOf(named, 'sg-node')).toEqual([]);
  });
});

describe('the cloud controller manager', () => {
  test('opens the node ports of its nodes to clients, to health checks, and to messages about packets too big', () => {
    const { cluster } = settled({
      services: [
        service(
          'web',
          { type: 'nlb', internal: 'true' },
          '{ port: 80, nodePort: 31000 }',
          ', loadBalancerSourceRanges: [192.0.2.0/24]',
        ).replace('loadBalancerClass: service.k8s.aws/nlb, ', ''),
      ],
    });
    expect(cluster.loadBalancers[0]?.securityGroups).toEqual([]);
    expect(rulesOf(cluster, 'sg-node')).toEqual([
      'tcp 31000-31000 192.0.2.0/24',
      'tcp 31000-31000 10.0.1.0/24',
      'tcp 31000-31000 10.0.2.0/24',
      'icmp 3/4 192.0.2.0/24',
    ]);
  });
});

describe('a Classic Load Balancer', () => {
  const classic = (annotations: Readonly<Record<string, string>>): string =>
    service('web', annotations, '{ port: 80, nodePort: 31000 }', ', loadBalancerSourceRanges: [192.0.2.0/24]').replace(
      'loadBalancerClass: service.k8s.aws/nlb, ',
      '',
    );
  test('has a group of its own, and its nodes let in whatever it sends', () => {
    const { cluster } = settled({ services: [classic({})] });
    const [own = ''] = cluster.loadBalancers[0]?.securityGroups ?? [];
    expect(rulesOf(cluster, own)).toEqual(['tcp 80-80 192.0.2.0/24', 'icmp 3/4 192.0.2.0/24']);
    expect(rulesOf(cluster, 'sg-node')).toEqual([`all ${own}`]);
  });
  test('or those it is given, the first of which its nodes let in', () => {
    const given = { 'security-groups': 'sg-a', 'extra-security-groups': 'sg-b' };
    const { cluster } = settled({ services: [classic(given)], groups: [group('id: sg-a'), group('id: sg-b')] });
    expect(cluster.loadBalancers[0]?.securityGroups).toEqual(['sg-a', 'sg-b']);
    expect(rulesOf(cluster, 'sg-node')).toEqual(['all sg-a']);
  });
});

test('settling again writes nothing twice', () => {
  const { cluster } = settled({ services: [service('web', IP, '{ port: 80, targetPort: 8080 }')] });
  expect(settle(cluster).value).toEqual(cluster);
});

test('a micro-VM of Fargate wears the cluster security group where groups are described', () => {
  const { cluster } = settled({
    services: [],
    rest: [
      `${OWN}\nkind: FargateProfile\nmetadata: { name: fp }\nspec: { selectors: [{ namespace: batch }] }`,
      'apiVersion: v1\nkind: Namespace\nmetadata: { name: batch }',
      'apiVersion: v1\nkind: Pod\nmetadata: { name: job, namespace: batch }\nspec: { containers: [{ name: c, image: i }] }',
    ],
  });
  const vm = cluster.nodeSpecs.find(({ computeType }) => computeType === 'fargate');
  expect(vm?.enis[0]?.securityGroups).toEqual(['eks-cluster-sg-shop']);
});

describe('networking rules of a TargetGroupBinding', () => {
  const bound = (ports: string, rest = ''): readonly string[] => [
    'apiVersion: v1\nkind: Service\nmetadata: { name: web, namespace: shop }\nspec: { type: NodePort, selector: { app: web }, ports: [{ port: 80, targetPort: 8080, nodePort: 32237 }] }',
    `apiVersion: elbv2.k8s.aws/v1beta1
kind: TargetGroupBinding
metadata: { name: b, namespace: shop }
spec:
  targetGroupARN: "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/tg/0a"
  targetType: instance
  serviceRef: { name: web, port: 80 }
  ${rest === '' ? `networking: { ingress: [{ from: [{ securityGroup: { groupID: sg-alb } }, { ipBlock: { cidr: 10.9.0.0/16 } }], ports: [${ports}] }] }` : rest}`,
  ];
  const groups = [group('id: sg-alb'), group('id: sg-other')];

  test.each([
    ['all of a protocol', '{ protocol: TCP }', ['tcp 0-65535 sg-alb', 'tcp 0-65535 10.9.0.0/16']],
    ['a port', '{ port: 32237 }', ['tcp 32237-32237 sg-alb', 'tcp 32237-32237 10.9.0.0/16']],
    ['no ports, although all of TCP is meant', '', []],
    ['a name, which nodes have not', '{ port: http }', []],
  ])('%s', (_, ports, want) =>
    expect(rulesOf(settled({ services: bound(ports), groups }).cluster, 'sg-node')).toEqual(want),
  );
  test('without them groups are left alone', () =>
    expect(rulesOf(settled({ services: bound('', 'nodeSelector: {}'), groups }).cluster, 'sg-node')).toEqual([]));
  test('of two groups and no tag neither is written into', () => {
    const { cluster, issues } = settled({ services: bound('{ protocol: TCP }'), groups, worn: '[sg-node, sg-other]' });
    expect([rulesOf(cluster, 'sg-node'), rulesOf(cluster, 'sg-other')]).toEqual([[], []]);
    expect(issues.map(({ message }) => message)).toContainEqual(
      expect.stringContaining('Nothing is let in to the targets of TargetGroupBinding shop/b, and none is registered'),
    );
  });
});
