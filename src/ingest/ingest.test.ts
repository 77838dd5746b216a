import { describe, expect, test } from 'vitest';
import {
  type Address,
  kernelRoutes,
  kernelRules,
  type Link,
  type Netns,
  type NetnsId,
  parseIptablesSave,
  printIptablesSave,
  showRoute,
  showRule,
} from '../linux/index.ts';
import { ip, mac } from '../net/index.ts';
import type { World } from '../world/index.ts';
import { applyDumps } from './apply-dumps.ts';
import { applyPatches, type Patch } from './apply-patches.ts';
import { readNodeDump } from './read-node-dump.ts';

const A = 'node/a' as NetnsId;
const B = 'node/b' as NetnsId;
const SAVE = `*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -i ens5 -m comment --comment "AWS, primary ENI" -m addrtype --dst-type LOCAL --limit-iface-in -j CONNMARK --set-xmark 0x80/0x80
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:AWS-SNAT-CHAIN-0 - [0:0]
-A POSTROUTING -m comment --comment "AWS SNAT CHAIN" -j AWS-SNAT-CHAIN-0
-A AWS-SNAT-CHAIN-0 -d 10.0.0.0/16 -j RETURN
COMMIT
`;
const links: readonly Link[] = [
  {
    ifindex: 2,
    ifname: 'ens5',
    flags: ['UP'],
    mtu: 9001,
    qdisc: 'mq',
    operstate: 'UP',
    group: 'default',
    link_type: 'ether',
    address: mac('02:00:00:00:00:01'),
    broadcast: mac('ff:ff:ff:ff:ff:ff'),
  },
];
const addresses: readonly Address[] = [
  { dev: 'ens5', family: 4, local: ip('10.0.0.75'), prefixlen: 24, scope: 'global' },
];
const node = (id: NetnsId): Netns => ({
  id,
  links,
  addresses,
  routes: kernelRoutes(addresses, links),
  rules: [...kernelRules(4), ...kernelRules(6)],
  neighbours: [],
  sysctls: new Map([['net.ipv4.conf.ens5.rp_filter', '2']]),
  iptables: { variant: 'nft', ip: parseIptablesSave(SAVE, 'x', 4).value, ip6: new Map() },
  nft: [],
  sockets: [],
  conntrack: [],
  unmodelled: [],
});

/** Two nodes, compiled when first asked for. */
function lazyWorld(): { world: World; compiled: NetnsId[] } {
  const compiled: NetnsId[] = [];
  const made = new Map<NetnsId, Netns>();
  const netns = Object.assign(
    new Map<NetnsId, Netns>([
      [A, node(A)],
      [B, node(B)],
    ]),
    {
      get(id: NetnsId): Netns | undefined {
        if (!made.has(id)) {
          compiled.push(id);
          made.set(id, node(id));
        }
        return made.get(id);
      },
    },
  );
  const entry = (name: string, id: NetnsId) => ({ name, netns: id, addresses: [], zone: 'a' });
  const fabric = {
    vpcs: [],
    subnets: [],
    routeTables: [],
    enis: [],
    internetGateways: [],
    natGateways: [],
    peerings: [],
    wires: [{ a: { netns: A, dev: 'eni1' }, b: { netns: B, dev: 'eth0' } }],
    internetHosts: [],
    dns: { clusterDomain: 'c', clusterDns: [], cluster: [], namespaces: [], upstream: [] },
    unmodelled: [],
  };
  return {
    world: {
      name: 'w',
      netns,
      fabric,
      directory: {
        nodes: [entry('a', A), entry('b', B)],
        pods: [],
        pending: [],
        services: [],
        hosts: [],
        apiserver: [],
        serviceCidrs: [],
      },
      assumptions: [],
    },
    compiled,
  };
}

const patch = (
  artefact: string,
  change: { remove?: readonly string[]; add?: readonly string[]; enabled?: boolean; node?: string },
): Patch => ({
  name: 'try',
  node: 'a',
  artefact,
  remove: [],
  add: [],
  enabled: true,
  source: { file: 'patch.yaml', line: 7 },
  ...change,
});
const patched = (one: Patch): { netns: Netns | undefined; messages: readonly string[] } => {
  const { value, issues } = applyPatches(lazyWorld().world, [one]);
  expect(issues.every((issue) => issue.at.file === 'patch.yaml' && issue.at.line === 7)).toBe(true);
  return {
    netns: value.netns.get(A),
    messages: issues.map((issue) => `${issue.message}${issue.hint === undefined ? '' : ` (${issue.hint})`}`),
  };
};
const saved = (netns: Netns | undefined): string => (netns === undefined ? '' : printIptablesSave(netns.iptables.ip));

