import { describe, expect, test } from 'vitest';
import { cidr, ip, mac } from '../../net/index.ts';
import { lineOfEntry } from '../written.ts';
import { parseIpJsonAddr } from './address.ts';
import { parseIpJsonLink, printIpJsonLink, showLinkLine, showLinks } from './link.ts';
import { parseIpRuleText } from './parse-rule-text.ts';
import { parseIpRouteText } from './parse-text.ts';
import { parseIpJsonRoute, printIpJsonRoute, showRoute } from './route.ts';
import { parseIpJsonRule, printIpJsonRule, showRule } from './rule.ts';
import type { Link } from './types.ts';

const veth: Link = {
  ifindex: 3,
  ifname: 'eth0',
  flags: ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'],
  mtu: 9001,
  qdisc: 'noqueue',
  operstate: 'UP',
  group: 'default',
  link_type: 'ether',
  address: mac('5a:f3:56:0b:86:d4'),
  broadcast: mac('ff:ff:ff:ff:ff:ff'),
  link_index: 336,
  link_netnsid: 0,
  info_kind: 'veth',
};

test('the other end of a pair in another namespace is printed by its index', () => {
  expect(showLinkLine(veth)).toBe(
    '3: eth0@if336: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 9001 qdisc noqueue state UP mode DEFAULT group default',
  );
  expect(showLinks([veth])).toContain('    link/ether 5a:f3:56:0b:86:d4 brd ff:ff:ff:ff:ff:ff link-netnsid 0\n');
  expect(parseIpJsonLink(printIpJsonLink([veth]), 'x')).toEqual({ value: [veth], issues: [] });
});

describe('a line of ip route reads and prints the same', () => {
  for (const line of [
    'default via 10.0.0.1 dev ens5 proto dhcp src 10.0.0.75 metric 512',
    '10.0.1.51 dev eniaee705c1f69 scope link',
    'default via 169.254.1.1 dev eth0',
    'default via 10.0.1.1 dev ens6 table 2',
    'local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1',
    'blackhole 10.4.0.0/16 metric 5',
    '10.9.0.0/16 tos 0x10 via 10.0.0.2 dev ens5 metric 5',
    '10.9.0.0/16 tos CS1 via 10.0.0.3 dev ens5',
    'fe80::/64 dev eth0 proto kernel metric 256 pref medium',
    '10.2.0.0/16\n\tnexthop via 10.0.1.2 dev eth0 weight 2\n\tnexthop via 10.0.1.3 dev eth0 weight 1',
    '10.12.0.0/16 via 10.0.1.1 dev eth0 mtu lock 1300 rtt 100ms ssthresh lock 9 advmss 900 hoplimit 33 features ecn rto_min lock 5ms congctl cubic',
  ]) {
    test(line, () => {
      const parsed = parseIpRouteText(`${line}\n`, 'route');
      expect(parsed.issues).toEqual([]);
      expect(parsed.value.map((route) => showRoute(route))).toEqual([line]);
      expect(parseIpJsonRoute(printIpJsonRoute(parsed.value), 'x')).toEqual({ value: parsed.value, issues: [] });
    });
  }
});

describe('a line of ip rule reads and prints the same', () => {
  for (const line of [
    '512:\tfrom all to 10.0.1.51 lookup main',
    '1024:\tfrom all fwmark 0x80/0x80 lookup main',
    '1536:\tfrom 10.0.1.51 lookup 2',
    '1700:\tnot from 10.0.0.0/16 lookup main suppress_prefixlength 0',
    '1800:\tfrom all iif eth0 ipproto tcp dport 80 goto 32766',
  ]) {
    test(line, () => {
      const parsed = parseIpRuleText(line, 'rule');
      expect(parsed.issues).toEqual([]);
      expect(parsed.value.map(showRule)).toEqual([line]);
      expect(parseIpJsonRule(printIpJsonRule(parsed.value), 'x')).toEqual({ value: parsed.value, issues: [] });
    });
  }
});

describe('families the tool leaves out', () => {
  test('a second array is IPv6', () => {
    const array = '[{"priority":0,"src":"all","table":"local"}]';
    expect(parseIpJsonRule(`${array}\n${array}\n`, 'x').value.map((rule) => rule.family)).toEqual([4, 6]);
  });
  test('an address tells for its whole array', () => {
    const text = '[{"priority":0,"src":"all","table":"local"},{"priority":9,"src":"fd00::","srclen":64,"table":"9"}]';
    expect(parseIpJsonRule(text, 'x').value.map((rule) => rule.family)).toEqual([6, 6]);
  });
  test('"pref" makes a bare default route IPv6', () => {
    expect(parseIpJsonRoute('[{"dst":"default","dev":"eth0","flags":[],"pref":"medium"}]', 'x').value[0]?.dst).toEqual(
      cidr('::/0'),
    );
  });
});

