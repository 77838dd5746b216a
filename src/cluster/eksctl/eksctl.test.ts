import { describe, expect, test } from 'vitest';
import { loadCluster } from '../index.ts';

const load = (region: string, rest = '') =>
  loadCluster(
    [
      {
        path: 'c.yaml',
        text: `apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: {name: c, region: ${region}}\n${rest}`,
      },
    ],
    [],
  );

function table(region: string, rest = ''): readonly string[] {
  const [vpc] = load(region, rest).value.network.vpcs;
  const targets = new Map(
    vpc?.routeTables.map((t) => [t.id, t.routes.map((r) => `${r.destination.text} ${r.target}`).join(', ')]),
  );
  return [
    ...(vpc?.subnets ?? []).map(
      (s) => `${s.id} ${s.cidrs.map((c) => c.text).join(' ')} ${s.zone} ${s.routeTable}: ${targets.get(s.routeTable)}`,
    ),
    ...(vpc?.natGateways ?? []).map((nat) => `${nat.id} in ${nat.subnet}`),
  ];
}

describe('the VPC eksctl makes', () => {
  test('three zones, /19 blocks, public first, one NAT gateway', () => {
    expect(table('eu-west-1')).toEqual([
      'subnet-public-eu-west-1a 192.168.0.0/19 eu-west-1a rtb-public: 0.0.0.0/0 igw-c',
      'subnet-public-eu-west-1b 192.168.32.0/19 eu-west-1b rtb-public: 0.0.0.0/0 igw-c',
      'subnet-public-eu-west-1c 192.168.64.0/19 eu-west-1c rtb-public: 0.0.0.0/0 igw-c',
      'subnet-private-eu-west-1a 192.168.96.0/19 eu-west-1a rtb-private-eu-west-1a: 0.0.0.0/0 nat-eu-west-1a',
      'subnet-private-eu-west-1b 192.168.128.0/19 eu-west-1b rtb-private-eu-west-1b: 0.0.0.0/0 nat-eu-west-1a',
      'subnet-private-eu-west-1c 192.168.160.0/19 eu-west-1c rtb-private-eu-west-1c: 0.0.0.0/0 nat-eu-west-1a',
      'nat-eu-west-1a in subnet-public-eu-west-1a',
    ]);
  });

  test('us-east-1 has two zones', () => {
    expect(table('us-east-1').map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'subnet-public-us-east-1a 192.168.0.0/19',
      'subnet-public-us-east-1b 192.168.32.0/19',
      'subnet-private-us-east-1a 192.168.64.0/19',
      'subnet-private-us-east-1b 192.168.96.0/19',
      'nat-us-east-1a in',
    ]);
  });

  test('five zones take /20 blocks', () => {
    const zones =
      'availabilityZones: [us-west-2a, us-west-2b, us-west-2c, us-west-2d, us-west-2e]\nvpc: {cidr: 10.7.0.0/16}\n';
    expect(table('us-west-2', zones)[5]).toContain('subnet-private-us-west-2a 10.7.80.0/20');
  });

  test('nat.gateway', () => {
    const highly = table('eu-west-1', 'vpc: {nat: {gateway: HighlyAvailable}}\n');
    expect(highly[4]).toContain('nat-eu-west-1b');
    expect(highly).toHaveLength(9);
    expect(table('eu-west-1', 'vpc: {nat: {gateway: Disable}}\n')[3]).toBe(
      'subnet-private-eu-west-1a 192.168.96.0/19 eu-west-1a rtb-private-eu-west-1a: ',
    );
  });

  test('given subnets keep their ids', () => {
    const given =
      'vpc:\n  id: vpc-1\n  cidr: 10.0.0.0/16\n  subnets:\n    public: {eu-west-1a: {id: subnet-p, cidr: 10.0.1.0/24}}\n    private: {one: {az: eu-west-1a, id: subnet-q, cidr: 10.0.2.0/24}}\n';
    expect(table('eu-west-1', given)).toEqual([
      'subnet-p 10.0.1.0/24 eu-west-1a rtb-public: 0.0.0.0/0 not-in-the-input, ::/0 not-in-the-input',
      'subnet-q 10.0.2.0/24 eu-west-1a rtb-private-one: 0.0.0.0/0 not-in-the-input, ::/0 not-in-the-input',
    ]);
  });

  test('subnets of another block than the default one ask for vpc.cidr, and for nothing else', () => {
    const { issues } = load(
      'eu-west-1',
      'vpc:\n  id: vpc-1\n  subnets:\n    private:\n      eu-west-1a: {id: subnet-q, cidr: 10.0.2.0/24}\n      eu-west-1b: {id: subnet-r, cidr: 10.0.3.0/24}\n',
    );
    expect(issues.filter(({ severity }) => severity === 'error')).toEqual([
      expect.objectContaining({ code: 'missing-field', message: expect.stringContaining('"vpc.cidr"') }),
    ]);
    expect(issues[0]?.message).not.toContain('192.168');
  });

  test('IPv6: a /64 for every subnet, egress-only from private ones', () => {
    const rows = table('eu-west-1', 'kubernetesNetworkConfig: {ipFamily: IPv6}\n');
    expect(rows[1]).toContain('192.168.32.0/19 2001:db8:0:1201::/64');
    expect(rows[3]).toContain('::/0 eigw-c');
  });

  const six = 'kubernetesNetworkConfig: {ipFamily: IPv6}\n';
  const node = (name: string, ...addresses: readonly string[]): string =>
    `---\napiVersion: v1\nkind: Node\nmetadata: {name: ${name}, labels: {node.kubernetes.io/instance-type: m5.large}}\nstatus: {addresses: [${addresses.map((each) => `{type: InternalIP, address: "${each}"}`).join(', ')}]}\n`;
  const pod = (name: string, address: string): string =>
    `---\napiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec: {containers: [{name: a}]}\nstatus: {podIP: "${address}"}\n`;

  test.each([
    [
      'the block of the live nodes',
      node('a', '2600:1f14:1:2203::5') + node('b', '2600:1f14:1:22ff::5'),
      '2600:1f14:1:2201',
    ],
    ['a node of IPv4 besides', node('a', '2600:1f14:1:2203::5') + node('b', '192.168.32.5'), '2600:1f14:1:2201'],
    ['pods in it', node('a', '2600:1f14:1:2203::5') + pod('p', '2600:1f14:1:2203:1::2'), '2600:1f14:1:2201'],
    ['pods of an overlay', node('a', '2600:1f14:1:2203::5') + pod('p', 'fd00:10::2'), '2600:1f14:1:2201'],
    ['pods alone', pod('p', '2600:1f14:1:2203:1::2'), '2600:1f14:1:2201'],
    ['nodes of IPv4 alone', node('b', '192.168.32.5'), '2001:db8:0:1201'],
    ['live nodes that have what stands in', node('a', '2001:db8:0:1203::5'), '2001:db8:0:1201'],
  ])('IPv6: %s', (_, live, want) => expect(table('eu-west-1', six + live)[1]).toContain(` ${want}::/64 `));

  test('IPv6: what is given counts, whatever nodes have', () => {
    const rows = table(
      'eu-west-1',
      `${six}vpc: {ipv6Cidr: "2600:1f14:9:100::/56"}\n${node('a', '2600:1f14:1:2203::5')}`,
    );
    expect(rows[1]).toContain(' 2600:1f14:9:101::/64 ');
  });

  test('IPv6: only a block that is made up stands in for another', () => {
    const standInOf = (live: string): unknown =>
      load('eu-west-1', six + live).value.network.vpcs[0]?.standIn?.block.text;
    expect(standInOf('')).toBe('2001:db8:0:1200::/56');
    expect(standInOf(node('a', '2600:1f14:1:2203::5'))).toBeUndefined();
  });
});