describe('patching iptables-save', () => {
  test('a removed line is gone; options may be written in another order', () => {
    const { netns, messages } = patched(
      patch('iptables-save', { remove: ['-t nat -A AWS-SNAT-CHAIN-0 --destination 10.0.0.0/16 --jump RETURN'] }),
    );
    expect(messages).toEqual([]);
    expect(saved(netns)).toBe(SAVE.replace('-A AWS-SNAT-CHAIN-0 -d 10.0.0.0/16 -j RETURN\n', ''));
  });
  test('the table may be left out where only one has the chain or the rule', () => {
    const line =
      '-A PREROUTING -i ens5 -m comment --comment "AWS, primary ENI" -m addrtype --dst-type LOCAL --limit-iface-in -j CONNMARK --set-xmark 0x80/0x80';
    expect(saved(patched(patch('iptables-save', { remove: [line] })).netns)).toBe(SAVE.replace(`${line}\n`, ''));
    const { netns } = patched(patch('iptables-save', { add: ['-I AWS-SNAT-CHAIN-0 -d 10.12.0.0/16 -j RETURN'] }));
    const rules = netns?.iptables.ip.get('nat')?.chains.get('AWS-SNAT-CHAIN-0')?.rules ?? [];
    expect(rules.map((rule) => rule.origin?.by)).toEqual(['NodePatch try', undefined]);
  });
  test('policies and chains', () => {
    const { netns, messages } = patched(
      patch('iptables-save', {
        add: ['-P FORWARD DROP', '-t filter -P FORWARD DROP', '-t filter -N MINE', '-A MINE -j DROP'],
      }),
    );
    expect(messages).toEqual(['Chain "FORWARD" is in tables mangle and filter (say which with -t)']);
    expect(saved(netns)).toContain(':FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:MINE - [0:0]\n-A MINE -j DROP\n');
  });
  for (const [what, change, want] of [
    [
      'a near miss',
      { remove: ['-t nat -A AWS-SNAT-CHAIN-0 -d 10.1.0.0/16 -j RETURN'] },
      'Nothing to remove: no line "-A AWS-SNAT-CHAIN-0 -d 10.1.0.0/16 -j RETURN" (did you mean "-A AWS-SNAT-CHAIN-0 -d 10.0.0.0/16 -j RETURN"?)',
    ],
    [
      'an unknown chain',
      { add: ['-A AWS-SNAT-CHAIN-1 -j RETURN'] },
      'No chain "AWS-SNAT-CHAIN-1" (did you mean "AWS-SNAT-CHAIN-0"?)',
    ],
    [
      'an ambiguous chain',
      { add: ['-A PREROUTING -j ACCEPT'] },
      'Chain "PREROUTING" is in tables mangle and nat (say which with -t)',
    ],
    ['no iptables line', { add: ['drop it'] }, 'Not an iptables line: "drop it" (write it as `-t nat -A CHAIN ...`)'],
  ] as const) {
    test(what, () => {
      const { netns, messages } = patched(patch('iptables-save', change));
      expect(messages).toEqual([want]);
      expect(saved(netns)).toBe(SAVE);
    });
  }
});

test('ip rule: a new rule stands behind those of its priority', () => {
  const { netns, messages } = patched(
    patch('ip-rule', {
      add: ['1024: from all fwmark 0x80/0x80 lookup main', '-6 5: from all lookup 9'],
      remove: ['32767: from all lookup default'],
    }),
  );
  expect(messages).toEqual([]);
  expect(netns?.rules.map((rule) => `${rule.family} ${showRule(rule)}`)).toEqual([
    '4 0:\tfrom all lookup local',
    '4 1024:\tfrom all fwmark 0x80/0x80 lookup main',
    '4 32766:\tfrom all lookup main',
    '6 0:\tfrom all lookup local',
    '6 5:\tfrom all lookup 9',
    '6 32766:\tfrom all lookup main',
  ]);
  expect(patched(patch('ip-rule', { remove: ['32767: from all lookup main'] })).messages).toEqual([
    'Nothing to remove: no line "32767:\tfrom all lookup main" (did you mean "32766:\tfrom all lookup main"?)',
  ]);
});

