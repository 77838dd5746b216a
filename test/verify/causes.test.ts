import { describe, expect, test } from 'vitest';
import { type Netns, parseIpJsonRule } from '../../src/linux/index.ts';
import { ip } from '../../src/net/index.ts';
import type { Blocker, Cause, Probe } from '../../src/trace/index.ts';
import { blockersOf } from '../../src/verify/index.ts';
import type { World } from '../../src/world/index.ts';
import { netnsFrom } from '../sim/netns-from.ts';
import { BASTION, CLIENT, PEER, PLAIN, testWorld } from '../sim/test-world.ts';
import { ask, OUTSIDE, ping, walk, why } from '../sim/walks.ts';

// What killed a packet is told by kind and value, never read out of a rule's or a message's words.

const world = testWorld({ externalSnat: true });

function blockerOf(on: World, probe: Probe): Blocker {
  const trip = walk(on, probe);
  const [blocker] = blockersOf([trip], on.directory);
  if (blocker === undefined) throw new Error(`nothing stops it: ${why(trip)}`);
  return blocker;
}

/** One host behind a router of a World of its own: `far` is 192.168.8.2 on its wire, and asks through `router`. */
function routed(of: Parameters<typeof netnsFrom>[1], sysctls: Readonly<Record<string, string>> = {}): World {
  const base = testWorld({ externalSnat: true }, {}, [
    netnsFrom('host/router', {
      ...of,
      addresses: `eth0 192.168.7.1/24\neth1 192.168.8.1/24\n${of.addresses}`.trim(),
      sysctls: { 'net.ipv4.ip_forward': '1', ...sysctls },
    }),
    netnsFrom('host/left', {
      addresses: 'eth0 192.168.7.2/24',
      routes: 'default via 192.168.7.1 dev eth0',
      sockets: [{ protocol: 'tcp', local: '*', port: 80, process: 'nginx' }],
    }),
    netnsFrom('host/origin', {
      addresses: 'eth0 192.168.8.2/24\neth0 192.168.7.1/32',
      routes: 'default via 192.168.8.1 dev eth0',
    }),
  ]);
  const wires = [
    { a: { netns: 'host/router', dev: 'eth0' }, b: { netns: 'host/left', dev: 'eth0' } },
    { a: { netns: 'host/router', dev: 'eth1' }, b: { netns: 'host/origin', dev: 'eth0' } },
  ];
  return { ...base, fabric: { ...base.fabric, wires } };
}

const through = (dst: string, of: Partial<Probe> = {}): Probe => ask('host/origin', dst, 80, of);
const router = (routes: string, sysctls?: Readonly<Record<string, string>>): World =>
  routed({ addresses: '', routes }, sysctls);
const filtered = (rules: string): World => routed({ addresses: '', iptables: `*filter\n${rules}\nCOMMIT\n` });

function without(netns: string, change: (of: Netns) => Netns): World {
  const changed = new Map(world.netns);
  for (const [id, each] of world.netns) if (id === netns) changed.set(id, change(each));
  return { ...world, netns: changed };
}

