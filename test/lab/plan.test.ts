import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type LabPlan, type PlanStep, planLab, printPlan, unheldSet } from '../../src/lab/index.ts';
import { type Link, type Netns, parseIpRouteText, parseIpsetSave, parseIptablesSave } from '../../src/linux/index.ts';
import type { World } from '../../src/world/index.ts';
import { id, netnsFrom } from '../sim/netns-from.ts';
import { CLIENT, testWorld } from '../sim/test-world.ts';
import { exampleWorld } from './worlds.ts';

const stepsOf = (plan: LabPlan): readonly PlanStep[] => plan.phases.flatMap((phase) => phase.steps);

/** Every line of `ip -batch` in one namespace; `undefined` is the lab's root. */
function linesOf(plan: LabPlan, where: string | undefined): readonly string[] {
  const name = plan.namespaces.find((each) => each.id === where)?.name;
  return stepsOf(plan).flatMap((step) => (step.kind === 'ip-batch' && step.netns === name ? step.lines : []));
}

function sysctlsOf(plan: LabPlan, where: string): readonly (readonly [string, string])[] {
  const name = plan.namespaces.find((each) => each.id === where)?.name;
  return stepsOf(plan).flatMap((step) => (step.kind === 'sysctl' && step.netns === name ? step.values : []));
}

/** The test World with one namespace changed. */
function withNetns(change: (netns: Netns) => Partial<Netns>): World {
  const world = testWorld();
  const netns = new Map(world.netns);
  const client = netns.get(id(CLIENT));
  if (client === undefined) throw new Error('the test World has a client');
  netns.set(client.id, { ...client, ...change(client) });
  return { ...world, netns };
}

test("the article's cluster, command by command", () => {
  const golden = new URL('article.plan', import.meta.url);
  const text = printPlan(planLab(exampleWorld('article')));
  if (process.env['UPDATE'] === '1') writeFileSync(golden, text);
  expect(text).toBe(readFileSync(golden, 'utf8'));
});

test('names of others are read, not run: a comment is one line, and text ends where it was to end', () => {
  const netns = { name: 'n1', id: undefined, label: 'pod/a/b\ntouch x' };
  const text = printPlan({
    namespaces: [netns],
    phases: [
      {
        title: 'settings\ntouch x',
        steps: [{ kind: 'etc-file', netns: 'n1', name: 'hosts', text: 'a\n.\ntouch x\n' }],
      },
    ],
    gaps: [{ where: 'n1\ntouch x', what: 'a\rb', because: 'c\u001b[2J' }],
    hostPods: [],
    wires: [],
  });
  const commands = spawnSync('sh', ['-n'], { input: text });
  expect(commands.status).toBe(0);
  expect(text.split('\n').filter((line) => line === 'touch x')).toHaveLength(1);
  expect(text).toContain("<<'..'\na\n.\ntouch x\n..\n");
  expect(text).toContain('# n1\\ntouch x: a\\rb: c\\u001b[2J\n');
});

describe('names', () => {
  for (const name of ['article', 'custom-networking', 'eksctl-shop', 'external-snat']) {
    test(`${name}: no name is too long or given twice, and the same World gives the same plan`, () => {
      const world = exampleWorld(name);
      const plan = planLab(world);
      const names = plan.namespaces.map((netns) => netns.name);
      expect(new Set(names).size).toBe(names.length);
      expect(names.filter((each) => each.length > 15)).toEqual([]);
      expect(plan.namespaces.flatMap((netns) => netns.id ?? [])).toEqual([...world.netns.keys()]);
      const devices = linesOf(plan, undefined).flatMap((line) =>
        [...line.matchAll(/ name (\S+)/g)].map(([, dev]) => dev),
      );
      expect(devices.filter((dev) => (dev ?? '').length > 15)).toEqual([]);
      expect(planLab(exampleWorld(name))).toEqual(plan);
    });
  }
});

