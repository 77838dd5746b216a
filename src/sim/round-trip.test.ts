import { describe, expect, test } from 'vitest';
import { type ConntrackEntry, type Netns, parseIptablesSave, printIptablesSave } from '../linux/index.ts';
import { type Ip, ip, type Protocol } from '../net/index.ts';
import type { Disposition, Probe, RoundTrip, Step } from '../trace/index.ts';
import type { World } from '../world/index.ts';
import { resolveName } from './resolve-name.ts';
import { openSession } from './session.ts';
import { walkSim } from './sim-data-plane.ts';
import { BASTION, CLIENT, id, NEAR, NODE_A, NODE_B, netnsFrom, PEER, PLAIN, SERVER, testWorld } from './test-world.ts';

const OUTSIDE = '198.51.100.7';

const ask = (from: string, dst: string, dport?: number, of: Partial<Probe> = {}): Probe => ({
  from,
  dst: ip(dst),
  protocol: 'tcp',
  ...(dport === undefined ? {} : { dport }),
  ...of,
});
const ping = (from: string, dst: string, of: Partial<Probe> = {}): Probe =>
  ask(from, dst, undefined, { protocol: 'icmp', ...of });

function walk(world: World, probe: Probe): RoundTrip {
  const [trip] = walkSim(world, probe, { choice: { kind: 'first' }, detail: 'full' });
  if (trip === undefined) throw new Error('no round trip');
  return trip;
}

const stepsOf = (trip: RoundTrip): readonly Step[] => trip.forward.hops.flatMap((hop) => hop.steps);
const egress = (trip: RoundTrip, leg: 'forward' | 'reply', place: string): string[] =>
  (trip[leg]?.hops ?? [])
    .filter((hop) => `${hop.where.kind}/${hop.where.name}` === place)
    .flatMap((hop) => hop.steps.flatMap((step) => (step.kind === 'leave' ? [step.dev] : [])));
const why = (trip: RoundTrip): string => `${trip.disposition}: ${stepsOf(trip).at(-1)?.because ?? ''}`;

/** `RoundTrip.farEnd` in one line: who is reached, and whom it sees. */
const seen = (trip: RoundTrip): string =>
  `${trip.disposition} ${trip.farEnd.name} sees ${trip.farEnd.sees.ip} (${trip.farEnd.sees.identity.kind})`;

describe('who the far end sees', () => {
  const inside = testWorld({ externalSnat: false });
  const external = testWorld({ externalSnat: true });
  test.each([
    ['in the VPC: the pod', inside, ask(CLIENT, '10.0.2.127', 8080), 'delivered pod/t/server sees 10.0.1.51 (pod)'],
    [
      'by Service address: the pod',
      inside,
      ask(CLIENT, '172.20.0.80', 80),
      'delivered pod/t/server sees 10.0.1.51 (pod)',
    ],
    ['on one node: the pod', inside, ask(NEAR, '10.0.1.51', 8080), 'delivered pod/t/client sees 10.0.1.60 (pod)'],
    ['a server in the VPC', inside, ask(CLIENT, '10.0.0.150', 80), 'delivered host/plain sees 10.0.1.51 (pod)'],
    [
      'over a peering, SNAT on: the node',
      inside,
      ask(CLIENT, '10.9.0.10', 80),
      'delivered host/peer sees 10.0.0.75 (node)',
    ],
    [
      'over a peering, SNAT off: the pod',
      external,
      ask(CLIENT, '10.9.0.10', 80),
      'delivered host/peer sees 10.0.1.51 (pod)',
    ],
    [
      'on the internet, SNAT on: the NAT gateway',
      inside,
      ask(CLIENT, OUTSIDE, 443),
      `delivered internet/${OUTSIDE} sees 203.0.113.10 (nat-gateway)`,
    ],
    [
      'on the internet, SNAT off: the NAT gateway',
      external,
      ask(CLIENT, OUTSIDE, 443),
      `delivered internet/${OUTSIDE} sees 203.0.113.10 (nat-gateway)`,
    ],
    [
      'NodePort of the own node, masqueraded: the node',
      inside,
      ask(NEAR, '10.0.0.75', 32385),
      'delivered pod/t/server sees 10.0.0.75 (node)',
    ],
    [
      'NodePort with policy Local: the client',
      inside,
      ask(PEER, '10.0.0.75', 32386),
      'delivered pod/t/client sees 10.9.0.10 (server)',
    ],
    ['the API server', inside, ask(CLIENT, '10.0.0.200', 443), 'delivered control-plane/lab sees 10.0.1.51 (pod)'],
    [
      'the API server over a peering',
      testWorld({ externalSnat: true }),
      ask(PEER, '10.0.0.200', 443),
      'delivered control-plane/lab sees 10.9.0.10 (server)',
    ],
    [
      'from outside to a public address',
      inside,
      ask(`internet/${OUTSIDE}`, '203.0.113.20', 80),
      'delivered host/bastion sees 198.51.100.7 (internet-client)',
    ],
  ] as const)('%s', (_, world, probe, want) => {
    const trip = walk(world, probe);
    expect(seen(trip), why(trip)).toBe(want);
    expect(trip.clientSees).toEqual({ ip: probe.dst, port: probe.dport });
  });
});

