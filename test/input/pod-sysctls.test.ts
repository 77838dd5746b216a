import { describe, expect, test } from 'vitest';
import { ask } from '../../src/ask/index.ts';
import { showIssue } from '../../src/base/index.ts';
import { loadWorld } from '../../src/load/index.ts';
import { resolveName, simDataPlane } from '../../src/sim/index.ts';
import type { TraceResult } from '../../src/trace/index.ts';
import type { World } from '../../src/world/index.ts';
import { BASE } from '../unmodelled/testing.ts';

/** The base cluster, and the pod shop/tuned on n1 with `spec` beside what every pod has. */
function load(spec: string, status = 'phase: Running, podIP: 10.0.1.13', metadata = '') {
  const pod = `apiVersion: v1
kind: Pod
metadata: { name: tuned, namespace: shop, labels: { app: tuned }${metadata} }
spec:
  nodeName: n1
  containers: [{ name: main, image: "shop/tuned:1", ports: [{ containerPort: 8080 }] }]
${spec}
status: { ${status} }
`;
  const files = [
    { path: 'base.yaml', text: BASE },
    { path: 'tuned.yaml', text: pod },
  ];
  const { world, issues } = loadWorld(files, []);
  return { world, said: issues.filter(({ at }) => at.file === 'tuned.yaml').map(showIssue) };
}

const sysctls = (...of: readonly (readonly [name: string, value: string])[]): string =>
  `  securityContext:\n    sysctls: ${JSON.stringify(of.map(([name, value]) => ({ name, value })))}`;

async function trip(
  world: World | undefined,
  from: string,
  to: string,
  protocol?: 'icmp',
): Promise<TraceResult['roundTrips'][number]> {
  if (world === undefined) throw new Error('no world');
  const answer = await ask(
    { world, plane: simDataPlane, resolve: resolveName },
    { from, to, ...(protocol === undefined ? {} : { protocol }) },
  );
  const [first] = answer.ok ? answer.result.roundTrips : [];
  if (first === undefined) throw new Error(JSON.stringify(answer));
  return first;
}

const sysctl = (world: World | undefined, name: string): string | undefined =>
  [...(world?.netns ?? [])].find(([id]) => id === 'pod/shop/tuned')?.[1].sysctls.get(name);

describe('sysctls of a pod change its namespace', () => {
  test('ip_local_port_range is where its sockets get their ports', async () => {
    const { world, said } = load(sysctls(['net.ipv4.ip_local_port_range', '20000 20009']));
    expect(said).toEqual([]);
    const { farEnd } = await trip(world, 'pod/shop/tuned', 'svc/shop/web:80');
    expect(farEnd.sees.port).toBeGreaterThanOrEqual(20000);
    expect(farEnd.sees.port).toBeLessThanOrEqual(20009);
  });

  test('ip_local_reserved_ports are not taken', async () => {
    const { world } = load(
      sysctls(
        ['net.ipv4.ip_local_port_range', '20000 20009'],
        ['net.ipv4.ip_local_reserved_ports', '20000-20004,20006-20009'],
      ),
    );
    expect((await trip(world, 'pod/shop/tuned', 'svc/shop/web:80')).farEnd.sees.port).toBe(20005);
  });

  test('with every port reserved nothing is sent', async () => {
    const { world } = load(
      sysctls(['net.ipv4.ip_local_port_range', '20000 20009'], ['net.ipv4.ip_local_reserved_ports', '20000-20009']),
    );
    const { disposition } = await trip(world, 'pod/shop/tuned', 'svc/shop/web:80');
    expect(disposition).toBe('not-sent');
  });

  test('ip_default_ttl is what it sends with, answers to ping included', async () => {
    const { world, said } = load(sysctls(['net.ipv4.ip_default_ttl', '40']));
    const { farEnd } = await trip(world, 'pod/shop/tuned', 'svc/shop/web:80');
    expect(farEnd.ttl).toBe(38);
    const { reply } = await trip(world, 'pod/shop/web', 'pod/shop/tuned', 'icmp');
    expect(reply?.hops[0]?.steps[0]?.before.ttl).toBe(40);
    expect(said.join()).toMatch(/net\.ipv4\.ip_default_ttl.*allowedUnsafeSysctls/);
  });

  test('icmp_echo_ignore_all: pings get no answer, connections do', async () => {
    const { world } = load(sysctls(['net.ipv4.icmp_echo_ignore_all', '1']));
    expect((await trip(world, 'pod/shop/web', 'pod/shop/tuned', 'icmp')).disposition).toBe('dropped');
    expect((await trip(world, 'pod/shop/web', 'pod/shop/tuned:8080')).disposition).toBe('delivered');
  });

  test('a name may be written with slashes; ip_forward takes every device along', () => {
    const { world } = load(
      sysctls(
        ['net/ipv4/tcp_keepalive_time', '99'],
        ['net.ipv4.ip_forward', '0'],
        ['net.ipv4.conf.eth0.rp_filter', '1'],
      ),
    );
    expect(sysctl(world, 'net.ipv4.tcp_keepalive_time')).toBe('99');
    expect(sysctl(world, 'net.ipv4.conf.eth0.forwarding')).toBe('0');
    expect(sysctl(world, 'net.ipv4.conf.eth0.rp_filter')).toBe('1');
  });

  test('one a kubelet may refuse is said, whatever it is about', () => {
    expect(load(sysctls(['kernel.msgmax', '65536'])).said.join()).toMatch(/kernel\.msgmax.*allowedUnsafeSysctls/);
    expect(load(sysctls(['kernel.shm_rmid_forced', '1'])).said).toEqual([]);
  });

  test('a pod without any is as before', () => {
    expect(sysctl(load('').world, 'net.ipv4.ip_default_ttl')).toBe('127');
  });
});

