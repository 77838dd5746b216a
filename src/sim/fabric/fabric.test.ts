import { describe, expect, test } from 'vitest';
import { macOf } from '../../../test/sim/netns-from.ts';
import { eni, ROUTER_MAC, testFabric } from '../../../test/sim/test-world.ts';
import type { Eni, Fabric } from '../../fabric/index.ts';
import { cidr, ip, mac } from '../../net/index.ts';
import type { Place, Step } from '../../trace/index.ts';
import { firstDice } from '../dice.ts';
import type { L4, Packet } from '../packet.ts';
import { leaveEni, toInternet } from './cross-fabric.ts';
import { indexFabric } from './fabric-index.ts';
import type { Crossing, FabricWalk } from './fabric-walk.ts';
import { NatTable } from './nat-table.ts';

interface Seen {
  readonly on: FabricWalk;
  readonly places: Place[];
  readonly steps: Step[];
}

function walkOf(fabric: Fabric, now = 0, tables = new Map<string, NatTable>()): Seen {
  const places: Place[] = [];
  const steps: Step[] = [];
  const on: FabricWalk = {
    index: indexFabric(fabric),
    nat: (gateway) => {
      const table = tables.get(gateway) ?? new NatTable();
      tables.set(gateway, table);
      return table;
    },
    walk: { dice: firstDice(), now, record: (step) => steps.push(step), assumptions: new Set() },
    enter: (place) => places.push(place),
    isPublic: (address) => !address.startsWith('10.') && !address.startsWith('172.20.') && !address.startsWith('fd'),
  };
  return { on, places, steps };
}

const packet = (src: string, dst: string, of: Partial<Packet> = {}): Packet => ({
  family: dst.includes(':') ? 6 : 4,
  src: ip(src),
  dst: ip(dst),
  protocol: 'tcp',
  ttl: 127,
  tos: 0,
  length: 60,
  df: true,
  l4: { kind: 'tcp', sport: 40000, dport: 80, flags: ['SYN'] },
  ...of,
});

const eniNamed = (fabric: Fabric, name: string): Eni => {
  const found = fabric.enis.find((each) => each.id === name);
  if (found === undefined) throw new Error(`no ENI ${name}`);
  return found;
};

/** A frame to the router, from an ENI. */
const leave = (seen: Seen, name: string, sent: Packet): Crossing => {
  const { fabric } = seen.on.index;
  const from = eniNamed(fabric, name);
  const router = fabric.subnets.find((each) => each.id === from.subnet)?.router ?? ip('0.0.0.0');
  return leaveEni(seen.on, from, sent, router, undefined);
};

/** `arrive node/a ens5 10.0.0.75 ttl 127`, `dropped: because`, ... */
function show(crossing: Crossing): string {
  const { packet: end } = crossing;
  switch (crossing.kind) {
    case 'arrive':
      return `arrive ${crossing.netns} ${crossing.dev} ${end.src} > ${end.dst} ttl ${end.ttl}`;
    case 'died':
      return `${crossing.disposition}: ${crossing.because}`;
    case 'delivered':
      return `delivered ${crossing.name}`;
    case 'unknown':
      return `unknown: ${crossing.what}`;
  }
}

const PORTS: L4 = { kind: 'ports', sport: 40000, dport: 53 };

