import { describe, expect } from 'vitest';
import { invariant } from '../../src/base/index.ts';
import type { Cluster } from '../../src/cluster/index.ts';
import { compileWorld } from '../../src/compile/index.ts';
import { nodeNetns, podNetns } from '../../src/compile/node/names.ts';
import {
  type Netns,
  printIptablesSave,
  printNftTables,
  type Route,
  showNeighbours,
  showRoute,
  showRoutes,
  showRule,
  showRules,
} from '../../src/linux/index.ts';
import {
  articleCluster,
  articleNode,
  testService,
  testSlice,
  toolboxA,
  withCni,
  withOs,
} from '../compile/test-cluster.ts';
import { inNetns, kernelTest } from './kernel.ts';

// A compiled node and pod are loaded into a real namespace, and what the kernel then says must be the compiled text.
// Interfaces are veth pairs under the compiled names, MACs and indexes.

function compiled(cluster: Cluster, id: Netns['id']): Netns {
  const netns = compileWorld(cluster).value.netns.get(id);
  invariant(netns !== undefined, `${id} is compiled`);
  return netns;
}

/** `ip route add` takes a route without a gateway to have link scope unless told. */
const routeLine = (route: Route): string => {
  const scope = route.scope === 'global' ? ' scope global' : '';
  return `ip route add table ${route.table} ${showRoute(route, route.table)}${scope}`;
};

/** Shell lines that give the namespace the netns' links, addresses, routes and rules; the kernel fills the local table. */
function setUp(netns: Netns): string {
  const devices = netns.links.filter((link) => link.ifname !== 'lo');
  const own = netns.routes.filter((route) => route.table !== 255 && route.family === 4);
  const onLink = own.filter((route) => route.gateway === undefined);
  const viaGateway = own.filter((route) => route.gateway !== undefined);
  return [
    'sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1',
    'ip link set lo up',
    ...devices.flatMap(({ ifname, ifindex, address, mtu }, i) => [
      `ip link add ${ifname} index ${ifindex} address ${address} mtu ${mtu} type veth peer name far${i} index ${5000 + i}`,
      `ip link set ${ifname} up`,
      `ip link set far${i} up`,
    ]),
    ...netns.addresses
      .filter((address) => address.dev !== 'lo')
      .map(
        ({ local, prefixlen, dev, broadcast }) =>
          `ip addr add ${local}/${prefixlen}${broadcast === undefined ? '' : ` broadcast ${broadcast}`} dev ${dev}`,
      ),
    'ip route flush table main',
    ...[...onLink, ...viaGateway].map(routeLine),
    ...netns.rules
      .filter((rule) => rule.family === 4 && rule.protocol !== 'kernel')
      .map((rule) => `ip rule add priority ${showRule(rule).replace(':\t', ' ')}`),
    ...netns.neighbours.map(
      ({ dst, dev, lladdr }) => `ip neigh replace ${dst} dev ${dev} lladdr ${lladdr} nud permanent`,
    ),
  ].join('\n');
}

const trimmed = (text: string): string => text.replace(/[ \t]+$/gm, '');
const tablesOf = (netns: Netns): readonly number[] => [...new Set(netns.routes.map((route) => route.table))];

function expectSameIpState(netns: Netns): void {
  const tables = tablesOf(netns);
  const read = [...tables.map((table) => `ip route show table ${table}`), 'ip rule', 'ip -4 neigh | sort'];
  const answers = trimmed(inNetns([setUp(netns), read.join('\necho ==\n')].join('\n'))).split('==\n');
  tables.forEach((table, i) => {
    expect(answers[i], `table ${table}`).toBe(
      showRoutes(
        netns.routes.filter((route) => route.family === 4),
        table,
      ),
    );
  });
  expect(answers[tables.length]).toBe(showRules(netns.rules));
  const neighbours = netns.neighbours.map((entry) => ({ ...entry, state: 'PERMANENT' }));
  expect(answers[tables.length + 1]?.split('\n').sort()).toEqual(showNeighbours(neighbours).split('\n').sort());
}

const plain = (text: string): string => text.replace(/^#.*\n/gm, '').replaceAll(/\[\d+:\d+\]/g, '[0:0]');

/** Built-in chains and tables nobody uses are printed or not as the kernel happens to have made them. */
const withoutHeaders = (text: string): readonly string[] =>
  plain(text)
    .split('\n')
    .filter((line) => !/^:(?:PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING) /.test(line));

const service = testService('packetlab', 'echo', '172.20.122.189', {
  type: 'NodePort',
  ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 32385 }],
});
const withService: Cluster = {
  ...articleCluster,
  services: [service],
  endpointSlices: [testSlice(service, ['10.0.1.51', '10.0.1.60'])],
};
const node = nodeNetns(articleNode.name);
const EXCLUDED = {
  AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS: '10.12.0.0/16,0.0.0.0/0',
  AWS_VPC_K8S_CNI_RANDOMIZESNAT: 'none',
};

describe('the kernel holds what is compiled', () => {
  kernelTest('a node: routes of every table, rules, neighbours', () => expectSameIpState(compiled(withService, node)));
  kernelTest('an Amazon Linux 2 node', () => expectSameIpState(compiled(withOs(withService, 'AmazonLinux2'), node)));
  kernelTest('a pod', () => expectSameIpState(compiled(withService, podNetns('packetlab', toolboxA.metadata.name))));

  for (const [name, cluster] of [
    ['v1.21 on AL2023', withService],
    ['EXTERNALSNAT=true', withCni(withService, '1.21.1', { AWS_VPC_K8S_CNI_EXTERNALSNAT: 'true' })],
    ['v1.21 with exclusions', withCni(withService, '1.21.1', EXCLUDED)],
    ['v1.12 ladder', withCni(withService, '1.12.0', { AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS: '10.12.0.0/16' })],
    ['v1.23 on AL2023', withCni(withService, '1.23.1')],
  ] as const) {
    for (const variant of ['nft', 'legacy'] as const) {
      kernelTest(`iptables-${variant}: ${name}`, () => {
        const text = printIptablesSave(compiled(cluster, node).iptables.ip);
        const saved = inNetns(`iptables-${variant}-restore; iptables-${variant}-save`, text);
        const sorted = (of: string) => [...withoutHeaders(of)].sort();
        expect(sorted(saved)).toEqual(sorted(text));
      });
    }
  }

  kernelTest('nft: table ip aws-cni', () => {
    const text = printNftTables(compiled(withCni(withService, '1.23.1'), node).nft);
    expect(text).not.toBe('');
    expect(inNetns('nft -f -; nft list ruleset', text)).toBe(text);
  });
});