describe('what the API server, the kubelet and the kernel say to them', () => {
  test.each([
    ['net.* beside hostNetwork', `  hostNetwork: true\n${sysctls(['net.ipv4.tcp_syncookies', '1'])}`, /hostNetwork/],
    ['one twice', sysctls(['net.ipv4.tcp_syncookies', '1'], ['net/ipv4/tcp_syncookies', '0']), /twice/],
    ['no name of a sysctl', sysctls(['Net ipv4', '1']), /"Net ipv4"/],
    ['a name the kernel does not have', sysctls(['net.ipv4.ip_default_tll', '9']), /ip_default_tll.*ip_default_ttl/],
    ['a device it does not have', sysctls(['net.ipv4.conf.eth1.rp_filter', '1']), /eth1.*eth0/],
    ['a range the wrong way round', sysctls(['net.ipv4.ip_local_port_range', '60000 1024']), /60000 1024/],
    ['a TTL no packet can have', sysctls(['net.ipv4.ip_default_ttl', '300']), /300/],
    ['a word for a number', sysctls(['net.ipv4.conf.all.rp_filter', 'loose']), /loose/],
  ])('%s is an error', (_, spec, says) => {
    const { world, said } = load(spec);
    expect(said.join('\n')).toMatch(says);
    expect(world).toBeUndefined();
  });

  test('the kubelet refuses a pod with a sysctl of no namespace: it never runs', () => {
    const { world, said } = load(sysctls(['vm.max_map_count', '262144']), 'phase: Pending');
    expect(said.join('\n')).toMatch(/"shop\/tuned".*SysctlForbidden.*vm\.max_map_count/);
    expect(world?.directory.pods.map(({ name }) => name)).not.toContain('tuned');
  });

  test('one run names every mistake, each at its own line and with its pod; an unknown name is told once', () => {
    const { said } = load(
      `  hostNetwork: true\n  securityContext:\n    sysctls:\n    - { name: net.ipv4.tcp_syncookies, value: "1" }\n    - { name: kernel.msgmax, value: "1" }\n    - { name: net.ipv4.ip_default_ttl, value: "300" }`,
      'phase: Running, podIP: 10.0.0.11',
    );
    expect(said).toEqual([
      expect.stringMatching(/^tuned\.yaml:10:15: Pod "shop\/tuned" has hostNetwork and sets net\.ipv4\.tcp_syncookies/),
      expect.stringMatching(/^tuned\.yaml:12:7: Pod "shop\/tuned" sets net\.ipv4\.ip_default_ttl to "300"/),
      expect.stringMatching(/^tuned\.yaml:12:15: Pod "shop\/tuned" has hostNetwork and sets net\.ipv4\.ip_default_ttl/),
    ]);
    expect(load(sysctls(['net.ipv4.nonesuch', '1'])).said).toEqual([
      expect.stringMatching(/sets net\.ipv4\.nonesuch, which is no sysctl that is known: it is left out/),
    ]);
  });

  test('a live pod shows that its kubelet allows them', () => {
    const { said } = load(
      sysctls(['net.ipv4.ip_default_ttl', '40']),
      'phase: Running, podIP: 10.0.1.13',
      ', uid: 6a9c',
    );
    expect(said).toEqual([]);
  });
});

describe('sysctls of a node', () => {
  const node = (name: string, value: string): readonly string[] => {
    const text = `apiVersion: packetwalk.dev/v1alpha1\nkind: NodeNetwork\nmetadata: { name: n1 }\nspec: { node: n1, sysctls: { "${name}": "${value}" } }\n`;
    const files = [
      { path: 'base.yaml', text: BASE },
      { path: 'node.yaml', text },
    ];
    return loadWorld(files, [])
      .issues.filter(({ at }) => at.file === 'node.yaml')
      .map(showIssue);
  };
  test('a name no kernel has is said, with the near one', () => {
    expect(node('net.ipv4.ip_forwrad', '0').join()).toMatch(/ip_forwrad.*ip_forward/);
  });
  test('so is a value no kernel takes', () => {
    expect(node('net.ipv4.conf.all.rp_filter', 'on').join()).toMatch(/rp_filter.*"on"/);
  });
  test('one of a pair it has is written', () => {
    expect(node('net.ipv4.conf.ens5.rp_filter', '1')).toEqual([]);
  });
});
