import { describe, expect, test } from 'vitest';
import { leave, PORTS, packet, show, walkOf } from '../../../test/sim/crossings.ts';
import { testFabric } from '../../../test/sim/test-world.ts';
import type { Fabric } from '../../fabric/index.ts';
import { cidr, ip } from '../../net/index.ts';
import { toInternet } from './cross-fabric.ts';
import type { NatTable } from './nat-table.ts';

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
  test('an egress-only gateway that is gone keeps nobody out', () => {
    const gone: Fabric = {
      ...six,
      routeTables: six.routeTables.map((each) => ({
        ...each,
        routes: each.routes.map((route) => ({
          ...route,
          state: route.target.kind === 'local' ? 'active' : 'blackhole',
        })),
      })),
    };
    expect(show(toInternet(walkOf(gone).on, packet(outside, '2600:1f00::75')))).toMatch(/^arrive node\/a ens5/);
  });
  describe('an ENI with DenyAllIgwTraffic', () => {
    const denied: Fabric = {
      ...six,
      enis: six.enis.map((each) => (each.id === 'eni-bastion' ? { ...each, denyAllIgwTraffic: true } : each)),
    };
    const never = /^dropped: internet gateway igw-a carries nothing of host\/bastion: its DenyAllIgwTraffic is true/;
    test('no internet gateway carries anything to it, nor from it', () => {
      expect(show(toInternet(walkOf(denied).on, packet(outside, '2600:1f00::20')))).toMatch(never);
      expect(show(leave(walkOf(denied), 'eni-bastion', packet('2600:1f00::20', outside)))).toMatch(never);
    });
    test('what becomes of a public IPv4 address it has is not known', () => {
      for (const crossing of [
        toInternet(walkOf(denied).on, packet('198.51.100.7', '203.0.113.20')),
        leave(walkOf(denied), 'eni-bastion', packet('10.0.100.20', '198.51.100.7')),
      ])
        expect(crossing.kind).toBe('unknown');
    });
    test('its VPC does', () => {
      expect(show(leave(walkOf(denied), 'eni-a5', packet('2600:1f00::75', '2600:1f00::20')))).toMatch(
        /^arrive host\/bastion eth0/,
      );
    });
  });
  test('an address of the VPC nobody owns is not somewhere on the internet', () => {
    expect(show(toInternet(walkOf(six).on, packet(outside, '2600:1f00::99')))).toMatch(
      /^dropped: no ENI in vpc-a owns/,
    );
  });
});