describe('one packet leaves an ENI towards the router', () => {
  for (const [want, from, sent] of [
    // The source check comes first, whatever the destination.
    [/^dropped: .*does not own 10\.0\.1\.60.*source\/destination check/, 'eni-a6', packet('10.0.1.60', '10.0.2.127')],
    [/^dropped: .*source\/destination check/, 'eni-a5', packet('172.20.0.80', '10.0.2.127')],
    // Local: to the ENI that owns the address, with its TTL.
    ['arrive node/b ens5 10.0.1.51 > 10.0.2.127 ttl 127', 'eni-a6', packet('10.0.1.51', '10.0.2.127')],
    ['arrive node/a ens6 10.0.0.75 > 10.0.1.51 ttl 127', 'eni-a5', packet('10.0.0.75', '10.0.1.51')],
    ['dropped: no ENI in vpc-a owns 10.0.3.3', 'eni-a6', packet('10.0.1.51', '10.0.3.3')],
    // A Service address nobody translated leaves the VPC and dies on the internet's doorstep.
    [/^dropped: 172\.20\.0\.80 is not routed on the internet/, 'eni-a6', packet('10.0.1.51', '172.20.0.80')],
    [/^dropped: the route is a blackhole/, 'eni-a6', packet('10.0.1.51', '10.66.0.1')],
    // Internet gateway: only who owns a public address.
    [/internet gateway drops 10\.0\.100\.30/, 'eni-hidden', packet('10.0.100.30', '198.51.100.7')],
    [
      'arrive internet/198.51.100.7 eth0 203.0.113.20 > 198.51.100.7 ttl 127',
      'eni-bastion',
      packet('10.0.100.20', '198.51.100.7'),
    ],
    // NAT gateway: source and TTL change, then the internet gateway's translation.
    [
      'arrive internet/198.51.100.7 eth0 203.0.113.10 > 198.51.100.7 ttl 126',
      'eni-a6',
      packet('10.0.1.51', '198.51.100.7'),
    ],
    [
      /^dropped: a NAT gateway carries TCP, UDP and ICMP only, not sctp/,
      'eni-a6',
      packet('10.0.1.51', '198.51.100.7', { protocol: 'sctp', l4: PORTS }),
    ],
    [/^ttl-exceeded: TTL ran out at NAT gateway nat-a/, 'eni-a6', packet('10.0.1.51', '198.51.100.7', { ttl: 1 })],
    [/^dropped: NAT gateway nat-a .*uninvited/, 'eni-a6', packet('10.0.1.51', '10.0.100.10')],
    // Peering is not transitive, and no way to the other side's gateways.
    ['arrive host/peer eth0 10.0.1.51 > 10.9.0.10 ttl 127', 'eni-a6', packet('10.0.1.51', '10.9.0.10')],
    ['arrive host/plain eth0 10.9.0.10 > 10.0.0.150 ttl 127', 'eni-peer', packet('10.9.0.10', '10.0.0.150')],
    [
      /^dropped: 198\.51\.100\.7 is not an address of vpc-a: peering is not transitive/,
      'eni-peer',
      packet('10.9.0.10', '198.51.100.7'),
    ],
    // What no namespace stands behind.
    [
      'delivered control-plane/lab',
      'eni-a6',
      packet('10.0.1.51', '10.0.0.200', { l4: { kind: 'tcp', sport: 1, dport: 443, flags: ['SYN'] } }),
    ],
    [/^unknown: .*load-balancer\/x/, 'eni-a6', packet('10.0.1.51', '10.0.0.201')],
    // The resolver answers wherever the route table would have sent the packet.
    ['delivered vpc-resolver', 'eni-a6', packet('10.0.1.51', '10.0.0.2', { protocol: 'udp', l4: PORTS })],
    ['delivered vpc-resolver', 'eni-a6', packet('10.0.1.51', '169.254.169.253', { protocol: 'udp', l4: PORTS })],
  ] as const) {
    test(`${from}: ${sent.src} > ${sent.dst} ${sent.protocol}`, () => {
      const got = show(leave(walkOf(testFabric()), from, sent));
      if (typeof want === 'string') expect(got).toBe(want);
      else expect(got).toMatch(want);
    });
  }
});

describe('frames', () => {
  const fabric = testFabric();
  const from = eniNamed(fabric, 'eni-a5');
  const sent = packet('10.0.0.75', '10.0.0.150');

  test('to an on-link address: no route table is read', () => {
    const blind = testFabric({ routeTables: [] });
    expect(show(leaveEni(walkOf(blind).on, from, sent, ip('10.0.0.150'), undefined))).toMatch(/^arrive host\/plain/);
  });

  test('nobody answers ARP for an address no ENI owns', () => {
    const end = leaveEni(walkOf(fabric).on, from, packet('10.0.0.75', '10.0.0.99'), ip('10.0.0.99'), undefined);
    expect(show(end)).toMatch(/^dropped: no ENI in subnet private owns 10\.0\.0\.99/);
  });

  test("the router's address counts, whatever MAC a dump has for it", () => {
    const observed = mac('06:11:22:33:44:55');
    expect(show(leaveEni(walkOf(fabric).on, from, sent, ip('10.0.0.1'), observed))).toMatch(/^arrive host\/plain/);
  });

  test("the router's MAC counts, whatever address it stands for", () => {
    const end = leaveEni(walkOf(fabric).on, from, packet('10.0.0.75', '10.0.2.127'), ip('169.254.7.7'), ROUTER_MAC);
    expect(show(end)).toMatch(/^arrive node\/b/);
  });

  test("a neighbour's MAC decides over its address", () => {
    const end = leaveEni(
      walkOf(fabric).on,
      from,
      packet('10.0.0.75', '10.0.2.127'),
      ip('10.0.0.1'),
      macOf('node/b ens5'),
    );
    expect(show(end)).toMatch(/^arrive node\/b/);
  });
});