describe('nodes', () => {
  test('defaults: two m5.large in public subnets', () => {
    const { value, issues } = load('us-east-1', 'managedNodeGroups: [{name: ng}]\n');
    expect(issues).toEqual([]);
    expect(value.nodeSpecs.map((n) => [n.name, n.instanceType, n.subnet, n.os, n.nodeGroup])).toEqual([
      ['ip-192-168-0-10.ec2.internal', 'm5.large', 'subnet-public-us-east-1a', 'AmazonLinux2023', 'ng'],
      ['ip-192-168-32-10.ec2.internal', 'm5.large', 'subnet-public-us-east-1b', 'AmazonLinux2023', 'ng'],
    ]);
  });

  test('privateNetworking, zones, taints, labels', () => {
    const group =
      '{name: ng, privateNetworking: true, minSize: 3, availabilityZones: [eu-west-1b], maxPodsPerNode: 17, labels: {a: b}, taints: [{key: k, effect: NoExecute}]}';
    const { value } = load('eu-west-1', `nodeGroups: [${group}]\n`);
    expect(value.nodeSpecs.map((n) => n.name)).toEqual(
      ['ip-192-168-128-10', 'ip-192-168-128-11', 'ip-192-168-128-12'].map((n) => `${n}.eu-west-1.compute.internal`),
    );
    expect(value.nodeSpecs[0]).toMatchObject({
      maxPods: 17,
      labels: { a: 'b', 'alpha.eksctl.io/nodegroup-name': 'ng' },
      taints: [{ key: 'k', value: '', effect: 'NoExecute' }],
    });
  });

  test('live nodes decide, the group lends its settings', () => {
    const live =
      '---\napiVersion: v1\nkind: Node\nmetadata: {name: real, labels: {alpha.eksctl.io/nodegroup-name: ng}}\nstatus: {addresses: [{type: InternalIP, address: 192.168.40.7}]}\n';
    const { value } = load(
      'us-east-1',
      `managedNodeGroups: [{name: ng, instanceType: c5.large, amiFamily: Bottlerocket}]\n${live}`,
    );
    expect(value.nodeSpecs.map((n) => [n.name, n.instanceType, n.subnet, n.os, n.primaryIp])).toEqual([
      ['real', 'c5.large', 'subnet-public-us-east-1b', 'Bottlerocket', '192.168.40.7'],
    ]);
  });

  test.each([
    ['192.168.0.0/16', '10.100.0.0/16'],
    ['10.3.0.0/16', '172.20.0.0/16'],
  ])('service CIDR of VPC %s', (vpc, expected) => {
    expect(load('eu-west-1', `vpc: {cidr: ${vpc}}\n`).value.serviceCidrs.map((c) => c.text)).toEqual([expected]);
  });
});

describe('the endpoint eksctl makes', () => {
  for (const [what, rest, want] of [
    ['public, for everybody', '', { public: true, private: false, publicAccessCidrs: ['0.0.0.0/0'] }],
    [
      'as it is asked for',
      'vpc: {clusterEndpoints: {publicAccess: true, privateAccess: true}, publicAccessCIDRs: [192.0.2.0/24, 203.0.113.7/32]}',
      { public: true, private: true, publicAccessCidrs: ['192.0.2.0/24', '203.0.113.7/32'] },
    ],
    [
      'private in a fully private cluster',
      'privateCluster: {enabled: true}',
      { public: false, private: true, publicAccessCidrs: ['0.0.0.0/0'] },
    ],
  ] as const)
    test(what, () => {
      const { endpoint } = load('eu-west-1', `${rest}\n`).value;
      const { public: isPublic, private: isPrivate, publicAccessCidrs } = endpoint;
      const texts = publicAccessCidrs.map(({ text }) => text);
      expect({ public: isPublic, private: isPrivate, publicAccessCidrs: texts }).toEqual(want);
    });
});
