import { describe, expect, test } from 'vitest';
import { A, B, lazyWorld, SAVE, saved } from '../../test/ingest/lazy-world.ts';
import { type Netns, showRoute, showRule } from '../linux/index.ts';
import { applyDumps } from './apply-dumps.ts';
import { applyPatches, type Patch } from './apply-patches.ts';

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
  test('a table that is named and not there is made, with chains of its own', () => {
    const { netns, messages } = patched(
      patch('iptables-save', { add: ['-t raw -A PREROUTING -p udp -j NOTRACK', '-t security -P INPUT DROP'] }),
    );
    expect(messages).toEqual([]);
    expect(saved(netns)).toContain(
      '*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -p udp -j NOTRACK\nCOMMIT\n',
    );
    expect(saved(netns)).toContain(
      '*security\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n',
    );
    expect(patched(patch('iptables-save', { add: ['-t raw -A FORWARD -j DROP'] })).messages).toEqual([
      'No chain "FORWARD" in table raw',
    ]);
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
  const { sysctls } = after.value.netns.get(B) ?? {};
  expect(sysctls?.get('net.ipv4.ip_forward')).toBe('1');
  // What the dump does not say is as compiled, and said so.
  expect(sysctls?.get('net.ipv4.conf.ens5.rp_filter')).toBe('2');
  expect(after.value.assumptions.at(-1)).toMatch(
    /^the sysctl dump of node\/b does not say net\.ipv4\.conf\.all\.rp_filter,/,
  );
  expect(after.value.netns.get(B)).toBe(after.value.netns.get(B));
});