test('what a route has that is not modelled is kept and reported, never dropped', () => {
  const parsed = parseIpJsonRoute(
    '[{"dst":"10.4.0.0/16","nhid":5,"gateway":"10.0.0.7","dev":"eth0","flags":[]},' +
      '{"dst":"10.5.0.0/16","flags":[],"nexthops":[{"via":{"family":"inet6"},"dev":"eth0","weight":1,"flags":[]}]},' +
      '{"dst":"fd00::/64","from":"fd01::/64","dev":"eth0","flags":[],"pref":"medium"}]',
    'x',
  );
  expect(parsed.value.map(({ unsupported }) => unsupported)).toEqual(['nhid 5', 'via an object', 'from fd01::/64']);
  expect(parsed.issues.map(({ severity, message }) => `${severity}: ${message}`)).toEqual([
    'warning: Route to 10.4.0.0/16 has what is not modelled: nhid 5',
    'warning: Route to 10.5.0.0/16 has what is not modelled: via an object',
    'warning: Route to fd00::/64 has what is not modelled: from fd01::/64',
  ]);
  expect(parseIpJsonRoute(printIpJsonRoute(parsed.value), 'x').value).toEqual(parsed.value);
  expect(parsed.value.map((route) => showRoute(route))[0]).toBe('10.4.0.0/16 nhid 5 via 10.0.0.7 dev eth0');
});

test.each([
  ['{"dst":"10.11.0.0/16","encap":"ip","id":3,"dst":"10.0.0.9","dev":"eth0","flags":[]}', /"dst" is the tunnel's/],
  ['{"dst":"10.9.0.0/16","tos":"0x13","dev":"eth0","flags":[]}', /Wrong "tos": "0x13"/],
  ['{"dst":"fd00::/64","tos":"0x10","dev":"eth0","flags":[]}', /A route of IPv6 has no "tos"/],
])('a route nobody can read is an error: %s', (entry, message) => {
  const parsed = parseIpJsonRoute(`[${entry}]`, 'x');
  expect(parsed.value).toEqual([]);
  expect(parsed.issues).toMatchObject([{ severity: 'error', message: expect.stringMatching(message) }]);
});

test('an unknown selector is kept and reported, never dropped', () => {
  const parsed = parseIpJsonRule(
    '[{"priority":1,"src":"all","uid_start":1,"uid_end":2,"table":"5"},\n{"priority":2,"src":"all","l3mdev":null}]',
    'r',
  );
  expect(parsed.value.map((rule) => rule.unsupported)).toEqual(['uidrange 1-2', 'l3mdev']);
  expect(parsed.issues.map((issue) => [issue.severity, issue.at.line])).toEqual([
    ['warning', 1],
    ['warning', 2],
  ]);
});

describe('bad input is an issue on its line', () => {
  test.each(['hoplimit 256', 'mtu lock', 'mtu big'])('a metric: %s', (words) => {
    const { issues, value } = parseIpRouteText(`default via 10.0.0.1 dev eth0\n10.0.0.0/8 dev eth0 ${words}\n`, 'r');
    expect(issues).toMatchObject([{ severity: 'error', at: { line: 2 } }]);
    expect(value).toHaveLength(1);
  });
  for (const [what, text, line] of [
    ['JSON that ends too soon', '[\n{"dst":"default"},\n{"dst":\n', 4],
    ['not JSON', '[\n{"dst":"default"},\n{"dst";"10.0.0.0/8"}\n]\n', 3],
    ['a number for an array', '7', 1],
    ['a wrong address', '[\n{"dst":"10.0.0.0/8","flags":[]},\n{"dst":"10.0.0.0.1","flags":[]}\n]', 3],
    ['an array of arrays', '[\n[1]\n]', 2],
    ['a missing destination', '[\n{"dev":"eth0"}\n]', 2],
    ['a prototype key alone', '[\n{"__proto__":{"dst":"default"}}\n]', 2],
  ] as const) {
    test(what, () => {
      const { issues } = parseIpJsonRoute(text, 'ip-route.json');
      const errors = issues.filter((issue) => issue.severity === 'error');
      expect(errors.map(({ at }) => `${at.file}:${at.line}`)).toContain(`ip-route.json:${line}`);
    });
  }
  test('deep nesting does not overflow', () => {
    expect(parseIpJsonRoute('['.repeat(100_000), 'x').issues).not.toEqual([]);
  });
  test('text lines', () => {
    const { issues } = parseIpRouteText('default via 10.0.0.1 dev eth0\n\n10.0.0.0/8 vai 10.0.0.1\n', 'ip-route');
    expect(issues).toMatchObject([{ at: { line: 3 }, message: expect.stringContaining('did you mean "via"') }]);
  });
});

test('a point-to-point address keeps its peer', () => {
  const text =
    '[{"ifname":"host0","addr_info":[{"family":"inet","local":"10.8.0.1","address":"10.8.0.2","prefixlen":32,"scope":"global","label":"host0"}]}]';
  expect(parseIpJsonAddr(text, 'x').value).toEqual([
    {
      dev: 'host0',
      family: 4,
      local: ip('10.8.0.1'),
      prefixlen: 32,
      scope: 'global',
      label: 'host0',
      peer: cidr('10.8.0.2/32'),
    },
  ]);
});

test('the line of an entry is where the printer puts it', () => {
  const text = printIpJsonLink([veth, { ...veth, ifname: 'eth1', ifindex: 4 }]);
  expect(text.split('\n')[lineOfEntry(1) - 1]).toContain('"eth1"');
});

test('a warning about a port of a bridge names the device', () => {
  const text = '[{"ifindex":9,"ifname":"veth7","mtu":1500,"linkinfo":{"info_kind":"veth","info_slave_kind":"bridge"}}]';
  expect(parseIpJsonLink(text, 'l').issues.map(({ message }) => message)).toEqual([
    'veth7 is enslaved to a bridge: not modelled',
  ]);
});
