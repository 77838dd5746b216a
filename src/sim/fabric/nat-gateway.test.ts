import { describe, expect, test } from 'vitest';
import { leave, PORTS, packet, type Seen, show, walkOf } from '../../../test/sim/crossings.ts';
import { testFabric } from '../../../test/sim/test-world.ts';
import type { Subnet } from '../../fabric/index.ts';
import { cidr, ip } from '../../net/index.ts';
import type { Packet } from '../packet.ts';
import { toInternet } from './cross-fabric.ts';
import type { Crossing } from './fabric-walk.ts';
import { intoNatGateway } from './nat-gateway.ts';
import type { NatTable } from './nat-table.ts';

const subnetOf = ({ on }: Seen): Subnet =>
  on.index.fabric.subnets.find(({ id }) => id === 'public') ?? expect.fail('no public subnet');

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

  test('takes 8500 bytes, and the way out to the internet 1500', () => {
    const sized = (length: number, df = true): Crossing =>
      leave(walkOf(testFabric()), 'eni-a6', { ...out, length, df });
    expect(sized(8501)).toMatchObject({
      disposition: 'too-big',
      error: { packet: { src: '10.0.100.10', dst: '10.0.1.51', l4: { type: 3, code: 4, mtu: 8500 } } },
    });
    expect(sized(8500)).toMatchObject({ disposition: 'too-big', error: { packet: { l4: { mtu: 1500 } } } });
    expect(sized(1501)).toMatchObject({ disposition: 'too-big', error: { packet: { l4: { mtu: 1500 } } } });
    expect(show(sized(1500))).toMatch(/^arrive/);
    expect(show(sized(8501, false))).toMatch(/^arrive/);
  });

  test('a connection that was forgotten gives its port back', () => {
    const tables = new Map<string, NatTable>();
    const seen = walkOf(testFabric(), 0, tables);
    seen.on.nat('nat-a').occupy({ protocol: 'tcp', dst: '198.51.100.7', dport: 80 }, 54_999);
    expect(show(leave(seen, 'eni-a6', out))).toMatch(/^arrive/);
    expect(show(leave(walkOf(testFabric(), 351, tables), 'eni-a6', out))).toMatch(/^arrive/);
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

  test('an answer 350 s after the last packet still comes in, one second later nothing does', () => {
    const answered = (wait: number): string => {
      const tables = new Map<string, NatTable>();
      const sent = leave(walkOf(testFabric(), 0, tables), 'eni-a6', out);
      return show(toInternet(walkOf(testFabric(), wait, tables).on, answerTo(sent.packet, '198.51.100.7')));
    };
    expect(answered(350)).toMatch(/^arrive node\/a/);
    expect(answered(351)).toMatch(/^dropped: .*uninvited/);
  });

  test('an error about what it sent goes to who sent it, and quotes what that one knows', () => {
    const tables = new Map<string, NatTable>();
    const sent = leave(walkOf(testFabric(), 0, tables), 'eni-a6', out).packet;
    const { on } = walkOf(testFabric(), 0, tables);
    const about = (quoted: Packet): Crossing =>
      toInternet(on, {
        ...packet('192.0.2.1', sent.src),
        protocol: 'icmp',
        l4: { kind: 'icmp-error', type: 11, code: 0, quoted },
      });
    expect(about(sent)).toMatchObject({
      kind: 'arrive',
      netns: 'node/a',
      packet: { dst: '10.0.1.51', l4: { quoted: { src: '10.0.1.51', dst: '198.51.100.7', l4: { sport: 40000 } } } },
    });
    expect([...on.walk.assumptions]).toEqual([
      'NAT gateway nat-a is taken to translate an ICMP error, and the packet in it, as RFC 5508 says: AWS does not document it',
    ]);
    const stranger = { ...sent, dst: ip('198.51.100.8') };
    expect(show(about(stranger))).toMatch(/^dropped: .*uninvited/);
  });

  test.each<[string, Packet['l4'], string]>([
    ['an answer', { kind: 'tcp', sport: 80, dport: 40000, flags: ['SYN', 'ACK'] }, 'refused'],
    ['a later packet', { kind: 'tcp', sport: 40000, dport: 80, flags: ['ACK'] }, 'refused'],
    ['a reset, which nobody answers', { kind: 'tcp', sport: 40000, dport: 80, flags: ['RST'] }, 'dropped'],
    ['an echo reply', { kind: 'icmp-query', type: 0, code: 0, id: 7, seq: 1 }, 'dropped'],
  ])('does not begin a connection with %s', (_, l4, disposition) => {
    const protocol = l4.kind === 'tcp' ? 'tcp' : 'icmp';
    expect(show(leave(walkOf(testFabric()), 'eni-a6', { ...out, protocol, l4 }))).toBe(
      `${disposition}: NAT gateway nat-a saw no connection begin that this packet belongs to`,
    );
  });

  test('takes no IPv6, but what becomes IPv4', () => {
    const seen = walkOf(testFabric());
    const through = (dst: string): string => {
      const end = intoNatGateway(seen.on, 'nat-a', packet('2001:db8::1', dst), subnetOf(seen));
      return end.kind === 'died'
        ? `${end.disposition}: ${end.because}`
        : `${end.kind} ${end.packet.src} > ${end.packet.dst}`;
    };
    expect(through('2001:db8:ffff::1')).toBe('dropped: a NAT gateway carries IPv6 to 64:ff9b::/96 only');
    expect(through('64:ff9b::198.51.100.7')).toBe('internet 203.0.113.10 > 198.51.100.7');
  });

  test('an error for who sent it as IPv6 becomes one of IPv6, by the rules that are assumed', () => {
    const seen = walkOf(testFabric());
    const sent = intoNatGateway(seen.on, 'nat-a', packet('2001:db8::1', '64:ff9b::198.51.100.7'), subnetOf(seen));
    if (!('packet' in sent)) throw new Error('not sent');
    const l4 = { kind: 'icmp-error', type: 11, code: 0, quoted: sent.packet } as const;
    toInternet(seen.on, { ...packet('192.0.2.1', sent.packet.src), protocol: 'icmp', l4 });
    expect(seen.steps.findLast(({ kind }) => kind === 'fabric')?.after).toMatchObject({
      dst: '2001:db8::1',
      protocol: 'ipv6-icmp',
    });
    expect([...seen.on.walk.assumptions]).toContain(
      'NAT gateway nat-a is taken to translate an ICMP error, and the packet in it, as RFC 7915 turns it into one of the other family: AWS does not document it',
    );
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