test('with the check off an ENI sends and takes anything', () => {
  const fabric = testFabric();
  const open = { ...fabric, enis: fabric.enis.map((each) => ({ ...each, sourceDestCheck: false })) };
  expect(show(leave(walkOf(open), 'eni-a6', packet('172.20.0.80', '10.0.2.127')))).toMatch(/^arrive node\/b/);
});

test('a peering carries nothing that comes from beyond the VPC, even where the ENI checks nothing', () => {
  const fabric = testFabric();
  const open = { ...fabric, enis: fabric.enis.map((each) => ({ ...each, sourceDestCheck: false })) };
  expect(show(leave(walkOf(open), 'eni-a6', packet('192.168.1.1', '10.9.0.10')))).toMatch(
    /^dropped: 192\.168\.1\.1 is not an address of vpc-a: peering is not transitive/,
  );
});

test('an address inside a delegated prefix is owned', () => {
  const fabric = testFabric();
  const enis = [
    ...fabric.enis,
    eni('eni-prefix', 'private', ['10.0.0.60'], {
      prefixes: [cidr('10.0.3.16/28')],
      attachment: { netns: 'node/c', dev: 'ens5' },
    }),
  ];
  const seen = walkOf({ ...fabric, enis });
  expect(show(leave(seen, 'eni-a6', packet('10.0.1.51', '10.0.3.20')))).toMatch(/^arrive node\/c ens5/);
  expect(show(leave(seen, 'eni-prefix', packet('10.0.3.31', '10.0.1.51')))).toMatch(/^arrive node\/a ens6/);
  expect(show(leave(seen, 'eni-prefix', packet('10.0.3.32', '10.0.1.51')))).toMatch(/^dropped/);
});

describe('what the input describes and the fabric does not model', () => {
  const scope = (kind: 'vpc' | 'subnet' | 'eni', name: string): Fabric =>
    testFabric({ unmodelled: [{ scope: { kind, id: name }, what: `a filter on ${name}` }] });
  test.each([
    ['eni', 'eni-a6'],
    ['subnet', 'private'],
    ['vpc', 'vpc-a'],
    // The far side counts as much as the near one.
    ['eni', 'eni-peer'],
    ['subnet', 'peer'],
    ['vpc', 'vpc-b'],
  ] as const)('%s %s', (kind, name) => {
    expect(show(leave(walkOf(scope(kind, name)), 'eni-a6', packet('10.0.1.51', '10.9.0.10')))).toBe(
      `unknown: a filter on ${name}`,
    );
  });
  test("a NAT gateway's subnet", () => {
    expect(show(leave(walkOf(scope('subnet', 'public')), 'eni-a6', packet('10.0.1.51', '198.51.100.7')))).toBe(
      'unknown: a filter on public',
    );
  });
  test('elsewhere it changes nothing', () => {
    expect(show(leave(walkOf(scope('subnet', 'peer')), 'eni-a6', packet('10.0.1.51', '10.0.2.127')))).toMatch(
      /^arrive/,
    );
  });
});

describe('MTU', () => {
  const big = { length: 4000, protocol: 'udp', l4: PORTS } as const;
  test.each([
    ['eni-a6', '10.0.1.51', '10.0.100.1'],
    ['eni-bastion', '10.0.100.20', '10.0.100.1'],
  ] as const)('%s: over 1500 with DF, the router tells %s', (from, src, router) => {
    const end = leave(walkOf(testFabric()), from, packet(src, '198.51.100.7', big));
    expect(end).toMatchObject({
      kind: 'died',
      disposition: 'too-big',
      error: {
        packet: {
          src: router,
          dst: src,
          l4: { kind: 'icmp-error', type: 3, code: 4, mtu: 1500, quoted: { src, dst: '198.51.100.7' } },
        },
      },
    });
  });
  test('without DF it is fragmented', () => {
    expect(
      show(leave(walkOf(testFabric()), 'eni-a6', packet('10.0.1.51', '198.51.100.7', { ...big, df: false }))),
    ).toMatch(/^arrive internet/);
  });
  test('a peering has its own', () => {
    const fabric = testFabric({ peerings: [{ id: 'pcx', requester: 'vpc-a', accepter: 'vpc-b', mtu: 1500 }] });
    expect(leave(walkOf(fabric), 'eni-a6', packet('10.0.1.51', '10.9.0.10', big))).toMatchObject({
      disposition: 'too-big',
      error: { packet: { src: '10.0.0.1', dst: '10.0.1.51' } },
    });
  });
});

