import { describe, expect, test } from 'vitest';
import type { Netns, NetnsId } from '../../src/linux/index.ts';
import { type Ip, ip, mac } from '../../src/net/index.ts';
import { walkSim } from '../../src/sim/index.ts';
import type { RoundTrip, Step } from '../../src/trace/index.ts';
import type { World } from '../../src/world/index.ts';
import { exampleWorld } from '../lab/worlds.ts';

// The kernel's answers to the same: what `demo --lab` takes away, test/kernel/demo-lab.test.ts.

const POD = 'pod/packetlab/toolbox-a-6fb5b9b786-lszr4';
const NODE = 'node/ip-10-0-0-75.ec2.internal';
const POD_ADDRESS = ip('10.0.1.51');
const ELSEWHERE = ip('10.0.2.29');

function altered(world: World, of: string, change: (netns: Netns) => Partial<Netns>): World {
  const netns = world.netns.get(of as NetnsId); // a name of the example
  if (netns === undefined) throw new Error(`no ${of}`);
  return { ...world, netns: new Map([...world.netns, [netns.id, { ...netns, ...change(netns) }]]) };
}

function ping(world: World, from: string, dst: Ip): RoundTrip {
  const [trip] = walkSim(world, { from, dst, protocol: 'icmp' }, { choice: { kind: 'first' }, detail: 'full' });
  if (trip === undefined) throw new Error('no round trip');
  return trip;
}

const stepsOf = (trip: RoundTrip): readonly Step[] => trip.forward.hops.flatMap(({ steps }) => steps);

describe('a device without a carrier', () => {
  const article = exampleWorld('article');
  const unplugged = (netns: Netns): Pick<Netns, 'links'> => ({
    links: netns.links.map((link) =>
      link.ifname === 'eth0'
        ? { ...link, flags: ['NO-CARRIER', ...link.flags.filter((flag) => flag !== 'LOWER_UP')] }
        : link,
    ),
  });
  const last = (trip: RoundTrip): unknown => [
    trip.disposition,
    stepsOf(trip).find(({ kind }) => kind === 'drop')?.because,
  ];
  const because = 'eth0 has no carrier: its other end is down or gone';

  test('loses what has a MAC to go to, in silence', () => {
    expect(last(ping(altered(article, POD, unplugged), POD, ELSEWHERE))).toEqual(['dropped', because]);
  });

  test('cannot ask for a neighbour: the host is unreachable', () => {
    const world = altered(article, POD, (netns) => ({ ...unplugged(netns), neighbours: [] }));
    expect(last(ping(world, POD, ELSEWHERE))).toEqual(['refused', because]);
  });
});

describe('a next hop on a veth, without a neighbour entry', () => {
  const article = exampleWorld('article');
  const unaware = altered(article, POD, () => ({ neighbours: [] }));

  test('nobody has 169.254.1.1: after its last probe the kernel tells the sender that the host is unreachable', () => {
    const trip = ping(unaware, POD, ELSEWHERE);
    const [drop, error] = stepsOf(trip).slice(-2);
    expect([trip.disposition, drop?.because, error?.action]).toEqual([
      'refused',
      'nobody on eth0 answers ARP for 169.254.1.1, and there is no entry for it',
      'ICMP 3/1 to 10.0.1.51',
    ]);
  });

  test('an entry that FAILED is asked for again, and holds nobody back', () => {
    const failed = ({ neighbours }: Netns): Pick<Netns, 'neighbours'> => ({
      neighbours: neighbours.map((each) => ({ ...each, state: 'FAILED' })),
    });
    expect(ping(altered(article, NODE, failed), NODE, POD_ADDRESS).disposition).toBe('delivered');
    const drop = stepsOf(ping(altered(article, POD, failed), POD, ELSEWHERE)).find(({ kind }) => kind === 'drop');
    expect(drop?.because).toBe('nobody on eth0 answers ARP for 169.254.1.1, and its entry is FAILED');
  });

  test('a node that proxies ARP answers for it', () => {
    const proxied = altered(unaware, NODE, ({ sysctls }) => ({
      sysctls: new Map([...sysctls, ['net.ipv4.conf.all.proxy_arp', '1']]),
    }));
    expect(ping(proxied, POD, ELSEWHERE).disposition).toBe('delivered');
  });

  test('a pod answers for its own address, and for no other', () => {
    const asking = altered(article, NODE, () => ({ neighbours: [] }));
    expect(ping(asking, NODE, POD_ADDRESS).disposition).toBe('delivered');
    const bare = altered(asking, POD, () => ({ addresses: [], routes: [] }));
    const drops = stepsOf(ping(bare, NODE, POD_ADDRESS)).filter(({ kind }) => kind === 'drop');
    expect(drops.map(({ because }) => because)).toEqual([
      'nobody on eniaee705c1f69 answers ARP for 10.0.1.51, and there is no entry for it',
    ]);
  });
});

