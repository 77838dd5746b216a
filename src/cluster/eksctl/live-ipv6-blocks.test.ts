import { expect, test } from 'vitest';
import { loadCluster } from '../load-cluster.ts';

const config = (vpc: string): string => `apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: { name: six, region: eu-west-1, version: "1.34" }
kubernetesNetworkConfig: { ipFamily: IPv6 }
iam: { withOIDC: true }
addons: [{ name: vpc-cni }, { name: kube-proxy }, { name: coredns }]
vpc: { ${vpc} }
managedNodeGroups:
  - { name: priv, privateNetworking: true }
  - { name: pub }
  - { name: two, privateNetworking: true, subnets: [c] }
`;
const A = 'a: { id: subnet-a, az: eu-west-1a, cidr: 192.168.0.0/19 }';
const B = 'b: { id: subnet-b, az: eu-west-1b, cidr: 192.168.32.0/19 }';
const C = 'c: { id: subnet-c, az: eu-west-1a, cidr: 192.168.64.0/19 }';
const P = 'p: { id: subnet-p, az: eu-west-1a, cidr: 192.168.96.0/19 }';
const ALONE = `id: vpc-1, subnets: { private: { ${A}, ${B} } }`;
const PUBLIC = `id: vpc-1, subnets: { private: { ${A} }, public: { ${P} } }`;
const BOTH = `id: vpc-1, subnets: { private: { ${A}, ${C} }, public: { ${P} } }`;

/** `ZONE /64 GROUP IPV4`: a node there. */
function node(text: string, i: number): string {
  const [zone, part, group = '-', four] = text.split(' ');
  return `apiVersion: v1
kind: Node
metadata:
  name: i-0${i}
  labels: { topology.kubernetes.io/zone: eu-west-1${zone}, node.kubernetes.io/instance-type: m5.large${group === '-' ? '' : `, eks.amazonaws.com/nodegroup: ${group}`} }
status: { addresses: [{ type: InternalIP, address: "2a05:d018:aaa:${part}::${i + 1}" }${four === undefined ? '' : `, { type: InternalIP, address: ${four} }`}] }
`;
}

/** The /64 of each subnet, `-` where another stands in for it; or what is wrong. */
function told(vpc: string, nodes: readonly string[]): string {
  const texts = [config(vpc), ...nodes.map(node)].map((text, i) => ({ path: `${i}.yaml`, text }));
  const { value, issues } = loadCluster(texts, []);
  const errors = issues.filter(({ severity }) => severity === 'error').map(({ message }) => message);
  if (errors.length > 0) return errors.join('\n');
  const [made] = value.network.vpcs;
  return (made?.subnets ?? [])
    .map(({ id, cidrs: [, six] }) => `${id.slice(7)} ${six?.text.startsWith('2001:') ? '-' : six?.text.split(':')[3]}`)
    .join(', ');
}

const UNTOLD = (what: string): string =>
  `Live nodes and pods are in ${what}, and which subnet of the existing VPC has which block cannot be told from them`;
const block = (part: string): string => `2a05:d018:aaa:${part}::/64`;

test.each([
  ['the only one of its zone', ALONE, ['a bb07', 'b bb01', 'a bb07'], 'a bb07, b bb01'],
  ['one where no node is has another block', ALONE, ['b bb01'], 'a -, b bb01'],
  ['the only one of its group there', PUBLIC, ['a bb07 priv', 'a bb03 pub'], 'p bb03, a bb07'],
  ['the one its group names', BOTH, ['a bb07 two'], 'p -, a -, c bb07'],
  ['the one its IPv4 address is in', BOTH, ['a bb07 - 192.168.1.9', 'a bb08 priv 192.168.65.9'], 'p -, a bb07, c bb08'],
  [
    'not one its IPv4 address is beside',
    ALONE,
    ['a bb07 - 192.168.200.9'],
    UNTOLD(`${block('bb07')} (none that is left)`),
  ],
  ['the one that others leave', BOTH, ['a bb07 two', 'a bb08 priv', 'a bb09'], 'p bb09, a bb08, c bb07'],
  ['two may be', BOTH, ['a bb07 priv'], UNTOLD(`${block('bb07')} (subnet-a or subnet-c)`)],
  ['two blocks, one subnet', ALONE, ['a bb07', 'a bb08'], UNTOLD(`${block('bb08')} (none that is left)`)],
  ['one block, two zones', ALONE, ['a bb07', 'b bb07'], UNTOLD(`${block('bb07')} (none that is left)`)],
  [
    'no subnet is given, and a group is',
    'id: vpc-1',
    ['a bb07 priv'],
    'public-eu-west-1a -, public-eu-west-1b -, public-eu-west-1c -, private-eu-west-1a bb07, private-eu-west-1b -, private-eu-west-1c -',
  ],
])('a live node tells the block of its subnet: %s', (_, vpc, nodes, want) => {
  expect(told(vpc, nodes)).toBe(want);
});

test('what a ClusterConfig cannot say beside a VPC that was there is the VPC block, and numbers no subnet of live nodes', () => {
  expect(told(`${ALONE}, ipv6Cidr: "2a05:d018:aaa:bb00::/56"`, ['a bb07'])).toBe('a bb07, b -');
  expect(told(`${BOTH}, ipv6Cidr: "2a05:d018:aaa:bb00::/56"`, [])).toBe('p bb00, a bb01, c bb02');
});
