import { describe, expect, test } from 'vitest';
import { CLASS, only, PORT, settled, type Wanted } from '../../../test/controllers/service-load-balancer.ts';
import { settle } from '../settle.ts';

describe('who makes the load balancer, and which', () => {
  const STATUS =
    'status: { loadBalancer: { ingress: [{ hostname: k8s-shop-web-1234567890-0123456789abcdef.elb.us-east-1.amazonaws.com }] } }';
  const CONTROLLER = `---
apiVersion: apps/v1
kind: Deployment
metadata: { name: aws-load-balancer-controller, namespace: kube-system }
spec: { replicas: 0, selector: { matchLabels: { a: b } }, template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: c, image: i }] } } }
`;
  for (const [what, wanted, made] of [
    ['the class names it', {}, 'aws-load-balancer-controller network internal instance'],
    [
      'type nlb-ip',
      { spec: PORT, annotations: { type: 'nlb-ip' } },
      'aws-load-balancer-controller network internal ip',
    ],
    [
      'type external and a target type',
      { spec: PORT, annotations: { type: 'external', 'nlb-target-type': 'ip' } },
      'aws-load-balancer-controller network internal ip',
    ],
    [
      'type nlb-ip, whatever target type is asked for',
      { annotations: { type: 'nlb-ip', 'nlb-target-type': 'instance' } },
      'aws-load-balancer-controller network internal ip',
    ],
    [
      'a type the cloud controller manager does not know',
      { spec: PORT, annotations: { type: 'nbl' } },
      'cloud-controller-manager classic internet-facing instance',
    ],
    [
      "type external and a target type nobody knows is nobody's",
      { spec: PORT, annotations: { type: 'external', 'nlb-target-type': 'nlb-ip' } },
      '',
    ],
    ["type external alone is nobody's", { spec: PORT, annotations: { type: 'external' } }, ''],
    ["another class is nobody's here", { spec: `loadBalancerClass: eks.amazonaws.com/nlb, ${PORT}` }, ''],
    ['nothing said', { spec: PORT }, 'cloud-controller-manager classic internet-facing instance'],
    [
      'type nlb',
      { spec: PORT, annotations: { type: 'nlb' } },
      'cloud-controller-manager network internet-facing instance',
    ],
    [
      'type nlb, internal',
      { spec: PORT, annotations: { type: 'nlb', internal: 'true' } },
      'cloud-controller-manager network internal instance',
    ],
    [
      'a new Service where the controller runs',
      { spec: PORT, rest: CONTROLLER },
      'aws-load-balancer-controller network internal instance',
    ],
    [
      'a live one is left to who made it',
      { spec: PORT, rest: `${STATUS}\n${CONTROLLER}` },
      'cloud-controller-manager classic internet-facing instance',
    ],
    [
      'an address and no name is not of AWS',
      { spec: PORT, rest: 'status: { loadBalancer: { ingress: [{ ip: 192.0.2.1 }] } }' },
      '',
    ],
  ] as const)
    test(what, () => {
      const { cluster } = settled(wanted);
      const [balancer] = cluster.loadBalancers;
      const told =
        balancer && `${balancer.by} ${balancer.type} ${balancer.scheme} ${cluster.targetGroups[0]?.targetType}`;
      expect(told ?? '').toBe(made);
    });

  test('a live name wins, and tells the name of the load balancer', () => {
    const { balancer } = only({ rest: STATUS });
    expect(balancer.id).toBe('k8s-shop-web-1234567890');
    expect(balancer.dnsName).toBe('k8s-shop-web-1234567890-0123456789abcdef.elb.us-east-1.amazonaws.com');
  });
});

describe('where it stands', () => {
  const subnets = (wanted: Wanted): string =>
    only(wanted)
      .balancer.subnets.map(({ id }) => id)
      .join(' ');
  const PUBLIC = { annotations: { scheme: 'internet-facing' } };
  test('one subnet a zone by role tag', () => expect(subnets({})).toBe('private-a private-b'));
  test('internet-facing by the other tag', () => expect(subnets(PUBLIC)).toBe('public-a public-b'));
  test('without any tag, by the route to an internet gateway', () =>
    expect(subnets({ ...PUBLIC, base: [['kubernetes.io/role/elb', 'x']] })).toBe('public-a public-b'));
  test('one tag anywhere, and the others do not count', () =>
    expect(
      subnets({
        ...PUBLIC,
        base: [
          [
            'public-b, cidr: 10.0.102.0/24, zone: us-east-1b, routeTable: public, tags: { kubernetes.io/role/elb',
            'public-b, cidr: 10.0.102.0/24, zone: us-east-1b, routeTable: public, tags: { x',
          ],
        ],
      }),
    ).toBe('public-a'));
  test('not in a subnet of another cluster', () =>
    expect(
      subnets({
        base: [
          [
            'private-b, cidr: 10.0.2.0/24, zone: us-east-1b, routeTable: private, tags: { ',
            'private-b, cidr: 10.0.2.0/24, zone: us-east-1b, routeTable: private, tags: { kubernetes.io/cluster/other: owned, ',
          ],
        ],
      }),
    ).toBe('private-a'));
  test('by name, with given addresses in their subnets', () =>
    expect(
      only({ annotations: { subnets: 'private-b', 'private-ipv4-addresses': '10.0.2.9' } }).balancer.subnets,
    ).toEqual([{ id: 'private-b', privateIp: '10.0.2.9' }]));
  test('nowhere: said, and none is made', () => {
    const { cluster, issues } = settled({
      ...PUBLIC,
      base: [
        ['role/elb', 'x'],
        ['target: igw-shop', 'target: nat-a'],
      ],
    });
    expect(cluster.loadBalancers).toEqual([]);
    expect(issues.map(({ code }) => code)).toContain('load-balancer-without-subnet');
  });
});

