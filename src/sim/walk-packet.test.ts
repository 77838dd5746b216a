import { describe, expect, test } from 'vitest';
import { netnsFrom } from '../../test/sim/netns-from.ts';
import { CLIENT, PEER, PLAIN, testWorld } from '../../test/sim/test-world.ts';
import { ask, OUTSIDE, ping, walk, why } from '../../test/sim/walks.ts';
import { ip } from '../net/index.ts';
import type { Disposition, Probe, RoundTrip } from '../trace/index.ts';
import type { World } from '../world/index.ts';

describe('TTL: nodes take one each, the VPC none', () => {
  const world = testWorld({ externalSnat: true });
  const replyTtl = (trip: RoundTrip): number | undefined => trip.reply?.hops.at(-1)?.steps.at(-1)?.after.ttl;
  test.each([
    ['own node', ping(CLIENT, '10.0.0.75'), 127],
    ['a pod of the same node', ping(CLIENT, '10.0.1.60'), 126],
    ['another node', ping(CLIENT, '10.0.0.49'), 126],
    ['a pod of another node', ping(CLIENT, '10.0.2.127'), 125],
  ] as const)('ping %s', (_, probe, ttl) => expect(replyTtl(walk(world, probe))).toBe(ttl));

  test.each([
    [1, 'node/a', '10.0.0.75'],
    [2, 'nat-gateway/nat-a', '10.0.100.10'],
  ] as const)('TTL %i runs out at %s, and the client hears of it', (ttl, place, from) => {
    const trip = walk(world, ping(CLIENT, OUTSIDE, { ttl }));
    const last = trip.forward.hops.at(-1)?.where;
    expect(`${last?.kind}/${last?.name}`).toBe(place);
    expect(trip.disposition).toBe('ttl-exceeded');
    const heard = trip.reply?.hops.at(-1);
    expect(heard?.where).toEqual({ kind: 'pod', name: 't/client' });
    expect(heard?.steps.at(-1)?.after).toMatchObject({ src: from, icmp: { type: 11, code: 0 } });
  });

  test('a Service address pinged passes the NAT gateway and dies beyond it', () => {
    const at = (ttl: number): string => why(walk(world, ping(CLIENT, '172.20.0.80', { ttl })));
    expect(at(2)).toMatch(/^ttl-exceeded: TTL ran out at NAT gateway/);
    expect(at(3)).toMatch(/^dropped: .*no public address|not routed on the internet/);
  });
});

test('in a VPC nobody answers for a gateway outside the subnet: the node itself tells the sender', () => {
  const world = testWorld({ externalSnat: true });
  const gateway = ip('192.168.7.7');
  const netns = new Map(
    [...world.netns].map(([key, value]) => [
      key,
      key.startsWith('node/')
        ? {
            ...value,
            neighbours: [],
            routes: value.routes.map((route) => (route.gateway === undefined ? route : { ...route, gateway })),
          }
        : value,
    ]),
  );
  const trip = walk({ ...world, netns }, ask(CLIENT, OUTSIDE, 80));
  expect(trip.disposition).toBe('refused');
  expect(
    trip.forward.hops
      .at(-1)
      ?.steps.map(({ because }) => because)
      .join(),
  ).toMatch(/nobody on \S+ answers ARP for 192\.168\.7\.7/);
});