describe('which card a packet takes', () => {
  const snat = walk(testWorld({ externalSnat: false }), ask(CLIENT, OUTSIDE, 443));
  const external = walk(testWorld({ externalSnat: true }), ask(CLIENT, OUTSIDE, 443));
  test('translated to the node: the primary one, by the mark', () =>
    expect(egress(snat, 'forward', NODE_A)).toEqual(['ens5']));
  test('untranslated: the one its address is on', () => expect(egress(external, 'forward', NODE_A)).toEqual(['ens6']));
  test('a NodePort answer goes back by the primary one', () => {
    const trip = walk(testWorld({ externalSnat: true }), ask(PEER, '10.0.0.75', 32386));
    expect(egress(trip, 'reply', NODE_A)).toEqual(['ens5']);
  });
});

describe('conntrack on the node of the client', () => {
  const entry = (world: World, probe: Probe, node: string = NODE_A): ConntrackEntry => {
    const session = openSession(world);
    session.send(probe);
    const [found, ...more] = session.conntrack(id(node));
    if (found === undefined || more.length > 0) throw new Error(`${more.length + 1} entries`);
    return found;
  };
  const inside = testWorld({ externalSnat: false });
  const sport = { sport: 40000 };
  test.each([
    ['SNAT: the node, another port, mark 128', ask(CLIENT, OUTSIDE, 443, sport), '10.0.0.75', false, 128],
    ['in the VPC: untouched, mark 0', ask(CLIENT, '10.0.2.127', 8080, sport), '10.0.1.51', true, 0],
    ['Service: source untouched, mark 0', ask(CLIENT, '172.20.0.80', 80, sport), '10.0.1.51', true, 0],
    ['the same node: untouched, mark 0', ask(NEAR, '10.0.1.51', 8080, sport), '10.0.1.60', true, 0],
    ['NodePort Local: source untouched, mark 128', ask(PEER, '10.0.0.75', 32386, sport), '10.9.0.10', true, 128],
    ["the node's own packets: another port", ask(NODE_A, OUTSIDE, 443, sport), '10.0.0.75', false, 128],
  ] as const)('%s', (_, probe, replyDst, keepsPort, mark) => {
    const found = entry(inside, probe);
    expect(found.reply.dst).toBe(replyDst);
    expect(found.reply.dport === 40000).toBe(keepsPort);
    expect(found.mark).toBe(mark);
    expect(found.unreplied).toBe(false);
  });
  test('after a whole exchange the connection is in TIME_WAIT; the clock forgets it', () => {
    const session = openSession(inside);
    session.converse(ask(CLIENT, '172.20.0.80', 80));
    expect(session.conntrack(id(NODE_A))).toMatchObject([
      { state: 'TIME_WAIT', assured: true, original: { dst: '172.20.0.80' }, reply: { src: '10.0.2.127' } },
    ]);
    session.advance(121);
    expect(session.conntrack(id(NODE_A))).toEqual([]);
  });
});

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