describe('target groups', () => {
  const preserved = (wanted: Wanted): boolean => only(wanted).group.preserveClientIp;
  const IP = { 'nlb-target-type': 'ip' };
  const ON = { 'target-group-attributes': 'preserve_client_ip.enabled=true' };
  const OFF = { 'target-group-attributes': 'preserve_client_ip.enabled=false' };
  const UDP = `${CLASS}, ports: [{ port: 80, targetPort: 8080, protocol: UDP }]`;
  for (const [what, wanted, kept] of [
    ['instances keep the client of TCP', {}, true],
    ['and can be told not to', { annotations: OFF }, false],
    ['addresses do not', { annotations: IP }, false],
    ['and can be told to', { annotations: { ...IP, ...ON } }, true],
    ['addresses keep that of UDP', { spec: UDP, annotations: IP }, true],
    ['whatever they are told', { spec: UDP, annotations: { ...IP, ...OFF } }, true],
    [
      'what is said of the port wins',
      { annotations: { ...OFF, 'target-group-attributes.80': 'preserve_client_ip.enabled=true' } },
      true,
    ],
  ] as const)
    test(what, () => expect(preserved(wanted)).toBe(kept));

  test('nodes that are ready and not excluded are targets, at the node port', () => {
    const { group, cluster } = only({
      base: [
        [
          'metadata: { name: node-51, labels: { ',
          'metadata: { name: node-51, labels: { node.kubernetes.io/exclude-from-external-load-balancers: "true", ',
        ],
      ],
    });
    const nodePort = cluster.services.find(({ metadata }) => metadata.name === 'web')?.spec.ports[0]?.nodePort;
    expect(group.targets).toEqual([
      { id: 'i-0000000000000071', ip: '10.0.1.71', port: nodePort, zone: 'us-east-1a' },
      { id: 'i-0000000000000091', ip: '10.0.2.91', port: nodePort, zone: 'us-east-1b' },
    ]);
  });
  test('ready pods are targets, at their own port', () => {
    const NOT_READY = [
      'status: { phase: Running, podIP: 10.0.2.191 }',
      'status: { phase: Running, podIP: 10.0.2.191, conditions: [{ type: Ready, status: "False" }] }',
    ] as const;
    expect(only({ annotations: IP, base: [NOT_READY] }).group.targets).toEqual([
      { id: '10.0.1.171', ip: '10.0.1.171', port: 8080, zone: 'us-east-1a' },
    ]);
  });
  test('a Local policy is checked at kube-proxy, of nodes only', () => {
    const local = `externalTrafficPolicy: Local, healthCheckNodePort: 30999, ${CLASS}, ${PORT}`;
    expect(only({ spec: local }).group.healthCheck).toEqual({
      protocol: 'HTTP',
      port: 30999,
      path: '/healthz',
      matcher: '200-399',
    });
    expect(only({ spec: local, annotations: IP }).group.healthCheck).toEqual({
      protocol: 'TCP',
      port: 'traffic-port',
      path: '',
      matcher: '',
    });
  });
  test('a certificate makes TLS of the ports it names', () => {
    const spec = `${CLASS}, ports: [{ name: https, port: 443, targetPort: 8080 }, { name: http, port: 80, targetPort: 8080 }]`;
    const { balancer } = only({ spec, annotations: { 'ssl-cert': 'arn:1', 'ssl-ports': 'https' } });
    expect(balancer.listeners.map(({ protocol, port }) => `${protocol} ${port}`)).toEqual(['TLS 443', 'TCP 80']);
  });
  test('TCP and UDP on one port are one listener where asked for, else the second is not made', () => {
    const spec = `${CLASS}, ports: [{ name: t, port: 53, targetPort: 53 }, { name: u, port: 53, targetPort: 53, protocol: UDP }]`;
    const both = only({ spec, annotations: { 'enable-tcp-udp-listener': 'true' } });
    expect(both.balancer.listeners.map(({ protocol }) => protocol)).toEqual(['TCP_UDP']);
    const { cluster, issues } = settled({ spec });
    expect(cluster.loadBalancers[0]?.listeners.map(({ protocol }) => protocol)).toEqual(['TCP']);
    expect(issues.map(({ code }) => code)).toContain('listener-not-made');
  });
  for (const order of [
    ['TCP', 'UDP'],
    ['UDP', 'TCP'],
  ])
    test(`${order.join(' and ')} on one port are no TLS listener, whatever the certificate`, () => {
      const ports = order.map(
        (protocol) => `{ name: ${protocol.toLowerCase()}, port: 443, targetPort: 443, protocol: ${protocol} }`,
      );
      const annotations = {
        'ssl-cert': 'arn:1',
        'backend-protocol': 'ssl',
        'nlb-target-type': 'ip',
        'enable-tcp-udp-listener': 'true',
      };
      const { balancer, group, cluster } = only({ spec: `${CLASS}, ports: [${ports.join(', ')}]`, annotations });
      expect(balancer.listeners.map(({ protocol }) => protocol)).toEqual(['TCP_UDP']);
      expect(cluster.targetGroups).toHaveLength(1);
      expect(group).toMatchObject({ protocol: 'TCP_UDP', preserveClientIp: true });
    });
});

