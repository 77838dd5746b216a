import { describe, expect, test } from 'vitest';
import { PORTS, packet } from '../../../test/sim/crossings.ts';
import { ip } from '../../net/index.ts';
import type { Packet } from '../packet.ts';
import { asFour, asSix } from './nat64.ts';

const CLIENT = '2600:1f18:1::5';
const WRAPPED = '64:ff9b::c633:6407';
const udp: Partial<Packet> = { protocol: 'udp', l4: PORTS, df: false };

describe('a packet of IPv6 in IPv4 (RFC 7915)', () => {
  test('only the end that stands in the block has an IPv4 address; the header is 20 bytes shorter', () => {
    expect(asFour(packet(CLIENT, WRAPPED, { ...udp, length: 80 }))).toMatchObject({
      family: 4,
      src: CLIENT,
      dst: '198.51.100.7',
      length: 60,
    });
  });
  test.each([
    [1280, false],
    [1281, true],
  ])('%i bytes: may not be cut: %s', (length, df) => {
    expect(asFour(packet(CLIENT, WRAPPED, { ...udp, length }))?.df).toBe(df);
  });
  test.each([
    ['128/0', '8/0'],
    ['129/0', '0/0'],
  ])('query %s is %s', (six, four) => {
    const query = (code: string, protocol: 'icmp' | 'ipv6-icmp', way: typeof asFour, to: string): string => {
      const [type = 0] = code.split('/').map(Number);
      const l4 = { kind: 'icmp-query' as const, type, code: 0, id: 7, seq: 1 };
      const made = way(packet(CLIENT, to, { protocol, l4 }));
      return made?.l4.kind === 'icmp-query' ? `${made.protocol} ${made.l4.type}/${made.l4.code} ${made.l4.id}` : 'none';
    };
    expect(query(six, 'ipv6-icmp', asFour, WRAPPED)).toBe(`icmp ${four} 7`);
    expect(query(four, 'icmp', asSix, CLIENT)).toBe(`ipv6-icmp ${six} 7`);
  });
});

const errorOf = (way: typeof asFour, six: boolean, code: string, mtu?: number): string => {
  const [type = 0, detail = 0] = code.split('/').map(Number);
  const quoted = six
    ? packet(WRAPPED, CLIENT, udp)
    : { ...packet('198.51.100.7', '203.0.113.9', udp), dst: ip(CLIENT) };
  const l4 = { kind: 'icmp-error' as const, type, code: detail, ...(mtu === undefined ? {} : { mtu }), quoted };
  const [from, to] = six ? [CLIENT, WRAPPED] : ['192.0.2.1', CLIENT];
  const made = way(packet(from, to, { protocol: six ? 'ipv6-icmp' : 'icmp', l4 }));
  if (made?.l4.kind !== 'icmp-error') return 'none';
  const about = made.l4.quoted;
  return `${made.l4.type}/${made.l4.code}${made.l4.mtu === undefined ? '' : ` mtu ${made.l4.mtu}`} about ${about.src} > ${about.dst}`;
};

describe('errors are translated with the packet they quote, or not at all', () => {
  test.each([
    ['1/4', '3/3'],
    ['1/1', '3/10'],
    ['1/0', '3/1'],
    ['3/0', '11/0'],
    ['4/1', '3/2'],
  ])('%s of IPv6 is %s', (six, four) => {
    expect(errorOf(asFour, true, six)).toBe(`${four} about 198.51.100.7 > ${CLIENT}`);
  });
  test.each([
    ['3/0', '1/0'],
    ['3/2', '4/1'],
    ['3/3', '1/4'],
    ['3/13', '1/1'],
    ['11/0', '3/0'],
  ])('%s of IPv4 is %s', (four, six) => {
    expect(errorOf(asSix, false, four)).toBe(`${six} about ${WRAPPED} > ${CLIENT}`);
  });
  test('the size that fits grows and shrinks by the header', () => {
    expect(errorOf(asSix, false, '3/4', 1400)).toBe(`2/0 mtu 1420 about ${WRAPPED} > ${CLIENT}`);
    expect(errorOf(asFour, true, '2/0', 1400)).toBe(`3/4 mtu 1380 about 198.51.100.7 > ${CLIENT}`);
  });
  test('what the other family has no word for is none', () => {
    expect(errorOf(asFour, true, '4/0')).toBe('none');
    expect(errorOf(asSix, false, '3/14')).toBe('none');
  });
});
