import { describe, expect, test } from 'vitest';
import { articleCluster, articleNode, testPod, withCni } from '../../../test/compile/test-cluster.ts';
import { invariant } from '../../base/index.ts';
import type { BranchEniSpec, Cluster } from '../../cluster/index.ts';
import { type Netns, printIpJsonLink, showLinks, showNeighbour, showRoute, showRule } from '../../linux/index.ts';
import { cidr, ip, mac } from '../../net/index.ts';
import { compileWorld } from '../compile-world.ts';
import { nodeNetns } from '../node/names.ts';

// What `ip rule`, `ip route`, `ip neigh` and `ip link` print of a branch interface: VLAN 7 of a trunk on device 3.

const TRUNK = 'eni-0000000000000007e';
const trunk = {
  id: TRUNK,
  deviceIndex: 3,
  subnet: 'private-a',
  primaryIp: ip('10.0.0.90'),
  addresses: [],
  prefixes: [],
  securityGroups: [],
  mac: mac('02:00:00:00:00:7e'),
  interfaceType: 'trunk',
} as const;
const branch: BranchEniSpec = {
  ...trunk,
  id: 'eni-0000000000000007b',
  primaryIp: ip('10.0.2.42'),
  mac: mac('02:00:00:00:00:7b'),
  interfaceType: 'interface',
  branch: { trunk: TRUNK, vlanId: 7, pod: 'default/sample-pod' },
};
const pod = testPod('default', 'sample-pod', articleNode.name, '10.0.2.42');

const clusterWith = (env: Record<string, string>, version = '1.22.1'): Cluster => ({
  ...withCni(articleCluster, version, { ENABLE_POD_ENI: 'true', ...env }),
  nodeSpecs: [{ ...articleNode, enis: [...articleNode.enis, trunk], branches: [branch] }],
  pods: [...articleCluster.pods, pod],
});

function nodeOf(cluster: Cluster): Netns {
  const { value, issues } = compileWorld(cluster);
  expect(issues.filter(({ severity }) => severity === 'error')).toEqual([]);
  const netns = value.netns.get(nodeNetns(articleNode.name));
  invariant(netns !== undefined, 'The node is compiled');
  return netns;
}

const STANDARD = { POD_SECURITY_GROUP_ENFORCING_MODE: 'standard' };
const rules = ({ rules: all }: Netns, family = 4): readonly string[] =>
  all.filter((rule) => rule.family === family).map((rule) => showRule(rule).replaceAll('\t', ' '));
const routes = ({ routes: all }: Netns, table: number, family = 4): readonly string[] =>
  all.filter((route) => route.table === table && route.family === family).map(showRoute);

describe('strict mode', () => {
  const node = nodeOf(clusterWith({}));
  test('two rules by device before the local table, none by address', () => {
    expect(rules(node)).toEqual([
      '10: from all iif vlan.eth.7 lookup 107',
      '10: from all iif vlancc21c2d7785 lookup 107',
      '20: from all lookup local',
      '512: from all to 10.0.1.51 lookup main',
      '512: from all to 10.0.1.60 lookup main',
      '1024: from all fwmark 0x80/0x80 lookup main',
      '1536: from 10.0.1.51 lookup 2',
      '32765: from 10.0.0.85 lookup 2',
      '32765: from 10.0.0.84 lookup 3',
      '32766: from all lookup main',
      '32767: from all lookup default',
    ]);
  });
  test("the branch's table has the pod; the trunk's has none, nor main", () => {
    const shown = (table: number) => routes(node, table).map((line) => line.replace(/ table \d+/, ''));
    expect(shown(107)).toEqual([
      'default via 10.0.0.1 dev vlan.eth.7',
      '10.0.0.1 dev vlan.eth.7 scope link',
      '10.0.2.42 dev vlancc21c2d7785 scope link',
    ]);
    expect(shown(4)).toEqual(['default via 10.0.0.1 dev ens8', '10.0.0.1 dev ens8 scope link']);
    expect(shown(254).filter((line) => line.includes('10.0.2.42'))).toEqual([]);
  });
  test('the VLAN is on the trunk, with the MAC of the branch and no address', () => {
    expect(showLinks(node.links)).toContain(
      'vlan.eth.7@ens8: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 9001 qdisc noqueue state UP mode DEFAULT group default qlen 1000\n    link/ether 02:00:00:00:00:7b brd ff:ff:ff:ff:ff:ff\n',
    );
    const json: unknown = JSON.parse(printIpJsonLink(node.links));
    expect(json).toContainEqual(
      expect.objectContaining({
        ifname: 'vlan.eth.7',
        link: 'ens8',
        linkinfo: { info_kind: 'vlan', info_data: { protocol: '802.1Q', id: 7, flags: ['REORDER_HDR'] } },
      }),
    );
    expect(node.addresses.filter(({ dev }) => dev.startsWith('vlan'))).toEqual([]);
    expect(node.addresses.filter(({ dev }) => dev === 'ens8').map(({ local }) => local)).toEqual(['10.0.0.90']);
  });
  test('the gateway is known on the VLAN, the pod behind its pair', () => {
    const known = node.neighbours.map(showNeighbour).filter((line) => line.includes('vlan'));
    expect(known).toEqual([
      expect.stringMatching(/^10\.0\.0\.1 dev vlan\.eth\.7 lladdr \S+ REACHABLE$/),
      expect.stringMatching(/^10\.0\.2\.42 dev vlancc21c2d7785 lladdr \S+ REACHABLE$/),
    ]);
  });
  test('settings of a device with dots in its name are found by it', () => {
    expect(node.sysctls.get('net.ipv4.conf.vlan/eth/7.rp_filter')).toBe(
      node.sysctls.get('net.ipv4.conf.ens6.rp_filter'),
    );
  });
});