describe('what the kernel does by itself and the World does not have is taken back', () => {
  test('a connected route', () => {
    const lines = linesOf(planLab(exampleWorld('article')), 'node/ip-10-0-0-75.ec2.internal');
    expect(lines).toContain('route del 10.0.0.0/22 dev ens6 table 254 proto kernel scope link src 10.0.0.85');
    expect(lines.filter((line) => line.startsWith('route del') && line.includes('table 255'))).toEqual([]);
  });
  test('a rule', () => {
    const plan = planLab(withNetns((netns) => ({ rules: netns.rules.filter((rule) => rule.priority !== 32767) })));
    expect(linesOf(plan, CLIENT)).toContain('rule del from all priority 32767 protocol kernel lookup 253');
  });
});

describe('sysctls', () => {
  test('only what belongs to one network namespace is written', () => {
    const dumped = new Map([
      ['kernel.core_pattern', '|/bin/sh'],
      ['net.core.rmem_max', '1'],
      ['net.ipv4.conf.eth0/../../../kernel.hostname', 'x'],
      ['net.netfilter.nf_conntrack_max', '1'],
      ['net.ipv4.ip_forward', '0\nkernel.hostname = x'],
      ['net.ipv4.ip_default_ttl', '99'],
    ]);
    const plan = planLab(withNetns(() => ({ sysctls: dumped })));
    const written = sysctlsOf(plan, CLIENT).filter(([name]) => dumped.has(name));
    expect(written).toEqual([['net.ipv4.ip_default_ttl', '99']]);
    const gap = plan.gaps.find(({ where, because }) => where === CLIENT && because.includes('the machine'));
    expect(gap?.what).toContain('1 more setting');
    expect(gap?.what).not.toContain('nf_conntrack_max');
  });
  test("IPv6's own MTU of a device is said where it is less than the device's: none copies it", () => {
    const own = (mtu: string, standard = '1280'): readonly (readonly [string, string])[] => {
      const sysctls = new Map([
        ['net.ipv6.conf.default.mtu', standard],
        ['net.ipv6.conf.eth0.mtu', mtu],
      ]);
      return sysctlsOf(planLab(withNetns(() => ({ sysctls }))), CLIENT).filter(([name]) => name.includes('.eth0.'));
    };
    expect(own('1280')).toEqual([['net.ipv6.conf.eth0.mtu', '1280']]);
    for (const taken of ['9001', '9002', '1279']) expect(own(taken), taken).toEqual([]);
  });
  test('`all` comes before `default`, which comes before devices', () => {
    const names = sysctlsOf(planLab(exampleWorld('article')), 'node/ip-10-0-0-75.ec2.internal').map(([name]) => name);
    const last = (part: string): number => names.findLastIndex((name) => name.includes(part));
    const first = (part: string): number => names.findIndex((name) => name.includes(part));
    expect(names[0]).toBe('net.ipv4.ip_forward');
    expect(last('ipv4.conf.all.')).toBeLessThan(first('ipv4.conf.default.'));
    expect(last('ipv4.conf.default.')).toBeLessThan(first('ipv4.conf.lo.'));
  });
});