describe('how it ends', () => {
  const world = testWorld({ externalSnat: true });
  const circular = testWorld(
    { externalSnat: true },
    {
      routeTables: world.fabric.routeTables.map((table) => ({
        ...table,
        routes: table.routes.map((route) =>
          route.target.kind === 'internet-gateway' ? { ...route, target: { kind: 'nat-gateway', id: 'nat-a' } } : route,
        ),
      })),
    },
  );
  const rows: readonly (readonly [string, World, Probe, Disposition, RegExp])[] = [
    ['nobody listens', world, ask(CLIENT, '10.0.2.127', 9), 'refused', /nothing listens on TCP 9/],
    ['nobody owns it', world, ask(CLIENT, '10.0.3.3', 80), 'dropped', /no ENI in vpc-a owns 10\.0\.3\.3/],
    [
      'source check: a pod answers by the wrong card',
      testWorld({ externalSnat: true, connmark: false }),
      ask(PEER, '10.0.0.75', 32386),
      'reply-lost',
      /^/,
    ],
    [
      'uninvited through the NAT gateway',
      world,
      ask(`internet/${OUTSIDE}`, '203.0.113.10', 80),
      'dropped',
      /uninvited/,
    ],
    [
      'no way to a private address from outside',
      world,
      ask(`internet/${OUTSIDE}`, '10.0.0.150', 80),
      'dropped',
      /not routed on the internet/,
    ],
    ['a peer may not use the NAT gateway', world, ask(PEER, OUTSIDE, 80), 'dropped', /not transitive/],
    ['a blackhole', world, ask(CLIENT, '10.66.0.1', 80), 'dropped', /blackhole/],
    [
      'too big for the internet',
      world,
      ask(CLIENT, OUTSIDE, 80, { protocol: 'udp', size: 4000, df: true }),
      'too-big',
      /1500/,
    ],
    [
      'a NAT gateway whose own subnet routes to it',
      circular,
      ask(CLIENT, OUTSIDE, 80),
      'loop',
      /in a circle: it is at rtb-public: 0\.0\.0\.0\/0 → nat-a again/,
    ],
    ['a TTL too short for another round', circular, ask(CLIENT, OUTSIDE, 80, { ttl: 5 }), 'ttl-exceeded', /nat-a/],
    ['the namespace does not exist', world, ask('pod/t/nobody', OUTSIDE, 80), 'not-sent', /^/],
    [
      'no address to bind',
      world,
      ask(CLIENT, OUTSIDE, 80, { src: ip('10.0.1.60') }),
      'not-sent',
      /no address of this host/,
    ],
    ['something behind it nobody described', world, ask(CLIENT, '10.0.0.201', 80), 'unknown', /^/],
  ];
  test.each(rows)('%s', (_, on, probe, disposition, because) => {
    const trip = walk(on, probe);
    expect(trip.disposition, why(trip)).toBe(disposition);
    const leg = trip.diedAt === null ? undefined : trip[trip.diedAt.leg];
    const step = trip.diedAt === null ? undefined : leg?.hops[trip.diedAt.hop]?.steps[trip.diedAt.step];
    expect(step?.because ?? '').toMatch(because);
    expect(trip.clientSees).toBeNull();
    if (disposition === 'unknown') expect(trip.unknowns).not.toEqual([]);
  });

  describe('a NodePort without masquerade', () => {
    const probe = ask(PLAIN, '10.0.0.75', 32385);
    const bare = testWorld({ externalSnat: true, masquerade: false });
    test('with it, it is delivered', () =>
      expect(walk(testWorld({ externalSnat: true }), probe).disposition).toBe('delivered'));
    test("the client's address leaves by a card that does not own it", () => {
      expect(why(walk(bare, probe))).toMatch(/^dropped: ens5 does not own 10\.0\.0\.150: .*source\/destination check/);
    });
    test('where nothing checks, the endpoint answers the client directly, and its socket refuses', () => {
      const enis = bare.fabric.enis.map((each) => ({ ...each, sourceDestCheck: false }));
      const trip = walk({ ...bare, fabric: { ...bare.fabric, enis } }, probe);
      expect(trip.disposition, why(trip)).toBe('reply-not-accepted');
      expect(trip.diedAt?.leg).toBe('reply');
      expect(trip.farEnd).toMatchObject({ reached: true, name: 'pod/t/server', sees: { ip: '10.0.0.150' } });
    });
  });

  test('too big: the router tells the sender, through the NAT gateway', () => {
    const trip = walk(
      testWorld({ externalSnat: true }),
      ask(CLIENT, OUTSIDE, 80, { protocol: 'udp', size: 4000, df: true }),
    );
    const heard = trip.reply?.hops.at(-1);
    expect(heard?.where).toEqual({ kind: 'pod', name: 't/client' });
    expect(heard?.steps.at(-1)?.after).toMatchObject({ src: '10.0.100.1', icmp: { type: 3, code: 4, mtu: 1500 } });
  });

  test('a closed UDP port outside: the client hears port unreachable', () => {
    const trip = walk(testWorld({ externalSnat: true }), ask(CLIENT, OUTSIDE, 9, { protocol: 'udp' }));
    expect(trip.disposition).toBe('refused');
    expect(trip.reply?.disposition).toBe('delivered');
    expect(trip.reply?.hops.at(-1)?.where).toEqual({ kind: 'pod', name: 't/client' });
  });

  test('a closed UDP port inside, asked from outside', () => {
    const trip = walk(testWorld(), ask(`internet/${OUTSIDE}`, '203.0.113.20', 9, { protocol: 'udp' }));
    expect(trip.disposition).toBe('refused');
    expect(trip.reply?.hops.at(-1)?.steps.at(-1)?.after.icmp?.quoted?.dst).toBe('203.0.113.20');
  });
});

test('packets that go round end', () => {
  const router = (name: string, addresses: string, other: string): ReturnType<typeof netnsFrom> =>
    netnsFrom(name, { addresses, routes: `default via ${other} dev eth0`, sysctls: { 'net.ipv4.ip_forward': '1' } });
  const world = testWorld({ externalSnat: true }, {}, [
    router('host/left', 'eth0 192.168.7.1/24\neth1 192.168.8.1/24', '192.168.7.2'),
    router('host/right', 'eth0 192.168.7.2/24', '192.168.7.1'),
    router('host/origin', 'eth0 192.168.8.2/24', '192.168.8.1'),
  ]);
  const wires = [
    { a: { netns: 'host/left', dev: 'eth0' }, b: { netns: 'host/right', dev: 'eth0' } },
    { a: { netns: 'host/left', dev: 'eth1' }, b: { netns: 'host/origin', dev: 'eth0' } },
  ];
  const wired: World = { ...world, fabric: { ...world.fabric, wires } };
  const trip = walk(wired, ask('host/origin', OUTSIDE, 80, { ttl: 30 }));
  expect(trip.disposition, why(trip)).toBe('ttl-exceeded');
  expect(trip.forward.hops).toHaveLength(31);
});

test('a connect to the unspecified address means this host', () => {
  const world = testWorld({ externalSnat: true });
  const trip = walk(world, ask(CLIENT, '0.0.0.0', 8080));
  expect(trip.disposition).toBe('delivered');
  expect(trip.forward.hops.map(({ where }) => where.name)).toEqual(['t/client']);
  expect(trip.forward.hops.at(-1)?.steps.at(-1)?.after).toMatchObject({ src: '127.0.0.1', dst: '127.0.0.1' });
  const bound = walk(world, ask(CLIENT, '0.0.0.0', 8080, { src: ip('10.0.1.51') }));
  expect(bound.forward.hops.at(-1)?.steps.at(-1)?.after).toMatchObject({ src: '10.0.1.51', dst: '10.0.1.51' });
});