describe('standard mode', () => {
  const node = nodeOf(clusterWith(STANDARD));
  test('rules by address, the local table where it was', () => {
    expect(rules(node).filter((line) => /10\.0\.2\.42|local|vlan/.test(line))).toEqual([
      '0: from all lookup local',
      '512: from all to 10.0.2.42 lookup main',
      '1536: from 10.0.2.42 lookup 107',
    ]);
  });
  test('main has the pod, under its ordinary name', () => {
    expect(routes(node, 254)).toContain('10.0.2.42 dev enicc21c2d7785 scope link');
    expect(routes(node, 107).map((line) => line.replace(/ table \d+/, ''))).toEqual([
      'default via 10.0.0.1 dev vlan.eth.7',
      '10.0.0.1 dev vlan.eth.7 scope link',
    ]);
  });
  test('before v1.11 there is none', () => {
    expect(rules(nodeOf(clusterWith(STANDARD, '1.10.4')))).toContain('10: from all iif vlan.eth.7 lookup 107');
  });
});

test('the fabric has trunk and branch, each by its own device', () => {
  const { fabric } = compileWorld(clusterWith({})).value;
  const shown = fabric.enis.filter(({ trunking }) => trunking !== undefined);
  expect(
    shown.map(({ id, trunking, attachment, addresses, sourceDestCheck }) => [
      id,
      trunking,
      attachment?.dev,
      addresses,
      sourceDestCheck,
    ]),
  ).toEqual([
    [TRUNK, { as: 'trunk' }, 'ens8', ['10.0.0.90'], true],
    [branch.id, { as: 'branch', trunk: TRUNK, vlanId: 7 }, 'vlan.eth.7', ['10.0.2.42'], true],
  ]);
});

describe('IPv6', () => {
  const own = (text: string) => ({ addresses: [ip(text)] });
  const [vpc] = articleCluster.network.vpcs;
  const withIpv6 = (env: Record<string, string>): Cluster => {
    const of = clusterWith(env);
    return {
      ...of,
      ipFamily: 'IPv6',
      network: {
        ...of.network,
        vpcs: of.network.vpcs.map((each) => ({
          ...each,
          cidrs: [...each.cidrs, cidr('2600:1f16::/56')],
          subnets: each.subnets.map((subnet) =>
            subnet.id === 'private-a' ? { ...subnet, cidrs: [...subnet.cidrs, cidr('2600:1f16::/64')] } : subnet,
          ),
        })),
      },
      nodeSpecs: [
        {
          ...articleNode,
          enis: [...articleNode.enis.slice(0, 1), { ...trunk, ...own('2600:1f16::7e') }],
          branches: [{ ...branch, ...own('2600:1f16::2a') }],
        },
      ],
      pods: [testPod('default', 'sample-pod', articleNode.name, '2600:1f16::2a')],
    };
  };
  test('strict: rules by device, and what the gateway asks of the node before them', () => {
    expect(vpc).toBeDefined();
    const node = nodeOf(withIpv6({}));
    expect(rules(node, 6).slice(0, 4)).toEqual([
      '0: from fe80:ec2::1 ipproto ipv6-icmp lookup local',
      '10: from all iif vlan.eth.7 lookup 107',
      '10: from all iif vlancc21c2d7785 lookup 107',
      '20: from all lookup local',
    ]);
    expect(routes(node, 107, 6).map((line) => line.replace(/ table \d+/, ''))).toEqual([
      'default via fe80:ec2::1 dev vlan.eth.7 metric 1024 pref medium',
      '2600:1f16::2a dev vlancc21c2d7785 metric 1024 pref medium',
      'fe80:ec2::1 dev vlan.eth.7 metric 1024 pref medium',
    ]);
    expect(node.neighbours.map(showNeighbour).join('\n')).toContain('fe80:ec2::1 dev vlan.eth.7');
  });
});
