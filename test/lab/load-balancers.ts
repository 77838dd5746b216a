import type { InputFile } from '../../src/load/index.ts';
import { loadWorld } from '../../src/load/index.ts';
import type { World } from '../../src/world/index.ts';

const LISTENS = [
  '{ port: 8080, protocol: tcp }',
  '{ port: 5353, protocol: tcp }',
  '{ port: 5353, protocol: udp }',
] as const;

/** Two zones, a server and its neighbour in each: clients and targets of everything below. */
const NETWORK = `apiVersion: packetwalk.dev/v1alpha1
kind: Network
spec:
  region: us-east-1
  clusterVpc: vpc-1
  vpcs:
    - id: vpc-1
      cidrs: [10.0.0.0/16, "2600:1f00::/56"]
      internetGateway: igw-1
      subnets:
        - { id: a, cidrs: [10.0.1.0/24, "2600:1f00:0:1::/64"], zone: us-east-1a, routeTable: t }
        - { id: b, cidrs: [10.0.2.0/24, "2600:1f00:0:2::/64"], zone: us-east-1b, routeTable: t }
        - { id: c, cidrs: [10.0.3.0/24, "2600:1f00:0:3::/64"], zone: us-east-1a, routeTable: t }
      routeTables: [{ id: t, routes: [{ destination: 0.0.0.0/0, target: igw-1 }, { destination: "::/0", target: igw-1 }] }]
`;

const server = (name: string, subnet: string, net: number, host: number, groups: string, more = ''): string => `---
apiVersion: packetwalk.dev/v1alpha1
kind: Server
metadata: { name: ${name} }
spec:
  kind: server
  subnet: ${subnet}
  addresses: [10.0.${net}.${host}, "2600:1f00:0:${net}::${host}"]
  listens: [${[...LISTENS, ...(more === '' ? [] : [more])].join(', ')}]
${groups}`;

const V4 = (port: number): string =>
  `targets: [{ address: 10.0.1.11, port: ${port} }, { address: 10.0.2.12, port: ${port} }]`;
const V6 = 'targets: [{ address: "2600:1f00:0:1::11", port: 8080 }, { address: "2600:1f00:0:2::12", port: 8080 }]';

interface Balancer {
  readonly name: string;
  readonly listeners: string;
  readonly group: string;
  readonly more?: string;
}

/** One load balancer for each way to be one. */
const BALANCERS: readonly Balancer[] = [
  { name: 'kept', listeners: 'TCP, port: 80', group: `preserveClientIp: true, ${V4(8080)}` },
  {
    name: 'kept-here',
    listeners: 'TCP, port: 80',
    group: `preserveClientIp: true, ${V4(8080)}`,
    more: 'crossZone: false',
  },
  { name: 'stands-in', listeners: 'TCP, port: 80', group: V4(8080) },
  { name: 'datagrams', listeners: 'UDP, port: 53', group: `protocol: UDP, ${V4(5353)}` },
  { name: 'both', listeners: 'TCP_UDP, port: 53', group: `protocol: TCP_UDP, ${V4(5353)}` },
  { name: 'sticky', listeners: 'TCP, port: 80', group: `stickiness: source_ip, ${V4(8080)}` },
  { name: 'one-is-out', listeners: 'TCP, port: 80', group: `healthCheck: { protocol: TCP, port: 9100 }, ${V4(8080)}` },
  { name: 'all-are-out', listeners: 'TCP, port: 80', group: `healthCheck: { protocol: TCP, port: 9200 }, ${V4(8080)}` },
  { name: 'six', listeners: 'TCP, port: 80', group: `preserveClientIp: true, ${V6}`, more: 'ipAddressType: dualstack' },
  // No internet gateway carries the one above, for it is internal.
  {
    name: 'six-open',
    listeners: 'TCP, port: 80',
    group: `preserveClientIp: true, ${V6}`,
    more: 'ipAddressType: dualstack\n  denyAllIgwTraffic: false',
  },
  {
    name: 'outward',
    listeners: 'TCP, port: 80',
    group: `preserveClientIp: true, ${V4(8080)}`,
    more: 'scheme: internet-facing',
  },
];

const balancer = ({ name, listeners, group, more = '' }: Balancer, groups: string): string => `---
apiVersion: packetwalk.dev/v1alpha1
kind: LoadBalancer
metadata: { name: ${name} }
spec:
  ${more.includes('crossZone') ? '' : 'crossZone: true'}
  subnets: [{ id: a }, { id: b }]
  listeners: [{ protocol: ${listeners}, targetGroup: g }]
  targetGroups: [{ name: g, targetType: ip, ${group} }]
${more === '' ? '' : `  ${more}\n`}${groups}`;

/** Targets let in their load balancers by group, and what they ask themselves by address; the neighbours anything. */
const GROUPS = `---
apiVersion: packetwalk.dev/v1alpha1
kind: SecurityGroup
metadata: { name: lb }
spec:
  id: sg-lb
  ingress: [{ protocol: all, from: [10.0.1.0/24, 10.0.3.0/24, 203.0.113.0/24, "::/0"] }]
  egress: [{ protocol: tcp, ports: [8080, 9100, 9200], to: sg-target }, { protocol: udp, ports: 5353, to: sg-target }]
---
apiVersion: packetwalk.dev/v1alpha1
kind: SecurityGroup
metadata: { name: target }
spec: { id: sg-target, ingress: [{ protocol: tcp, ports: 1024-65535, from: sg-lb }] }
---
apiVersion: packetwalk.dev/v1alpha1
kind: NetworkAcl
metadata: { name: b }
spec:
  id: acl-b
  subnets: [b]
  ingress: [{ ruleNumber: 100, protocol: tcp, ports: 1024-65535, cidr: 10.0.0.0/16, action: allow }, { ruleNumber: 110, protocol: tcp, ports: 80, cidr: 10.0.3.0/24, action: allow }]
  egress: [{ ruleNumber: 100, protocol: tcp, cidr: 10.0.0.0/16, action: allow }]
`;

/** Servers behind load balancers of every kind, with or without filters between them. */
export function balancedFiles(how: 'open' | 'filtered'): readonly InputFile[] {
  const wears = (group: string): string => (how === 'open' ? '' : `  securityGroups: [${group}]\n`);
  const text = [
    NETWORK,
    server('one', 'a', 1, 11, wears('sg-target'), '{ port: 9100, protocol: tcp }'),
    server('two', 'b', 2, 12, wears('sg-target')),
    server('near', 'a', 1, 9, ''),
    server('far', 'c', 3, 9, ''),
    ...BALANCERS.map((each) => balancer(each, wears('sg-lb'))),
    ...(how === 'open' ? [] : [GROUPS]),
  ].join('');
  return [{ path: `${how}.yaml`, text }];
}

export function balancedWorld(how: 'open' | 'filtered'): World {
  const { world, issues } = loadWorld(balancedFiles(how), []);
  if (world === undefined) throw new Error(issues.map(({ message, expected }) => `${message} ${expected}`).join('\n'));
  return world;
}