describe('how it ends', () => {
  const world = testWorld({ externalSnat: true });
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

describe('packets after the first', () => {
  test('the third packet walks the same way', () => {
    const trip = walk(testWorld({ externalSnat: false }), ask(CLIENT, OUTSIDE, 443));
    expect(trip.followUp?.disposition).toBe('delivered');
    expect(trip.unknowns).toEqual([]);
  });

  test('another card of the same node is another way', () => {
    // The mark that sends a translated packet by ens5 is set by a nat rule and not restored: later packets go by ens6.
    const world = testWorld({ externalSnat: false });
    const node = world.netns.get(id(NODE_A));
    if (node === undefined) throw new Error('no node');
    const { ip: tables } = node.iptables;
    const lost = {
      ...node,
      iptables: { ...node.iptables, ip: new Map([...tables].filter(([name]) => name !== 'mangle')) },
    };
    const open = world.fabric.enis.map((each) => ({ ...each, sourceDestCheck: false }));
    const drifting: World = {
      ...world,
      netns: new Map([...world.netns, [lost.id, lost]]),
      fabric: { ...world.fabric, enis: open },
    };
    const trip = walk(drifting, ask(CLIENT, '10.9.0.10', 80));
    expect(
      trip.followUp?.hops.flatMap((hop) => hop.steps.filter((step) => step.kind === 'leave').map((step) => step.dev)),
    ).toContain('ens6');
  });

  test('a second connection to the same end is a new socket: its own port, its own first packet', () => {
    const session = openSession(testWorld({ externalSnat: true }));
    const first = session.bind(ask(CLIENT, OUTSIDE, 443));
    session.send(first);
    const second = session.bind(ask(CLIENT, OUTSIDE, 443));
    expect(second.sport).not.toBe(first.sport);
    expect(session.send(second).clientSees).toEqual({ ip: OUTSIDE, port: 443 });
    expect(session.bind({ ...second, dport: 444, sport: 40_000 }).sport).toBe(40_000);
  });

  test('an idle connection meets a NAT gateway that forgot it', () => {
    const session = openSession(testWorld({ externalSnat: true }));
    const probe = ask(CLIENT, OUTSIDE, 443);
    expect(session.send(probe).disposition).toBe('delivered');
    session.advance(300);
    expect(session.resume(probe).disposition).toBe('delivered');
    session.advance(351);
    const late = session.resume(probe);
    expect(late.disposition).toBe('refused');
    expect(late.reply?.hops.at(-1)?.where).toEqual({ kind: 'pod', name: 't/client' });
    expect(late.reply?.hops.at(-1)?.steps.at(-1)?.after.tcpFlags).toContain('RST');
  });
});

describe('chance', () => {
  const three = testWorld({ externalSnat: true, endpoints: ['10.0.2.127:8080', '10.0.1.60:8080', '10.0.0.150:80'] });
  const all = walkSim(three, ask(CLIENT, '172.20.0.80', 80), { choice: { kind: 'all' }, detail: 'full' });
  test('every endpoint once, weights sum to 1', () => {
    expect(all.map((trip) => trip.farEnd.name)).toEqual(['pod/t/server', 'pod/t/near', 'host/plain']);
    expect(all.reduce((sum, trip) => sum + trip.probability, 0)).toBeCloseTo(1, 9);
    for (const trip of all) expect(trip.probability).toBeCloseTo(1 / 3, 6);
    for (const trip of all) expect(trip.forward.probability).toBe(trip.probability);
  });
  test('first is one of them, a seed repeats itself', () => {
    expect(walk(three, ask(CLIENT, '172.20.0.80', 80)).farEnd.name).toBe('pod/t/server');
    const seeded = (): string[] =>
      [1, 2, 3, 4, 5, 6].map(
        (seed) =>
          walkSim(three, ask(CLIENT, '172.20.0.80', 80), { choice: { kind: 'seed', seed }, detail: 'verdict-only' })[0]
            ?.farEnd.name ?? '',
      );
    expect(seeded()).toEqual(seeded());
    expect(new Set(seeded()).size).toBeGreaterThan(1);
  });
  test('a verdict is the same with and without evidence', () => {
    const verdict = (detail: 'full' | 'verdict-only', probe: Probe): unknown =>
      walkSim(three, probe, { choice: { kind: 'all' }, detail }).map(({ disposition, farEnd, clientSees }) => ({
        disposition,
        farEnd,
        clientSees,
      }));
    const protocols: readonly Protocol[] = ['tcp', 'udp', 'icmp'];
    for (const protocol of protocols)
      for (const dst of ['172.20.0.80', '10.0.2.127', OUTSIDE, '10.9.0.10', '10.0.3.3', '10.0.0.200', '10.0.0.75'])
        for (const from of [CLIENT, NEAR, SERVER, NODE_A, NODE_B, BASTION, PEER]) {
          const probe = ask(from, dst, 80, { protocol });
          expect(verdict('verdict-only', probe)).toEqual(verdict('full', probe));
        }
  });
  test('every step names its evidence', () => {
    for (const trip of all)
      for (const step of [...stepsOf(trip), ...(trip.reply?.hops.flatMap((hop) => hop.steps) ?? [])])
        expect(step.evidence.text).not.toBe('');
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
  test('a server no packet reaches answers nothing; the next one is asked', () => {
    expect(resolveName(withResolver(['10.0.3.3']), CLIENT, 'web').addresses).toEqual([]);
    expect(resolveName(withResolver(['10.0.3.3', '10.0.0.150']), CLIENT, 'web').addresses).toEqual([ip('172.20.0.80')]);
  });
});

describe('a next hop on a veth, without a neighbour entry', () => {
  const altered = (of: string, change: (netns: Netns) => Netns): World => {
    const world = testWorld({ externalSnat: false });
    const netns = world.netns.get(id(of));
    if (netns === undefined) throw new Error(`no ${of}`);
    return { ...world, netns: new Map([...world.netns, [netns.id, change(netns)]]) };
  };
  const unaware = altered(CLIENT, (pod) => ({ ...pod, neighbours: [] }));
  test('nobody has 169.254.1.1: after its last probe the kernel tells the sender that the host is unreachable', () => {
    const trip = walk(unaware, ping(CLIENT, '10.0.2.127'));
    const [drop, error] = stepsOf(trip).slice(-2);
    expect([trip.disposition, drop?.because, error?.action]).toEqual([
      'refused',
      'nobody on eth0 answers ARP for 169.254.1.1, and there is no entry for it',
      'ICMP 3/1 to 10.0.1.51',
    ]);
  });
  test('a node that proxies ARP answers for it', () => {
    const node = unaware.netns.get(id(NODE_A));
    if (node === undefined) throw new Error('no node');
    const sysctls = new Map([...node.sysctls, ['net.ipv4.conf.all.proxy_arp', '1']]);
    const proxied = { ...unaware, netns: new Map([...unaware.netns, [node.id, { ...node, sysctls }]]) };
    expect(walk(proxied, ping(CLIENT, '10.0.2.127')).disposition).toBe('delivered');
  });
  test('a pod answers for its own address', () => {
    expect(walk(testWorld({ externalSnat: false }), ping(NODE_A, '10.0.1.51')).disposition).toBe('delivered');
    const moved = altered(CLIENT, (pod) => ({ ...pod, addresses: [], routes: [] }));
    const steps = stepsOf(walk(moved, ping(NODE_A, '10.0.1.51')));
    expect(steps.map((step) => step.because).join()).toContain('answers ARP for 10.0.1.51');
  });
});
