import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cidr, cidrContains, cidrCovers, cidrNth, parseCidr } from './cidr.ts';
import { compareIp, ip, ipAdd, ipBits, ipFromBits, parseIp } from './ip.ts';
import { ipv4Mapped } from './ipv4-mapped.ts';
import { PrefixTrie } from './prefix-trie.ts';

describe('parseIp', () => {
  for (const [text, want] of [
    ['10.0.0.1', '10.0.0.1'],
    ['256.0.0.1', undefined],
    ['010.0.0.1', undefined],
    ['10.0.0', undefined],
    ['::', '::'],
    ['2600:0:0:0:0:0:0:1', '2600::1'],
    ['2600:0:1:0:0:0:0:1', '2600:0:1::1'],
    ['2001:DB8::a', '2001:db8::a'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::ffff:10.0.0.1', '::ffff:a00:1'],
    ['64:ff9b::203.0.113.33', '64:ff9b::cb00:7121'],
    ['1::2::3', undefined],
    ['12345::', undefined],
  ] as const) {
    test(`${text} -> ${want}`, () => expect(parseIp(text)).toBe(want));
  }

  test('text and bits are inverse, both families', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), (bits) => ipBits(ipFromBits(bits, 6)) === bits),
    );
    fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (bits) => ipBits(ipFromBits(bits, 4)) === bits));
  });
});

test('an IPv4-mapped address stands for an IPv4 one, and nothing near it does', () => {
  const of = (text: string) => ipv4Mapped(ip(text));
  expect(['::ffff:10.0.0.1', '::ffff:0:0', '::ffff:ffff:ffff'].map(of)).toEqual([
    '10.0.0.1',
    '0.0.0.0',
    '255.255.255.255',
  ]);
  expect(['10.0.0.1', '::10.0.0.1', '::ffff:1', '::1:ffff:a00:1', '64:ff9b::a00:1'].map(of)).toEqual(
    Array(5).fill(undefined),
  );
});

describe('Cidr', () => {
  test('host bits are cleared and a bare address is a host block', () => {
    expect(parseCidr('10.1.2.3/16')?.text).toBe('10.1.0.0/16');
    expect(parseCidr('10.1.2.3')?.text).toBe('10.1.2.3/32');
    expect(parseCidr('2600::1/64')?.text).toBe('2600::/64');
    expect(parseCidr('10.0.0.0/33')).toBeUndefined();
  });

  test('membership respects the family', () => {
    expect(cidrContains(cidr('0.0.0.0/0'), ip('::1'))).toBe(false);
    expect(cidrContains(cidr('10.0.0.0/22'), ip('10.0.3.255'))).toBe(true);
    expect(cidrContains(cidr('10.0.0.0/22'), ip('10.0.4.0'))).toBe(false);
    expect(cidrCovers(cidr('10.0.0.0/16'), cidr('10.0.4.0/22'))).toBe(true);
    expect(cidrNth(cidr('10.0.0.0/22'), 2)).toBe('10.0.0.2');
  });
});

test('addresses order by number, not by text', () => {
  expect([ip('10.0.0.10'), ip('10.0.0.9'), ip('::1')].sort(compareIp)).toEqual(['10.0.0.9', '10.0.0.10', '::1']);
  expect(ipAdd(ip('10.0.0.255'), 1)).toBe('10.0.1.0');
});

test('PrefixTrie gives the longest match first, and agrees with a linear scan', () => {
  const octet = fc.integer({ min: 0, max: 3 });
  const block = fc.tuple(octet, octet, fc.integer({ min: 0, max: 32 })).map(([a, b, n]) => cidr(`10.${a}.${b}.0/${n}`));
  fc.assert(
    fc.property(fc.array(block, { maxLength: 12 }), octet, octet, (blocks, a, b) => {
      const trie = new PrefixTrie<string>();
      for (const each of blocks) trie.add(each, each.text);
      const address = ip(`10.${a}.${b}.7`);
      const longest = blocks.filter((each) => cidrContains(each, address)).sort((x, y) => y.prefix - x.prefix)[0];
      return trie.longest(address) === longest?.text;
    }),
  );
});

test('PrefixTrie finds what was added after it was first asked', () => {
  const trie = new PrefixTrie<string>();
  trie.add(cidr('10.0.0.0/8'), 'wide');
  expect(trie.longest(ip('10.1.2.3'))).toBe('wide');
  trie.add(cidr('10.1.0.0/16'), 'narrow');
  expect(trie.longest(ip('10.1.2.3'))).toBe('narrow');
  expect(trie.longest(ip('10.1.2.3'), 16)).toBe('wide');
});

test('PrefixTrie keeps the first value of a block, and finds it by the block alone', () => {
  const trie = new PrefixTrie<string>();
  trie.add(cidr('10.0.0.0/8'), 'first');
  trie.add(cidr('10.0.0.0/8'), 'second');
  trie.add(cidr('10.0.0.0/9'), 'longer');
  expect([trie.at(cidr('10.0.0.0/8')), trie.at(cidr('10.0.0.0/10')), trie.longest(ip('10.200.0.1'))]).toEqual([
    'first',
    undefined,
    'first',
  ]);
});
