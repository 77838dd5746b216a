import { describe, expect, test } from 'vitest';
import { eks, join, load, node, pod, problems } from '../../test/cluster/load.ts';

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
    [
      '{destination: 10.0.0.0/8, target: tgw-1}',
      '',
      '"tgw-1" is not described (kind TransitGateway): a packet that takes route 10.0.0.0/8',
    ],
    [
      '',
      '\n      securityGroups: []',
      'in.yaml:9:7: Unknown field "spec.vpcs[0].securityGroups" (expected documents of kind "SecurityGroup", each on its own)',
    ],
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