describe('a frame for another MAC than that of the device it comes to', () => {
  const article = exampleWorld('article');
  const WRONG = mac('0a:0a:0a:0a:0a:0a');
  const wrongly = (neighbours: Netns['neighbours'], dst: Ip): Pick<Netns, 'neighbours'> => ({
    neighbours: [
      ...neighbours.filter((each) => each.dst !== dst),
      ...neighbours.filter((each) => each.dst === dst),
    ].map((each) => (each.dst === dst ? { ...each, lladdr: WRONG, state: 'PERMANENT' } : each)),
  });
  const causeOf = (trip: RoundTrip): unknown => {
    const drop = stepsOf(trip).find(({ kind }) => kind === 'drop');
    return [trip.disposition, drop?.kind === 'drop' ? drop.cause : undefined];
  };
  const lladdr = { lladdr: WRONG };

  test("the host end of a pod's pair got another address: what the pod sends is dropped there", () => {
    const world = altered(article, NODE, ({ links }) => ({
      links: links.map((link) => (link.ifname === 'eniaee705c1f69' ? { ...link, address: WRONG } : link)),
    }));
    const old = article.netns.get(POD as NetnsId)?.neighbours[0]?.lladdr;
    const cause = { kind: 'other-host', dev: 'eniaee705c1f69', address: WRONG, lladdr: old };
    expect(causeOf(ping(world, POD, ELSEWHERE))).toEqual(['dropped', cause]);
  });

  test("the pod's entry is wrong", () => {
    const world = altered(article, POD, ({ neighbours }) => wrongly(neighbours, ip('169.254.1.1')));
    const cause = { kind: 'other-host', dev: 'eniaee705c1f69', ...lladdr };
    expect(causeOf(ping(world, POD, ELSEWHERE))).toMatchObject(['dropped', cause]);
  });

  test("the node's entry for the pod is wrong", () => {
    const world = altered(article, NODE, ({ neighbours }) => wrongly(neighbours, POD_ADDRESS));
    expect(causeOf(ping(world, NODE, POD_ADDRESS))).toMatchObject([
      'dropped',
      { kind: 'other-host', dev: 'eth0', ...lladdr },
    ]);
  });

  test("the node's entry for its router is wrong: nobody in the subnet has the address", () => {
    const world = altered(article, NODE, ({ neighbours }) => wrongly(neighbours, ip('10.0.0.1')));
    expect(causeOf(ping(world, NODE, ip('203.0.113.80')))).toEqual([
      'dropped',
      { kind: 'unowned-mac', dev: 'ens5', address: ip('10.0.0.1'), ...lladdr },
    ]);
  });

  test('a card whose device got another address than its ENI has', () => {
    const world = altered(article, NODE, ({ links }) => ({
      links: links.map((link) => (link.ifname === 'ens5' ? { ...link, address: WRONG } : link)),
    }));
    const from = 'node/ip-10-0-0-49.ec2.internal';
    const cause = { kind: 'other-host', dev: 'ens5', address: WRONG };
    expect(causeOf(ping(world, from, ip('10.0.0.75')))).toMatchObject(['dropped', cause]);
  });
});