const rows: readonly (readonly [string, World, Probe, Cause, RegExp])[] = [
  [
    'nothing listens',
    world,
    ask(CLIENT, '10.0.2.127', 9),
    { kind: 'closed-port', protocol: 'tcp', port: 9 },
    /^check the port/,
  ],
  [
    'a REJECT rule',
    filtered('-A FORWARD -j REJECT'),
    through('192.168.7.2'),
    { kind: 'rule', verdict: 'reject', table: 'filter', chain: 'FORWARD' },
    /rejects it/,
  ],
  [
    'a DROP rule',
    filtered('-A FORWARD -j DROP'),
    through('192.168.7.2'),
    { kind: 'rule', verdict: 'drop', table: 'filter', chain: 'FORWARD' },
    /drops it/,
  ],
  [
    'a DROP rule whose comment names what other rules do',
    filtered('-A FORWARD -m comment --comment "a/b has no endpoints; rp_filter; sourceDestCheck" -j DROP'),
    through('192.168.7.2'),
    { kind: 'rule', verdict: 'drop', table: 'filter', chain: 'FORWARD' },
    /drops it/,
  ],
  [
    'a policy',
    filtered(':FORWARD DROP [0:0]'),
    through('192.168.7.2'),
    { kind: 'policy', hook: 'FORWARD', table: 'filter', family: 4 },
    /iptables -P FORWARD ACCEPT/,
  ],
  [
    'what conntrack calls INVALID',
    filtered('-A FORWARD -m conntrack --ctstate INVALID -j DROP'),
    through('192.168.7.2', { ctState: 'INVALID' }),
    { kind: 'ct-invalid', protocol: 'tcp' },
    /^leave this rule/,
  ],
  [
    'UDP-Lite, which conntrack calls INVALID',
    filtered('-A FORWARD -m conntrack --ctstate INVALID -j DROP'),
    through('192.168.7.2', { protocol: 'udplite', dport: 53 }),
    { kind: 'ct-invalid', protocol: 'udplite' },
    /^use UDP/,
  ],
  [
    'an unreachable route',
    router('unreachable 192.168.9.0/24'),
    through('192.168.9.1'),
    { kind: 'refusing-route', by: 'route', type: 'unreachable' },
    /ip route/,
  ],
  [
    'a prohibit route',
    router('prohibit 192.168.9.0/24'),
    through('192.168.9.1'),
    { kind: 'refusing-route', by: 'route', type: 'prohibit' },
    /ip route/,
  ],
  [
    'a blackhole route',
    router('blackhole 192.168.9.0/24'),
    through('192.168.9.1'),
    { kind: 'refusing-route', by: 'route', type: 'blackhole' },
    /ip route/,
  ],
  ['no route on the way', router(''), through('192.168.9.1'), { kind: 'no-route', dst: ip('192.168.9.1') }, /ip route/],
  [
    'rp_filter',
    router('192.168.8.2/32 dev eth0', { 'net.ipv4.conf.eth1.rp_filter': '1' }),
    through('192.168.7.2'),
    { kind: 'rp-filter', dev: 'eth1', mode: 1 },
    /rp_filter/,
  ],
  [
    "a source that is the router's own",
    router(''),
    through('192.168.7.2', { src: ip('192.168.7.1') }),
    { kind: 'martian', address: ip('192.168.7.1') },
    /look for who wrote it/,
  ],
  [
    'no forwarding',
    router('', { 'net.ipv4.ip_forward': '0' }),
    through('192.168.7.2'),
    { kind: 'no-forwarding', sysctl: 'net.ipv4.conf.eth1.forwarding' },
    /sysctl -w/,
  ],
  ['TTL', world, ping(CLIENT, OUTSIDE, { ttl: 1 }), { kind: 'ttl' }, /TTL/],
  [
    'MTU',
    world,
    ask(CLIENT, OUTSIDE, 80, { protocol: 'udp', size: 4000, df: true }),
    { kind: 'mtu', mtu: 1500, told: 1500 },
    // Whether fewer bytes arrive is for a walk to say.
    /^$/,
  ],
  [
    'a message its socket may not cut',
    world,
    ping(CLIENT, OUTSIDE, { size: 9002, df: true }),
    { kind: 'message-size', mtu: 9001 },
    /^$/,
  ],
  [
    'a device without its carrier',
    without(CLIENT, (of) => ({
      ...of,
      links: of.links.map((link) => ({ ...link, flags: [...link.flags, 'NO-CARRIER'] as const })),
    })),
    ask(CLIENT, OUTSIDE, 80),
    { kind: 'device', dev: 'eth0', state: 'no-carrier' },
    /other end/,
  ],
  [
    'a neighbour that failed',
    without(CLIENT, (of) => ({ ...of, neighbours: [{ dst: ip('169.254.1.1'), dev: 'eth0', state: 'FAILED' }] })),
    ask(CLIENT, OUTSIDE, 80),
    { kind: 'no-neighbour', dev: 'eth0', address: ip('169.254.1.1') },
    /ip neigh/,
  ],
  [
    'no address to bind',
    world,
    ask(CLIENT, OUTSIDE, 80, { src: ip('10.0.1.60') }),
    { kind: 'foreign-source', address: ip('10.0.1.60') },
    /bind/,
  ],
  ['nobody in the VPC', world, ask(CLIENT, '10.0.3.3', 80), { kind: 'unowned', address: ip('10.0.3.3') }, /no machine/],
  ['nobody on the link', world, ask(PLAIN, '10.0.3.3', 80), { kind: 'unowned', address: ip('10.0.3.3') }, /no machine/],
  [
    'a blackhole of the VPC',
    world,
    ask(CLIENT, '10.66.0.1', 80),
    { kind: 'vpc-blackhole', table: 'rtb-private', destination: '10.66.0.0/16' },
    /route table rtb-private/,
  ],
  [
    'no VPC route',
    testWorld(
      { externalSnat: true },
      {
        routeTables: world.fabric.routeTables.map((table) => ({
          ...table,
          routes: table.routes.filter(({ destination }) => destination.prefix > 0),
        })),
      },
    ),
    ask(CLIENT, OUTSIDE, 80),
    { kind: 'no-vpc-route', table: 'rtb-private', dst: ip(OUTSIDE) },
    /add a route/,
  ],
  [
    'a private address on the internet',
    world,
    ask(BASTION, '192.168.77.1', 80),
    { kind: 'private-destination', address: ip('192.168.77.1') },
    /more specific route/,
  ],
  [
    'a private address called from the internet',
    world,
    ask(`internet/${OUTSIDE}`, '10.0.0.150', 80),
    { kind: 'private-destination', address: ip('10.0.0.150'), caller: 'internet' },
    /by a public address/,
  ],
  [
    'a private source at the internet gateway',
    world,
    ask('host/hidden', OUTSIDE, 80),
    { kind: 'private-source', gateway: 'igw-a', address: ip('10.0.100.30') },
    /NAT gateway/,
  ],
  [
    'the source check',
    testWorld({ externalSnat: true, masquerade: false }),
    ask(PLAIN, '10.0.0.75', 32385),
    { kind: 'source-check', address: ip('10.0.0.150'), story: 'forwarded' },
    /masquerade/,
  ],
  [
    'a protocol nothing takes',
    world,
    { ...ping(CLIENT, '10.0.0.150'), protocol: 99 },
    { kind: 'no-handler', protocol: 99 },
    /raw socket/,
  ],
  [
    'a NAT gateway lets nobody in',
    world,
    ask(`internet/${OUTSIDE}`, '203.0.113.10', 80),
    { kind: 'uninvited', gateway: 'nat-a' },
    /from inside/,
  ],
  [
    'a peering is not transitive',
    world,
    ask(PEER, OUTSIDE, 80),
    { kind: 'not-transitive', peering: 'pcx', address: ip(OUTSIDE) },
    /VPC of its own/,
  ],
];