describe('NAT gateway', () => {
  const out = packet('10.0.1.51', '198.51.100.7');
  const answerTo = (sent: Packet, from: string): Packet => {
    if (sent.l4.kind !== 'tcp') throw new Error('not TCP');
    const { sport, dport } = sent.l4;
    return {
      ...packet(from, sent.src),
      ttl: 64,
      l4: { kind: 'tcp', sport: dport, dport: sport, flags: ['SYN', 'ACK'] },
    };
  };

  test('the answer finds its way back, one TTL less each way; a stranger does not', () => {
    const tables = new Map<string, NatTable>();
    const fabric = testFabric();
    const sent = leave(walkOf(fabric, 0, tables), 'eni-a6', out);
    const back = toInternet(walkOf(fabric, 0, tables).on, answerTo(sent.packet, '198.51.100.7'));
    expect(show(back)).toBe('arrive node/a ens6 198.51.100.7 > 10.0.1.51 ttl 63');
    expect(back.packet.l4).toMatchObject({ sport: 80, dport: 40000 });
    const stranger = toInternet(walkOf(fabric, 0, tables).on, answerTo(sent.packet, '198.51.100.8'));
    expect(show(stranger)).toMatch(/^dropped: .*uninvited/);
  });

  test('ports lie in 1024..65535, one flow keeps its own, two flows differ', () => {
    const tables = new Map<string, NatTable>();
    const seen = walkOf(testFabric(), 0, tables);
    const portOf = (sport: number): number => {
      const end = leave(seen, 'eni-a6', { ...out, l4: { kind: 'tcp', sport, dport: 80, flags: ['SYN'] } }).packet.l4;
      return end.kind === 'tcp' ? end.sport : 0;
    };
    const [first, again, other] = [portOf(40000), portOf(40000), portOf(40001)];
    expect(first).toBe(again);
    expect(other).not.toBe(first);
    expect(first).toBeGreaterThanOrEqual(1024);
    expect(first).toBeLessThanOrEqual(65535);
  });

  test('55,000 connections to one destination, then none; another destination has its own', () => {
    const tables = new Map<string, NatTable>();
    const seen = walkOf(testFabric(), 0, tables);
    seen.on.nat('nat-a').occupy({ protocol: 'tcp', dst: '198.51.100.7', dport: 80 }, 54_999);
    expect(show(leave(seen, 'eni-a6', out))).toMatch(/^arrive/);
    const next: Packet = { ...out, l4: { kind: 'tcp', sport: 40001, dport: 80, flags: ['SYN'] } };
    expect(show(leave(seen, 'eni-a6', next))).toMatch(/^exhausted/);
    expect(show(leave(seen, 'eni-a6', { ...next, dst: ip('198.51.100.8') }))).toMatch(/^arrive/);
  });

  describe('after 350 s of silence', () => {
    const later = (sent: Packet, wait: number): Crossing => {
      const tables = new Map<string, NatTable>();
      leave(walkOf(testFabric(), 0, tables), 'eni-a6', { ...sent, l4: sent.protocol === 'udp' ? PORTS : out.l4 });
      return leave(walkOf(testFabric(), wait, tables), 'eni-a6', sent);
    };
    const data: Packet = { ...out, l4: { kind: 'tcp', sport: 40000, dport: 80, flags: ['ACK'] } };
    test('TCP data at 350 s still passes', () => expect(show(later(data, 350))).toMatch(/^arrive/));
    test('TCP data at 351 s is answered with RST', () => {
      expect(later(data, 351)).toMatchObject({
        disposition: 'refused',
        error: {
          packet: { src: '198.51.100.7', dst: '10.0.1.51', l4: { sport: 80, dport: 40000, flags: ['RST', 'ACK'] } },
        },
      });
    });
    test('a new SYN begins a new connection', () => expect(show(later(out, 351))).toMatch(/^arrive/));
    test('UDP gets a new port', () =>
      expect(show(later({ ...out, protocol: 'udp', l4: PORTS }, 351))).toMatch(/^arrive/));
  });

  test('a private one translates towards a peering, and back', () => {
    const fabric = testFabric();
    const tables = new Map<string, NatTable>();
    const routeTables = [
      ...fabric.routeTables.filter((each) => each.id === 'rtb-peer'),
      {
        id: 'rtb-private',
        vpc: 'vpc-a',
        routes: [
          { destination: cidr('10.0.0.0/16'), target: { kind: 'local' }, state: 'active' },
          { destination: cidr('0.0.0.0/0'), target: { kind: 'nat-gateway', id: 'nat-a' }, state: 'active' },
        ],
      },
      {
        id: 'rtb-public',
        vpc: 'vpc-a',
        routes: [
          { destination: cidr('10.0.0.0/16'), target: { kind: 'local' }, state: 'active' },
          { destination: cidr('10.9.0.0/16'), target: { kind: 'vpc-peering', id: 'pcx' }, state: 'active' },
        ],
      },
    ] as const;
    const natGateways = [{ id: 'nat-a', subnet: 'public', privateIp: ip('10.0.100.10'), publicIp: null }];
    const via = { ...fabric, routeTables, natGateways };
    const sent = leave(walkOf(via, 0, tables), 'eni-a6', packet('10.0.1.51', '10.9.0.10'));
    expect(show(sent)).toBe('arrive host/peer eth0 10.0.100.10 > 10.9.0.10 ttl 126');
    const back = leave(walkOf(via, 0, tables), 'eni-peer', answerTo(sent.packet, '10.9.0.10'));
    expect(show(back)).toBe('arrive node/a ens6 10.9.0.10 > 10.0.1.51 ttl 63');
  });
});

