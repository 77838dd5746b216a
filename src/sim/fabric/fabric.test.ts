import { describe, expect, test } from 'vitest';
import { eniNamed, leave, PORTS, packet, show, walkOf } from '../../../test/sim/crossings.ts';
import { macOf } from '../../../test/sim/netns-from.ts';
import { eni, ROUTER_MAC, testFabric } from '../../../test/sim/test-world.ts';
import type { Eni, Fabric } from '../../fabric/index.ts';
import { cidr, ip, linkLocal, type Mac, mac } from '../../net/index.ts';
import { leaveEni } from './cross-fabric.ts';

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
    // The platform's other services are never routed: the default route to the NAT gateway does not see them.
    [/^unknown: 169\.254\.169\.254 is the instance metadata service/, 'eni-a6', packet('10.0.1.51', '169.254.169.254')],
    [/^unknown: .*Time Sync/, 'eni-a6', packet('10.0.1.51', '169.254.169.123', { protocol: 'udp', l4: PORTS })],
    [/^unknown: .*Pod Identity Agent/, 'eni-a6', packet('10.0.1.51', '169.254.170.23')],
    [/^unknown: 169\.254\.168\.9 is reserved/, 'eni-a6', packet('10.0.1.51', '169.254.168.9')],
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

  test('to the link-local address the router announces, by the MAC the subnet or the sender has of it', () => {
    const to = (eni: Eni, of: Mac): string =>
      show(leaveEni(walkOf(fabric).on, eni, packet('10.0.0.75', '10.0.2.127'), linkLocal(of), undefined));
    const observed = mac('06:11:22:33:44:55');
    expect(to(from, ROUTER_MAC)).toMatch(/^arrive node\/b/);
    expect(to({ ...from, routerMac: observed }, observed)).toMatch(/^arrive node\/b/);
    expect(to(from, observed)).toMatch(/^dropped: no ENI in subnet private owns fe80::411:22ff:fe33:4455/);
  });

  test("for the router's MAC, as the subnet has it or as the sender's dump does, and for nobody's", () => {
    const observed = mac('06:11:22:33:44:55');
    const by = (eni: Eni): string => show(leaveEni(walkOf(fabric).on, eni, sent, ip('10.0.0.1'), observed));
    expect(by({ ...from, routerMac: observed })).toMatch(/^arrive host\/plain/);
    expect(by(from)).toMatch(/^dropped: the frame to 10\.0\.0\.1 is for 06:11:22:33:44:55/);
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
    ['eni-a6', '10.0.1.51', '10.0.100.1', 'the NAT gateway', '10.0.100.10'],
    ['eni-bastion', '10.0.100.20', '10.0.100.1', 'the sender', '10.0.100.20'],
  ] as const)('%s %s: over 1500 with DF, the router %s tells %s', (from, src, router, _who, told) => {
    const end = leave(walkOf(testFabric()), from, packet(src, '198.51.100.7', big));
    expect(end).toMatchObject({
      kind: 'died',
      disposition: 'too-big',
      error: {
        packet: {
          src: router,
          dst: told,
          l4: { kind: 'icmp-error', type: 3, code: 4, mtu: 1500, quoted: { src: told, dst: '198.51.100.7' } },
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
