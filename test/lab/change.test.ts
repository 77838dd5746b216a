import { describe, expect, test } from 'vitest';
import { changePlan, planLab } from '../../src/lab/index.ts';
import { invertLine } from '../../src/lab/plan/change/invert-line.ts';
import { keepNumbers } from '../../src/lab/plan/change/keep-numbers.ts';
import type { Netns } from '../../src/linux/index.ts';
import type { World } from '../../src/world/index.ts';
import { exampleWorld, podsOn } from './worlds.ts';

const NODE = 'node/ip-10-0-0-75.ec2.internal';
const article = exampleWorld('article');

function changed(what: (netns: Netns) => Partial<Netns>): World {
  const netns = new Map(
    [...article.netns].map(([id, value]) => [id, id === NODE ? { ...value, ...what(value) } : value]),
  );
  return { ...article, netns };
}

/** The steps of the difference: kind, namespace, and lines of `ip -batch`. */
const steps = (to: World, from = article, untouched?: (setting: string) => string | undefined): readonly string[] =>
  changePlan(planLab(from), planLab(to), untouched).phases.flatMap((phase) =>
    phase.steps.flatMap((step) => {
      if (step.kind === 'ip-batch') return step.lines.map((line) => `${step.netns ?? 'root'}: ${line}`);
      if (step.kind === 'sysctl') return step.values.map(([name, value]) => `${step.netns}: ${name} = ${value}`);
      return [step.kind === 'netns-add' ? `add ${step.names.join(' ')}` : `${step.netns}: ${step.kind}`];
    }),
  );

describe('the difference of two plans', () => {
  test('of a plan and itself is nothing', () => expect(steps(article)).toEqual([]));
  test('a rule less', () => {
    const world = changed(({ rules }) => ({ rules: rules.filter((rule) => rule.priority !== 1536) }));
    expect(steps(world)).toEqual(['ip-10-0-0-75: rule del from 10.0.1.51/32 priority 1536 lookup 2']);
  });
  test('rules of one priority keep their order: what follows a new one is added again', () => {
    const world = changed(({ rules }) => ({ rules: [...rules].reverse().sort((a, b) => a.priority - b.priority) }));
    expect(steps(world)).toEqual([
      'ip-10-0-0-75: rule del from 10.0.0.85/32 priority 32765 lookup 2',
      'ip-10-0-0-75: rule del from all to 10.0.1.51/32 priority 512 lookup 254',
      'ip-10-0-0-75: rule add from all to 10.0.1.51/32 priority 512 lookup 254',
      'ip-10-0-0-75: rule add from 10.0.0.85/32 priority 32765 lookup 2',
    ]);
  });
  test('the first rule of a priority goes, and those behind it are not touched', () => {
    const world = changed(({ rules }) => ({ rules: rules.filter((rule) => rule.dst?.text !== '10.0.1.51/32') }));
    expect(steps(world)).toEqual(['ip-10-0-0-75: rule del from all to 10.0.1.51/32 priority 512 lookup 254']);
  });
  test("a setting of `default` is said to `lo` and the devices that copied it, and one's own stays", () => {
    const world = changed(({ sysctls }) => ({
      sysctls: new Map([...sysctls, ['net.ipv4.conf.default.rp_filter', '1'], ['net.ipv4.conf.ens6.rp_filter', '1']]),
    }));
    expect([...steps(world)].sort()).toEqual([
      'ip-10-0-0-75: net.ipv4.conf.default.rp_filter = 1',
      'ip-10-0-0-75: net.ipv4.conf.eni36f7c958f87.rp_filter = 2',
      'ip-10-0-0-75: net.ipv4.conf.eniaee705c1f69.rp_filter = 2',
      'ip-10-0-0-75: net.ipv4.conf.ens5.rp_filter = 2',
      'ip-10-0-0-75: net.ipv4.conf.ens6.rp_filter = 1',
      'ip-10-0-0-75: net.ipv4.conf.ens7.rp_filter = 2',
      'ip-10-0-0-75: net.ipv4.conf.lo.rp_filter = 0',
    ]);
  });
  test("IPv6's MTU of a device is copied from nothing, and where nobody speaks of it any more the namespace is made anew", () => {
    const spoken = (...settings: readonly (readonly [string, string])[]): World =>
      changed(({ sysctls }) => ({ sysctls: new Map([...sysctls, ...settings]) }));
    const own = spoken(['net.ipv6.conf.ens5.mtu', '1300']);
    expect(steps(own)).toEqual(['ip-10-0-0-75: net.ipv6.conf.ens5.mtu = 1300']);
    expect(steps(article, own)).toContain('add ip-10-0-0-75');
    expect(steps(spoken(['net.ipv6.conf.default.mtu', '1280']))).toEqual([
      'ip-10-0-0-75: net.ipv6.conf.default.mtu = 1280',
    ]);
  });
  describe('a setting nobody speaks of any more', () => {
    const spoken = changed(({ sysctls }) => ({
      sysctls: new Map([
        ...sysctls,
        ['net.ipv4.icmp_echo_enable_probe', '1'],
        ['net.ipv4.ip_forward_update_priority', '0'],
      ]),
    }));

    test('is again what it is where nobody touched it, and the namespace stays', () => {
      const fresh = new Map([
        ['net.ipv4.icmp_echo_enable_probe', '0'],
        ['net.ipv4.ip_forward_update_priority', '1'],
      ]);
      expect([...steps(article, spoken, (setting) => fresh.get(setting))].sort()).toEqual([
        'ip-10-0-0-75: net.ipv4.icmp_echo_enable_probe = 0',
        'ip-10-0-0-75: net.ipv4.ip_forward_update_priority = 1',
      ]);
    });

    test('where that is not known the namespace is made anew', () => {
      expect(steps(article, spoken)).toContain('add ip-10-0-0-75');
    });
  });
});