test('an ICMP error through the internet gateway quotes the public address its reader knows', () => {
  const about = packet('198.51.100.7', '10.0.100.20', { protocol: 'udp', l4: PORTS });
  const error = packet('10.0.100.20', '198.51.100.7', {
    protocol: 'icmp',
    l4: { kind: 'icmp-error', type: 3, code: 3, quoted: about },
  });
  expect(leave(walkOf(testFabric()), 'eni-bastion', error).packet).toMatchObject({
    src: '203.0.113.20',
    l4: { quoted: { src: '198.51.100.7', dst: '203.0.113.20' } },
  });
});

describe('IPv6', () => {
  const fabric = testFabric();
  const six: Fabric = {
    ...fabric,
    vpcs: fabric.vpcs.map((each) =>
      each.id === 'vpc-a' ? { ...each, cidrs: [...each.cidrs, cidr('2600:1f00::/56')] } : each,
    ),
    routeTables: fabric.routeTables.map((each) => ({
      ...each,
      routes: [
        ...each.routes,
        { destination: cidr('2600:1f00::/56'), target: { kind: 'local' }, state: 'active' },
        {
          destination: cidr('::/0'),
          target:
            each.id === 'rtb-public'
              ? { kind: 'internet-gateway', id: 'igw-a' }
              : { kind: 'egress-only-internet-gateway', id: 'eigw-a' },
          state: 'active',
        },
      ],
    })),
    enis: fabric.enis.map((each) =>
      each.id === 'eni-a5'
        ? { ...each, addresses: [...each.addresses, ip('2600:1f00::75')] }
        : each.id === 'eni-bastion'
          ? { ...each, addresses: [...each.addresses, ip('2600:1f00::20')] }
          : each,
    ),
  };
  const outside = '2001:db8::7';

  test('out untranslated, and back to the ENI that owns the address', () => {
    expect(show(leave(walkOf(six), 'eni-bastion', packet('2600:1f00::20', outside)))).toMatch(
      /^arrive internet\/2001:db8::7 eth0 2600:1f00::20/,
    );
    expect(show(toInternet(walkOf(six).on, packet(outside, '2600:1f00::20')))).toMatch(/^arrive host\/bastion eth0/);
  });
  test('an egress-only gateway lets answers in and nothing else', () => {
    const tables = new Map<string, NatTable>();
    const answer = packet(outside, '2600:1f00::75', {
      l4: { kind: 'tcp', sport: 80, dport: 40000, flags: ['SYN', 'ACK'] },
    });
    const arrives = (): string => show(toInternet(walkOf(six, 0, tables).on, answer));
    expect(arrives()).toMatch(/^dropped: egress-only gateway eigw-a lets nothing in uninvited/);
    leave(walkOf(six, 0, tables), 'eni-a5', packet('2600:1f00::75', outside));
    expect(arrives()).toMatch(/^arrive node\/a ens5/);
  });
  test('an address of the VPC nobody owns is not somewhere on the internet', () => {
    expect(show(toInternet(walkOf(six).on, packet(outside, '2600:1f00::99')))).toMatch(
      /^dropped: no ENI in vpc-a owns/,
    );
  });
});