describe('what is wrong is said where it stands', () => {
  const problems = (wanted: Wanted) => settled(wanted).issues.filter(({ code }) => /annotation/.test(code));
  test('a value its controller refuses', () => {
    const [issue, ...more] = problems({ annotations: { scheme: 'internet-facin' } });
    expect(more).toEqual([]);
    expect(issue).toMatchObject({
      severity: 'warning',
      at: { file: 'service.yaml', line: 7 },
      hint: 'did you mean "internet-facing"?',
    });
  });
  test('an annotation nobody knows', () => {
    const [issue] = problems({ annotations: { 'nlb-target-typ': 'ip' } });
    expect(issue).toMatchObject({
      severity: 'warning',
      hint: 'did you mean "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type"?',
    });
  });
  test('once, however many ports there are', () => {
    const spec = `${CLASS}, ports: [{ name: a, port: 80, targetPort: 8080 }, { name: b, port: 81, targetPort: 8080 }]`;
    expect(
      problems({ spec, annotations: { 'target-group-attributes': 'preserve_client_ip.enabled=yes' } }),
    ).toHaveLength(1);
  });
  test('names, tags and logs pass without a word', () =>
    expect(
      problems({
        annotations: { 'additional-resource-tags': 'a=b', 'access-log-enabled': 'true', 'alpn-policy': 'None' },
      }),
    ).toEqual([]));
});

describe('listeners of a Classic Load Balancer', () => {
  const CERT = { 'ssl-cert': 'arn:aws:acm:x' };
  const shown = (annotations: Readonly<Record<string, string>>, spec = PORT): readonly string[] => {
    const { balancer, cluster } = only({ spec, annotations });
    return balancer.listeners.map(({ protocol, port, idleTimeout }, i) => {
      const { healthCheck, protocol: behind } = cluster.targetGroups[i] ?? {};
      return `${protocol} ${port} → ${behind}, check ${healthCheck?.protocol} ${healthCheck?.port}, ${idleTimeout} s`;
    });
  };
  for (const [what, annotations, want] of [
    ['TCP', {}, 'TCP 80 → TCP'],
    ['HTTP where the backend speaks it', { 'backend-protocol': 'http' }, 'HTTP 80 → HTTP'],
    ['TLS with a certificate', CERT, 'TLS 80 → TCP'],
    ['HTTPS before HTTP', { ...CERT, 'backend-protocol': 'http' }, 'HTTPS 80 → HTTP'],
    ['HTTPS before HTTPS', { ...CERT, 'backend-protocol': 'https' }, 'HTTPS 80 → HTTPS'],
    ['TLS before TLS', { ...CERT, 'backend-protocol': 'ssl' }, 'TLS 80 → TLS'],
    ['no certificate where none is named', { 'ssl-cert': '' }, 'TCP 80 → TCP'],
    ['a certificate for another port', { ...CERT, 'ssl-ports': '443' }, 'TCP 80 → TCP'],
  ] as const)
    test(what, () => expect(shown(annotations)[0]?.split(',')[0]).toBe(want));
  test('one check for all of them, of the first port', () =>
    expect(
      shown(
        { 'connection-idle-timeout': '300' },
        'ports: [{ name: a, port: 80, nodePort: 31000 }, { name: b, port: 81, nodePort: 31001 }]',
      ),
    ).toEqual(['TCP 80 → TCP, check TCP 31000, 300 s', 'TCP 81 → TCP, check TCP 31000, 300 s']));
});

test('settling again makes the same', () => {
  const { cluster } = settled({});
  expect(settle(cluster).value).toEqual(cluster);
});

test('the annotation for cross-zone load balancing wins over the attribute', () => {
  const both = { 'cross-zone-load-balancing-enabled': 'false', attributes: 'load_balancing.cross_zone.enabled=true' };
  expect(only({ annotations: both }).balancer.crossZone).toBe(false);
  expect(only({ annotations: { attributes: both.attributes } }).balancer.crossZone).toBe(true);
});