describe('sets of ipset', () => {
  const HELD = 'create A hash:ip family inet hashsize 1024 maxelem 65536\nadd A 198.51.100.7\n';
  const UNHELD = 'create B hash:mac hashsize 1024 maxelem 65536\n';
  const world = (rule = ''): World =>
    withNetns(({ iptables }) => ({
      ipsets: parseIpsetSave(HELD + UNHELD, 'ipset-save').value,
      iptables: {
        ...iptables,
        ip: parseIptablesSave(`*filter\n:FORWARD ACCEPT [0:0]\n${rule}COMMIT\n`, 'iptables-save', 4).value,
      },
    }));
  test('are there before the rules that ask them; one of another type that none asks is named', () => {
    const plan = planLab(world());
    const kinds = stepsOf(plan).flatMap(({ kind }) => (kind === 'ipset' || kind === 'iptables-restore' ? [kind] : []));
    expect(kinds.slice(0, 2)).toEqual(['ipset', 'iptables-restore']);
    expect(stepsOf(plan).find(({ kind }) => kind === 'ipset')).toMatchObject({ text: HELD });
    expect(plan.gaps.map(({ what }) => what)).toContain('ipset B');
  });
  test('one of another type that a rule asks is no lab to make', () => {
    const client = (of: World): Netns => of.netns.get(id(CLIENT)) ?? expect.fail('the client');
    expect(unheldSet(client(world()))).toBeUndefined();
    expect(unheldSet(client(world('-A FORWARD -m set --match-set A src -j DROP\n')))).toBeUndefined();
    expect(unheldSet(client(world('-A FORWARD -m set --match-set B src -j DROP\n')))?.name).toBe('B');
  });
});

describe('hostile input', () => {
  const strange = (ifname: string) => (netns: Netns) => ({
    links: netns.links.map((link): Link => (link.ifname === 'lo' ? link : { ...link, altnames: [ifname] })),
  });
  for (const name of ['a\nlink del eth0', 'a b', '-force', '#', '"', 'a\\']) {
    test(`${JSON.stringify(name)} is no word of a command: it becomes a gap`, () => {
      const plan = planLab(withNetns(strange(name)));
      const lines = linesOf(plan, CLIENT);
      expect(lines.filter((line) => line.includes('altname') || line.includes('\n'))).toEqual([]);
      expect(plan.gaps.map((gap) => gap.because)).toContain('a name in it is not a word "ip" can read');
    });
  }
});

test('what of routes and devices no lab holds is a gap; a TOS byte it holds', () => {
  const routes = parseIpRouteText('10.4.0.0/16 dev eth0\n10.5.0.0/16 tos 0x10 dev eth0', 'routes').value;
  const [first, ...rest] = routes;
  if (first === undefined) throw new Error('Two routes were read');
  const plan = planLab(
    withNetns((netns) => ({
      ...netns,
      links: netns.links.map((link) => ({ ...link, ...(link.ifname === 'eth0' ? { master: 'br0' } : {}) })),
      routes: [...netns.routes, { ...first, unsupported: 'nhid 5' }, ...rest],
    })),
  );
  const lines = linesOf(plan, CLIENT);
  expect(lines.filter((line) => /10\.[45]\.0\.0/.test(line))).toEqual([
    'route append 10.5.0.0/16 tos 0x10 dev eth0 table 254 proto boot scope global',
  ]);
  expect(plan.gaps.filter(({ where }) => where === CLIENT).map(({ what, because }) => `${what}: ${because}`)).toEqual([
    'eth0 master br0: no device of the lab is a port',
    'route 10.4.0.0/16 nhid 5 dev eth0: nhid 5 is not modelled',
  ]);
});

test('a World without a fabric: hosts wired to each other', () => {
  const world = testWorld();
  const netns = new Map(
    ['host/a', 'host/b'].map((name, i) => [id(name), netnsFrom(name, { addresses: `eth0 10.1.0.${i + 1}/24` })]),
  );
  const wires = [{ a: { netns: 'host/a', dev: 'eth0' }, b: { netns: 'host/b', dev: 'eth0' } }];
  const fabric = {
    ...world.fabric,
    ...{ vpcs: [], subnets: [], routeTables: [], enis: [], internetGateways: [], natGateways: [] },
    ...{ peerings: [], internetHosts: [], unmodelled: [], wires },
  };
  const plan = planLab({ ...world, netns, fabric });
  expect(plan.gaps).toEqual([]);
  expect(plan.namespaces.map((each) => each.label)).toEqual(['host/a', 'host/b']);
  expect(linesOf(plan, undefined)).toHaveLength(1);
});