test('an error whose way back a rule decides that is not modelled: the answer is unknown, the cause stands', () => {
  const on = router('unreachable 192.168.10.0/24');
  const rule = parseIpJsonRule('[{"priority":100,"src":"all","ipproto":"icmp","l3mdev":null,"table":"main"}]', 'r', 4);
  const netns = new Map(on.netns);
  for (const [id, each] of on.netns)
    if (id === 'host/router') netns.set(id, { ...each, rules: [...rule.value, ...each.rules] });
  const trip = walk({ ...on, netns }, through('192.168.10.1'));
  expect(trip.disposition).toBe('refused');
  expect(trip.reply?.disposition).toBe('unknown');
  expect(trip.unknowns).toEqual([expect.stringContaining('ip rule 100')]);
});

describe('what stops a walk', () => {
  test.each(rows)('%s', (_, on, probe, cause, fix) => {
    const blocker = blockerOf(on, probe);
    expect(blocker.cause, blocker.message).toMatchObject(cause);
    expect(blocker.fix).toMatch(fix);
    expect(blocker.setFlags).toEqual([]);
  });

  test('every kind has words of its own', () => {
    const told = rows.map(([, on, probe]) => blockerOf(on, probe));
    const sized = new Set<string>(['mtu', 'message-size']);
    for (const { cause, fix } of told) expect(fix === '', cause.kind).toBe(sized.has(cause.kind));
    const others = told.filter(({ cause }) => !sized.has(cause.kind));
    const fixes = new Map(others.map(({ cause, fix }) => [fix, cause.kind]));
    expect(new Set(fixes.values())).toEqual(new Set(others.map(({ cause }) => cause.kind)));
  });
});
