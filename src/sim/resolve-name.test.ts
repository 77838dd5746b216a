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
  test('a server no packet reaches answers nothing; the next one is asked', () => {
    expect(resolveName(withResolver(['10.0.3.3']), CLIENT, 'web').addresses).toEqual([]);
    expect(resolveName(withResolver(['10.0.3.3', '10.0.0.150']), CLIENT, 'web').addresses).toEqual([ip('172.20.0.80')]);
  });
});