describe('a sysctl is written as on a kernel', () => {
  const write = (...add: readonly string[]) => {
    const { world } = lazyWorld();
    const start = [
      'net.ipv4.ip_forward = 1',
      'net.ipv4.conf.all.forwarding = 1',
      'net.ipv4.conf.ens5.forwarding = 1',
      'net.ipv4.conf.ens5/7.forwarding = 1',
      'net.ipv6.conf.ens5.forwarding = 1',
    ].join('\n');
    const dumped = applyDumps(world, [{ node: 'a', files: new Map([['sysctl', { path: 'a/sysctl', text: start }]]) }]);
    const { value, issues } = applyPatches(dumped.value, [patch('sysctl', { add })]);
    const sysctls = value.netns.get(A)?.sysctls;
    return { of: (name: string) => sysctls?.get(name), issues };
  };

  test.each(['net.ipv4.ip_forward', 'net.ipv4.conf.all.forwarding'])('%s overwrites every device', (name) => {
    const { of } = write(`${name} = 0`);
    for (const key of ['ip_forward', 'conf.all.forwarding', 'conf.ens5.forwarding', 'conf.ens5/7.forwarding'])
      expect(of(`net.ipv4.${key}`)).toBe('0');
    expect(of('net.ipv6.conf.ens5.forwarding')).toBe('1');
  });

  test('the value it has overwrites nothing, and a device written later keeps its own', () => {
    const same = write('net.ipv4.conf.ens5.forwarding = 0', 'net.ipv4.ip_forward = 1');
    expect(same.of('net.ipv4.conf.ens5.forwarding')).toBe('0');
    const later = write('net.ipv4.ip_forward = 0', 'net.ipv4.conf.ens5.forwarding = 1');
    expect(later.of('net.ipv4.conf.ens5.forwarding')).toBe('1');
    expect(later.of('net.ipv4.conf.ens5/7.forwarding')).toBe('0');
  });

  test.each([
    ['net.ipv4.ip_frward', 'error', 'did you mean "net.ipv4.ip_forward"?'],
    ['net.ipv4.conf.ens5.rp_fliter', 'error', 'did you mean "net.ipv4.conf.ens5.rp_filter"?'],
    ['net.ipv4.conf.ens6.rp_filter', 'error', 'did you mean "net.ipv4.conf.ens5.rp_filter"?'],
    ['net.ipv4.of_another_kernel', 'warning', undefined],
  ] as const)('%s is nobody', (name, severity, hint) => {
    const { of, issues } = write(`${name} = 1`);
    expect(issues).toMatchObject([{ code: 'bad-patch', severity, ...(hint === undefined ? {} : { hint }) }]);
    expect(of(name)).toBeUndefined();
  });

  test("a real name the model has no use for is nobody's mistake", () => {
    expect(write('net.ipv4.conf.ens5.arp_filter = 1', 'vm.max_map_count = 262144').issues).toEqual([]);
  });
});

test('ip route and sysctl', () => {
  const routes =
    patched(
      patch('ip-route', {
        add: ['default via 10.0.0.1 dev ens5'],
        remove: ['10.0.0.0/24 dev ens5 proto kernel scope link src 10.0.0.75'],
      }),
    ).netns?.routes ?? [];
  expect(routes.filter((route) => route.table === 254).map((route) => showRoute(route))).toEqual([
    'default via 10.0.0.1 dev ens5',
  ]);
  const again = patched(patch('ip-route', { add: ['10.0.0.0/24 via 10.0.0.1 dev ens5'] }));
  expect(again.messages.join()).toContain('File exists, "10.0.0.0/24 dev ens5 proto kernel scope link');
  expect(patched(patch('ip-route', { add: ['10.0.0.0/24 via 10.0.0.1 dev ens5 metric 5'] })).messages).toEqual([]);
  const { netns, messages } = patched(
    patch('sysctl', { add: ['net.ipv4.conf.ens5.rp_filter = 1'], remove: ['net.ipv4.ip_forward'] }),
  );
  expect(netns?.sysctls.get('net.ipv4.conf.ens5.rp_filter')).toBe('1');
  expect(messages).toEqual(['Nothing to remove: no line "net.ipv4.ip_forward"']);
});

