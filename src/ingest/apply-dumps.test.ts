import { describe, expect, test } from 'vitest';
import { A, lazyWorld, SAVE, saved } from '../../test/ingest/lazy-world.ts';
import { exampleWorld } from '../../test/lab/worlds.ts';
import { type NetnsId, showRoute } from '../linux/index.ts';
import { mac } from '../net/index.ts';
import type { World } from '../world/index.ts';
import { applyDumps } from './apply-dumps.ts';
import { readNodeDump } from './read-node-dump.ts';

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

  describe('MAC addresses of a compiled cluster are made up: those that were collected hold at both ends', () => {
    const NODE = 'ip-10-0-0-75.ec2.internal';
    const POD = 'pod/packetlab/toolbox-a-6fb5b9b786-lszr4' as NetnsId; // a name of the example
    const compiled = exampleWorld('article');
    const laid = (files: Readonly<Record<string, unknown>>): World => {
      const texts = Object.entries(files).map(
        ([name, value]) => [name, { path: name, text: JSON.stringify(value) }] as const,
      );
      return applyDumps(compiled, [{ node: NODE, files: new Map(texts) }]).value;
    };
    const collected = mac('06:00:00:00:00:07');
    const link = (ifname: string): unknown => ({
      ifindex: 9,
      ifname,
      mtu: 9001,
      link_type: 'ether',
      address: collected,
    });
    const neighbour = (dst: string, dev: string): unknown => ({ dst, dev, lladdr: collected, state: ['REACHABLE'] });
    const written = (dst: string, dev: string): unknown => ({
      dst,
      dev,
      lladdr: '06:00:00:00:00:99',
      state: ['PERMANENT'],
    });
    const macOf = ({ netns }: World): string | undefined =>
      netns.get(POD)?.links.find(({ ifname }) => ifname === 'eth0')?.address;
    const VETH = 'eniaee705c1f69';
    const TAKEN = `permanent neighbour entries of dumps are taken to be right about whom nothing else collected tells the MAC address of: 10.0.1.51 dev ${VETH} lladdr 06:00:00:00:00:99 of node/${NODE}`;

    test('a permanent entry alone is taken to be right, and that is said', () => {
      const world = laid({ 'ip-neigh.json': [written('10.0.1.51', VETH)] });
      expect(macOf(world)).toBe('06:00:00:00:00:99');
      expect(world.assumptions).toContain(TAKEN);
    });

    test.each([
      ['after', [written('10.0.1.51', VETH), neighbour('fe80::1', VETH)]],
      ['before', [neighbour('fe80::1', VETH), written('10.0.1.51', VETH)]],
    ])('against one that was learned of the same device it is a wrong entry; %s', (_, entries) => {
      const world = laid({ 'ip-neigh.json': entries });
      expect(macOf(world)).toBe(collected);
      expect(world.assumptions).not.toContain(TAKEN);
    });

    test("of the node's own devices", () => {
      const { netns, fabric } = laid({ 'ip-link.json': [link('eniaee705c1f69'), link('ens5')] });
      expect(netns.get(POD)?.neighbours.map(({ lladdr }) => lladdr)).toEqual([collected]);
      const card = fabric.enis.find((eni) => eni.attachment?.netns === `node/${NODE}` && eni.deviceIndex === 0);
      expect(card?.mac).toBe(collected);
    });

    test('of whom the node has in its neighbour list: a pod, another node, the router', () => {
      const { netns, fabric } = laid({
        'ip-neigh.json': [
          neighbour('10.0.1.51', 'eniaee705c1f69'),
          neighbour('10.0.0.49', 'ens5'),
          neighbour('10.0.0.1', 'ens6'),
        ],
      });
      const addressOf = (id: string, dev: string): string | undefined =>
        netns.get(id as NetnsId)?.links.find(({ ifname }) => ifname === dev)?.address;
      expect(addressOf(POD, 'eth0')).toBe(collected);
      expect(addressOf('node/ip-10-0-0-49.ec2.internal', 'ens5')).toBe(collected);
      expect(fabric.enis.flatMap((eni) => (eni.routerMac === undefined ? [] : [eni.attachment?.dev]))).toEqual([
        'ens6',
      ]);
    });

    test("of a router that announces itself: by the node's entry, else by the address it is announced with", () => {
      const announced = [
        { dst: 'default', gateway: 'fe80::411:22ff:fe33:4455', dev: 'ens5', protocol: 'ra', flags: [] },
      ];
      const seen = { dst: 'fe80::411:22ff:fe33:4455', dev: 'ens5', lladdr: collected, state: ['REACHABLE'] };
      const routerOf = (files: Parameters<typeof laid>[0]): unknown =>
        laid(files).fabric.enis.flatMap(({ routerMac = [], attachment }) =>
          [routerMac].flat().map((of) => [attachment?.dev, of]),
        );
      expect(routerOf({ 'ip-6-route.json': announced })).toEqual([['ens5', '06:11:22:33:44:55']]);
      expect(routerOf({ 'ip-6-route.json': announced, 'ip-neigh.json': [seen] })).toEqual([['ens5', collected]]);
    });
  });
});
