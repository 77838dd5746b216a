import { describe, expect, test } from 'vitest';
import { id } from '../../test/sim/netns-from.ts';
import { CLIENT, NODE_A, PLAIN, testWorld } from '../../test/sim/test-world.ts';
import { OUTSIDE } from '../../test/sim/walks.ts';
import { parseIptablesSave, printIptablesSave } from '../linux/index.ts';
import { type Ip, ip } from '../net/index.ts';
import type { World } from '../world/index.ts';
import { resolveName } from './resolve-name.ts';

describe('names', () => {
  const withResolver = (nameservers: readonly string[], options: readonly string[] = ['ndots:5']): World => {
    const world = testWorld({ externalSnat: true });
    const client = world.netns.get(id(CLIENT));
    if (client === undefined) throw new Error('no client');
    const search = ['t.svc.cluster.local', 'svc.cluster.local', 'cluster.local'];
    return {
      ...world,
      netns: new Map([...world.netns, [client.id, { ...client, resolvConf: { nameservers, search, options } }]]),
    };
  };
  const asked = (world: World, name: string): string[] =>
    resolveName(world, CLIENT, name).queries.map((query) => `${query.type} ${query.name} ${query.rcode}`);

  test('search list first below ndots, A and AAAA each', () => {
    expect(asked(withResolver(['10.0.0.150']), 'web')).toEqual([
      'A web.t.svc.cluster.local NOERROR',
      'AAAA web.t.svc.cluster.local NOERROR',
    ]);
    expect(asked(withResolver(['10.0.0.150']), 'example.com')).toEqual([
      'A example.com.t.svc.cluster.local NXDOMAIN',
      'AAAA example.com.t.svc.cluster.local NXDOMAIN',
      'A example.com.svc.cluster.local NXDOMAIN',
      'AAAA example.com.svc.cluster.local NXDOMAIN',
      'A example.com.cluster.local NXDOMAIN',
      'AAAA example.com.cluster.local NXDOMAIN',
      'A example.com NOERROR',
      'AAAA example.com NOERROR',
    ]);
  });
  test('lines of /etc/hosts that nothing else puts in order stay as they stand, each time', () => {
    const hosts = ['203.0.113.9', '203.0.113.8'].map((address) => ({ address: ip(address), names: ['many'] }));
    expect(resolveName(withResolver([]), CLIENT, 'many', { hosts })).toMatchObject({
      addresses: ['203.0.113.9', '203.0.113.8'],
      first: ['203.0.113.9'],
    });
  });
  describe('options of resolv.conf', () => {
    const OTHER = '10.0.3.3'; // nobody has it
    const of = (nameservers: readonly string[], options: readonly string[], name = 'example.com.') =>
      resolveName(withResolver(nameservers, options), CLIENT, name);
    test.each<[string, readonly string[], readonly string[], number]>([
      ['a dead first server costs the time-out', [OTHER, '10.0.0.150'], [], 5],
      ['as long as it says', [OTHER, '10.0.0.150'], ['timeout:2'], 2],
      ['but a second at least', [OTHER, '10.0.0.150'], ['timeout:0'], 1],
      ['and 30 at most', [OTHER, '10.0.0.150'], ['timeout:99'], 30],
      ['attempts do not matter where one answers', [OTHER, '10.0.0.150'], ['attempts:5'], 5],
      ['two dead ones of three', [OTHER, '10.0.3.4', '10.0.0.150'], [], 5 + 3],
      ['a fourth is never asked', [OTHER, '10.0.3.4', '10.0.3.5', '10.0.0.150'], [], 2 * (5 + 3 + 6)],
      ['none answers: each as often as attempts say', [OTHER], ['attempts:3', 'timeout:4'], 12],
      ['which is twice', [OTHER], [], 10],
      ['none is waited for that answers', ['10.0.0.150', OTHER], [], 0],
      ['TCP has times of its own', [OTHER, '10.0.0.2'], ['use-vc'], 0],
    ])('%s: %j %j', (_, nameservers, options, seconds) => {
      expect(of(nameservers, options).waited).toBe(seconds);
    });
    test('each name of the search list waits anew', () => {
      expect(of([OTHER, '10.0.0.150'], ['ndots:5'], 'example.com').waited).toBe(4 * 5);
    });
    test('attempts:0 is not walked', () => {
      expect(of(['10.0.0.150'], ['attempts:0']).unknowns).toEqual([expect.stringContaining('attempts:0')]);
    });
    test('ndots is at most 15, and what begins with no digit is 0', () => {
      expect(asked(withResolver(['10.0.0.150'], ['ndots:many']), 'web')[0]).toBe('A web NXDOMAIN');
      expect(asked(withResolver(['10.0.0.150'], ['ndots:99']), 'a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p')[0]).toMatch(
        /^A a\S+p NX/,
      );
    });
    test('no-aaaa, and a bare name that is not asked for as it is', () => {
      expect(asked(withResolver(['10.0.0.150'], ['no-aaaa']), 'example.com.')).toEqual(['A example.com NOERROR']);
      expect(asked(withResolver(['10.0.0.150'], ['no-tld-query']), 'nothing').at(-1)).toBe(
        'AAAA nothing.cluster.local NXDOMAIN',
      );
    });
    test('rotate: the same answer from whichever is first, or nobody knows which', () => {
      expect(of(['10.0.0.150', '10.0.0.2'], ['rotate'])).toMatchObject({ addresses: [OUTSIDE], unknowns: [] });
      expect(of(['10.0.0.150', OTHER], ['rotate'])).toMatchObject({ addresses: [OUTSIDE], unknowns: [] });
      const web = of(['10.0.0.150', '10.0.0.2'], ['rotate'], 'web.t.svc.cluster.local');
      expect(web.unknowns).toEqual([expect.stringContaining('rotate')]);
    });
    test('use-vc asks by TCP', () => {
      expect(of(['10.0.0.2'], ['use-vc']).addresses).toEqual([OUTSIDE]);
      // The name server of the test world listens on UDP alone.
      expect(of(['10.0.0.150'], ['use-vc']).addresses).toEqual([]);
    });
  });
  test('a trailing dot stops the search', () => {
    expect(asked(withResolver(['10.0.0.150']), 'example.com.')).toEqual([
      'A example.com NOERROR',
      'AAAA example.com NOERROR',
    ]);
  });
  test.each([['10.0.0.2'], ['169.254.169.253']])('the resolver %s knows outside names only', (server) => {
    const { addresses, queries } = resolveName(withResolver([server], []), CLIENT, 'example.com');
    expect(addresses).toEqual<Ip[]>([ip(OUTSIDE)]);
    expect(queries[0]?.answeredBy).toBe('upstream');
    expect(resolveName(withResolver([server], []), CLIENT, 'web').addresses).toEqual([]);
  });
  test("another Service's address leads to the cluster's name server: what counts is who answers", () => {
    const world = withResolver(['172.20.0.53']);
    const node = world.netns.get(id(NODE_A));
    if (node === undefined) throw new Error('no node');
    const rule = '-A LB-SERVICES -d 172.20.0.53/32 -p udp -m udp --dport 53 -j DNAT --to-destination 10.0.0.150:53';
    const text = printIptablesSave(node.iptables.ip).replace('-A LB-SERVICES -d', `${rule}\n$&`);
    const iptables = { ...node.iptables, ip: parseIptablesSave(text, 'iptables-save', 4).value };
    const netns = new Map([...world.netns, [node.id, { ...node, iptables }]]);
    expect(resolveName({ ...world, netns }, CLIENT, 'web').addresses).toEqual([ip('172.20.0.80')]);
  });
  test.each([
    ['one that answers', ['10.0.0.2'], 'NOERROR', [OUTSIDE], []],
    ['one that is silent', ['10.0.3.3'], 'SERVFAIL', [], ['10.0.3.3 host/plain']],
    ['the next one', ['10.0.3.3', '10.0.0.2'], 'NOERROR', [OUTSIDE], ['10.0.3.3 host/plain']],
    ['itself', ['10.0.0.150'], 'NOERROR', [], []],
  ] as const)('outside names the cluster asks of %s', (_, nameservers, rcode, addresses, silent) => {
    const world = withResolver(['10.0.0.150'], []);
    const server = world.netns.get(id(PLAIN));
    if (server === undefined) throw new Error('no server');
    const resolvConf = { nameservers, search: [], options: [] };
    const netns = new Map([...world.netns, [server.id, { ...server, resolvConf }]]);
    const got = resolveName({ ...world, netns }, CLIENT, 'example.com.');
    expect(got.queries[0]?.rcode).toBe(rcode);
    expect(got.addresses).toEqual(addresses);
    expect(got.silent.map(({ address, by }) => `${address} ${by}`)).toEqual(silent);
    expect(got.unknowns.length).toBe(nameservers[0] === '10.0.0.150' ? 1 : 0);
    expect(resolveName({ ...world, netns }, CLIENT, 'web.t.svc.cluster.local').addresses).toEqual([ip('172.20.0.80')]);
  });
  test('a server that says SERVFAIL has not answered: the next one is asked', () => {
    const world = withResolver(['10.0.0.150', '10.0.0.2'], []);
    const server = world.netns.get(id(PLAIN));
    if (server === undefined) throw new Error('no server');
    const resolvConf = { nameservers: ['10.0.3.3'], search: [], options: [] };
    const netns = new Map([...world.netns, [server.id, { ...server, resolvConf }]]);
    expect(resolveName({ ...world, netns }, CLIENT, 'example.com.').addresses).toEqual([ip(OUTSIDE)]);
  });
  describe('the search list ends where no server answers', () => {
    const names = (server: string, name: string, options: readonly string[] = []): readonly string[] => [
      ...new Set(resolveName(withResolver([server], options), CLIENT, name).queries.map((query) => query.name)),
    ];
    const [SILENT, REFUSING] = ['10.0.3.3', '10.0.0.75'];
    test.each([
      ['a time-out: then as it is', SILENT, 'foo', ['foo.t.svc.cluster.local', 'foo']],
      ['a time-out: as it is ends nothing', SILENT, 'foo.bar', ['foo.bar', 'foo.bar.t.svc.cluster.local']],
      ['refused', REFUSING, 'foo', ['foo.t.svc.cluster.local']],
      ['refused: as it is ends nothing', REFUSING, 'foo.bar', ['foo.bar', 'foo.bar.t.svc.cluster.local']],
      ['a time-out, a trailing dot', SILENT, 'foo.', ['foo']],
    ])('%s', (_, server, name, expected) => {
      expect(names(server, name)).toEqual(expected);
    });
    test('one silent server among refusing ones is a time-out', () => {
      const { queries } = resolveName(withResolver([REFUSING, SILENT], []), CLIENT, 'foo');
      expect([...new Set(queries.map((query) => query.name))]).toEqual(['foo.t.svc.cluster.local', 'foo']);
    });
  });
  test('a server no packet reaches answers nothing; the next one is asked', () => {
    expect(resolveName(withResolver(['10.0.3.3']), CLIENT, 'web').addresses).toEqual([]);
    expect(resolveName(withResolver(['10.0.3.3', '10.0.0.150']), CLIENT, 'web').addresses).toEqual([ip('172.20.0.80')]);
  });
});
