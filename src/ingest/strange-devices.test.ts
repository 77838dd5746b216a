import { describe, expect, test } from 'vitest';
import { exampleWorld } from '../../test/lab/worlds.ts';
import { type NetnsId, printIptablesSave, printNftTables, showRule } from '../linux/index.ts';
import { applyDumps } from './apply-dumps.ts';

const NODE = 'ip-10-0-0-75.ec2.internal';

function laid(files: Readonly<Record<string, string>>) {
  const texts = Object.entries(files).map(([name, text]) => [name, { path: `d/${name}`, text }] as const);
  const { value, issues } = applyDumps(exampleWorld('article'), [{ node: NODE, files: new Map(texts) }]);
  const netns = value.netns.get(`node/${NODE}` as NetnsId); // a name of the example
  if (netns === undefined) throw new Error(`no ${NODE}`);
  return { netns, said: issues.filter(({ code }) => code === 'unknown-device') };
}

const filter = (...rules: readonly string[]): string =>
  `*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n${rules.map((each) => `-A INPUT ${each}\n`).join('')}COMMIT\n`;
const kinds = ({ netns }: ReturnType<typeof laid>): unknown =>
  netns.iptables.ip
    .get('filter')
    ?.chains.get('INPUT')
    ?.rules.map(({ matches }) => matches[0]?.kind);
const link = (...names: readonly string[]): string =>
  JSON.stringify(names.map((ifname, at) => ({ ifindex: at + 1, ifname, mtu: 1500 })));
const OWN = ['lo', 'ens5', 'ens6', 'ens7', 'eniaee705c1f69', 'eni36f7c958f87'];

describe('devices a dump names and its node lacks', () => {
  test.each([
    ['a route', { 'ip-route.txt': '10.9.0.0/16 dev x0\n' }, 'ip-route.txt', 1],
    [
      'a next hop',
      { 'ip-route': '10.9.0.0/16\n\tnexthop dev ens5 weight 1\n\tnexthop dev x0 weight 1\n' },
      'ip-route',
      3,
    ],
    [
      'an address',
      { 'ip-addr.json': '[{"ifname":"x0","addr_info":[{"family":"inet","local":"10.9.0.1","prefixlen":24}]}]' },
      'ip-addr.json',
      1,
    ],
    ['iif', { 'ip-rule': '0: from all lookup local\n5: from all iif x0 lookup main\n' }, 'ip-rule', 2],
    ['oif', { 'ip-rule': '0: from all lookup local\n5: from all oif x0 lookup main\n' }, 'ip-rule', 2],
    ['-i', { 'iptables-save': filter('-i x0 -j DROP') }, 'iptables-save', 5],
    ['! -o', { 'iptables-save': filter('! -o x0 -j DROP') }, 'iptables-save', 5],
    [
      'iifname',
      { 'nft-list-ruleset': 'table ip own {\n\tchain c {\n\t\tiifname "x0" drop\n\t}\n}\n' },
      'nft-list-ruleset',
      3,
    ],
  ] as const)('%s', (_, files, name, line) => {
    expect(laid(files).said).toMatchObject([
      { severity: 'warning', at: { file: `d/${name}`, line }, message: expect.stringMatching(/known: x0$/) },
    ]);
  });

  test.each([
    ['devices it has', { 'ip-route.txt': '10.9.0.0/16 dev ens6\nunreachable 10.8.0.0/16 dev x0\n' }],
    ['starts of names', { 'iptables-save': filter('-i cali+ -j DROP') }],
    ['devices it brings along', { 'ip-route.txt': '10.9.0.0/16 dev x0\n', 'ip-link.json': link(...OWN, 'x0') }],
  ])('nothing is said of %s', (_, files) => expect(laid(files as Record<string, string>).said).toEqual([]));

  test('all in one warning', () => {
    const names = Array.from({ length: 10 }, (__, at) => `x${at}`);
    const { said } = laid({ 'ip-route.txt': names.map((dev, at) => `10.9.${at}.0/24 dev ${dev}\n`).join('') });
    expect(said.map(({ message }) => message)).toEqual([expect.stringMatching(/: x0, .*, x7 and 2 more$/)]);
  });

  test.each([
    ['its default route', { 'ip-route.txt': 'default via 10.0.0.1 dev eth0\n' }],
    ['the source of its routes', { 'ip-route.txt': '10.0.0.0/22 dev eth0 src 10.0.0.75\n' }],
    [
      'its address',
      { 'ip-addr.json': '[{"ifname":"eth0","addr_info":[{"family":"inet","local":"10.0.0.75","prefixlen":22}]}]' },
    ],
  ])('another name of the first interface shows by %s', (_, files) => {
    const [said] = laid(files as Record<string, string>).said;
    expect(said?.message).toMatch(/; its first interface is eth0, and the cluster's description makes it ens5$/);
    expect(said?.hint).toMatch(/describe the node by its image/);
  });
});

describe('a match on a device that may be the first interface under its real name', () => {
  const RULES = filter('-i eth0 -j DROP', '! -i eth0 -p tcp -j DROP', '-i docker0 -j DROP');

  test('is not decided, and its text stays', () => {
    const world = laid({ 'iptables-save': RULES });
    expect(kinds(world)).toEqual(['unsupported', 'unsupported', 'in-interface']);
    expect(printIptablesSave(world.netns.iptables.ip)).toBe(RULES);
  });

  test.each([
    ['the dump speaks of the one that was compiled', { 'ip-route.txt': 'default via 10.0.0.1 dev ens5\n' }],
    ['all devices were collected', { 'ip-link.json': link(...OWN) }],
  ])('is decided where %s', (_, files) =>
    expect(kinds(laid({ 'iptables-save': RULES, ...(files as Record<string, string>) }))).toEqual([
      'in-interface',
      'in-interface',
      'in-interface',
    ]),
  );

  test('of an ip rule and of nft, too', () => {
    const { netns } = laid({
      'ip-rule': '0: from all lookup local\n5: from all iif eth0 oif ens6 lookup main\n',
      'nft-list-ruleset': 'table ip own {\n\tchain c {\n\t\tiifname != "eth0" drop\n\t}\n}\n',
    });
    const rule = netns.rules.find(({ priority }) => priority === 5);
    expect(rule).toMatchObject({ oif: 'ens6', unsupported: 'iif eth0' });
    expect(rule?.iif).toBeUndefined();
    expect(rule === undefined ? '' : showRule(rule)).toBe('5:\tfrom all oif ens6 iif eth0 lookup main');
    expect(netns.nft[0]?.chains[0]?.rules[0]?.statements[0]).toEqual({
      kind: 'unsupported',
      text: 'iifname != "eth0"',
    });
    expect(printNftTables(netns.nft)).toContain('iifname != "eth0" drop');
  });
});