describe('what takes a line back', () => {
  for (const [line, back] of [
    ['addr add 10.0.0.1/24 brd 10.0.0.255 scope global dev eth0', 'addr del 10.0.0.1/24 dev eth0'],
    ['addr add 10.0.0.1 peer 10.0.0.2/32 scope global dev eth0', 'addr del 10.0.0.1 peer 10.0.0.2/32 dev eth0'],
    ['addr del 127.0.0.1/8 dev lo', 'addr add 127.0.0.1/8 dev lo'],
    ['route append 10.0.0.0/8 via 10.1.0.1 dev eth0 table 2', 'route del 10.0.0.0/8 via 10.1.0.1 dev eth0 table 2'],
    ['route del 10.0.0.0/8 dev eth0 table 254', 'route append 10.0.0.0/8 dev eth0 table 254'],
    ['route del fd00::/64 dev eth0 table 254', 'route add fd00::/64 dev eth0 table 254'],
    ['rule add from all priority 5 lookup 7', 'rule del from all priority 5 lookup 7'],
    ['neigh replace 10.0.0.9 dev eth0 lladdr 02:00:00:00:00:01 nud permanent', 'neigh del 10.0.0.9 dev eth0'],
    ['link property add dev eth0 altname other', 'link property del dev eth0 altname other'],
    ['link set dev eth0 txqueuelen 5', 'link set dev eth0 txqueuelen 1000'],
    ['link set dev lo up', 'link set dev lo down'],
    ['netns set other 3', undefined],
  ] as const)
    test(line, () => expect(invertLine(line)).toBe(back));
});

describe('pods come and go beside others', () => {
  const node = 'node/ip-192-168-96-10.eu-west-1.compute.internal';
  const numbersIn = (world: World): ReadonlyMap<string, string> =>
    new Map(
      [...world.netns.values()].flatMap(({ id, links }) =>
        links.map(
          (link) => [`${id} ${link.ifname}`, `${link.ifindex} ${link.link_index} ${link.link_netnsid}`] as const,
        ),
      ),
    );
  const three = podsOn('a', 'b', 'c');

  test.each([
    ['one less', ['a', 'c']],
    ['one more between them', ['a', 'aa', 'b', 'c']],
    ['one for another', ['a', 'bb', 'c']],
  ])('%s: whoever stays keeps the numbers it has', (_, names) => {
    const world = keepNumbers(planLab(three), podsOn(...names));
    const [was, is] = [numbersIn(three), numbersIn(world)];
    const stayed = [...was.keys()].filter((key) => is.has(key));
    expect(stayed.length).toBeGreaterThan(10);
    expect(stayed.map((key) => is.get(key))).toEqual(stayed.map((key) => was.get(key)));
    const links = [...world.netns.values()].find(({ id }) => id === node)?.links ?? [];
    const indexes = links.map(({ ifindex }) => ifindex);
    expect([...new Set(indexes)].sort((a, b) => a - b)).toEqual(indexes);
    const nsids = links.flatMap(({ link_netnsid }) => link_netnsid ?? []);
    expect(new Set(nsids).size).toBe(nsids.length);
  });
  test('its own cable and namespace are all that goes', () => {
    const less = steps(keepNumbers(planLab(three), podsOn('a', 'c')), three);
    expect(less.filter((line) => /: (?:netns|link) /.test(line))).toEqual([
      'ip-192-168_mfl3: link del enif69f59da3f4',
      'root: netns del b',
    ]);
  });
});