test('what cannot be patched is said', () => {
  expect(patched(patch('ip-rul', {})).messages).toEqual(['Cannot patch artefact "ip-rul" (did you mean "ip-rule"?)']);
  expect(patched(patch('ip-rule', { node: 'c' })).messages).toEqual(['No node "c" in this World (did you mean "a"?)']);
  expect(patched(patch('ip-rul', { enabled: false })).messages).toEqual([]);
});

test('only the namespaces that are named are compiled', () => {
  const { world, compiled } = lazyWorld();
  const dumped = applyDumps(world, [
    { node: 'b', files: new Map([['sysctl', { path: 'b/sysctl', text: 'net.ipv4.ip_forward = 1\n' }]]) },
  ]);
  expect(compiled).toEqual([]);
  const after = applyPatches(dumped.value, [patch('sysctl', { add: ['net.ipv4.ip_forward = 0'] })]);
  expect(compiled).toEqual([A]);
  expect(after.value.netns.get(B)?.sysctls).toEqual(new Map([['net.ipv4.ip_forward', '1']]));
  expect(after.value.netns.get(B)).toBe(after.value.netns.get(B));
});

describe('dumps', () => {
  const dump = (files: Readonly<Record<string, string>>) =>
    applyDumps(lazyWorld().world, [
      { node: 'a', files: new Map(Object.entries(files).map(([name, text]) => [name, { path: `a/${name}`, text }])) },
    ]);

  test('a dumped artefact replaces the compiled one, the other family and the local table stay', () => {
    const { value, issues } = dump({
      'ip-route.json': '[{"dst":"default","gateway":"10.0.0.1","dev":"ens5","flags":[]}]',
      'ip-rule.json': '[{"priority":0,"src":"all","table":"local"},{"priority":9,"src":"all","table":"main"}]',
    });
    expect(issues).toEqual([]);
    const netns = value.netns.get(A);
    expect(netns?.routes.map((route) => showRoute(route))).toEqual([
      'default via 10.0.0.1 dev ens5',
      'local 10.0.0.75 dev ens5 table local proto kernel scope host src 10.0.0.75',
      'broadcast 10.0.0.255 dev ens5 table local proto kernel scope link src 10.0.0.75',
    ]);
    expect(netns?.rules.map((rule) => [rule.family, rule.priority])).toEqual([
      [4, 0],
      [4, 9],
      [6, 0],
      [6, 32766],
    ]);
    expect(netns?.rules[1]?.origin).toEqual({ by: 'dump', at: { file: 'a/ip-rule.json' } });
    expect(saved(netns)).toBe(SAVE);
  });

  test('the text forms and iptables -S are read too', () => {
    const files = new Map(
      Object.entries({
        'ip-route': 'default via 10.0.0.1 dev ens5\n',
        'ip-6-route': 'default via fe80::1 dev ens5 metric 1024 pref medium\n',
        'ip-rule.txt': '0:\tfrom all lookup local\n',
        'iptables-save':
          '-P PREROUTING ACCEPT\n-P INPUT ACCEPT\n-P OUTPUT ACCEPT\n-P POSTROUTING ACCEPT\n-N KUBE\n-A KUBE -j RETURN\n',
      }).map(([name, text]) => [name, { path: name, text }]),
    );
    const { value, issues } = readNodeDump('a', files);
    expect(issues).toEqual([]);
    expect(value.routes?.map((route) => route.family)).toEqual([4, 6]);
    expect(value.rules).toHaveLength(1);
    expect([...(value.iptables?.ip?.get('nat')?.chains.keys() ?? [])]).toContain('KUBE');
  });

  test('a device the cluster needs and the dump lacks is said', () => {
    const { issues } = dump({ 'ip-link.json': '[{"ifindex":2,"ifname":"ens5","mtu":9001}]' });
    expect(issues).toMatchObject([
      { severity: 'warning', at: { file: 'a/ip-link.json' }, message: expect.stringContaining('"eni1"') },
    ]);
  });
});
