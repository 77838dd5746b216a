import { describe, expect, test } from 'vitest';
import { cidr } from '../net/index.ts';
import { MADE_UP, madeUpAddresses, mentionedIn } from './made-up-addresses.ts';

const first = (count: number, mentioned: string[], blocks = MADE_UP): (string | undefined)[] => {
  const addresses = madeUpAddresses(blocks, mentioned.map(cidr));
  return Array.from({ length: count }, () => addresses.next().value);
};

describe('what a text mentions', () => {
  test.each([
    ['externalIPs: [198.51.100.2]', ['198.51.100.2/32']],
    ['-A INPUT -s 198.51.100.0/24 -j DROP # 192.0.2.9:80', ['198.51.100.0/24', '192.0.2.9/32']],
    ['{"destination":"198.18.0.0/15"}', ['198.18.0.0/15']],
    ['198.0.0.0/8 and 192.0.0.0/4', ['198.0.0.0/8']],
    ['192.168.0.1, 198.51.101.1, 1198.51.100.1, 198.51.100.300, 8.198.51.100.2, 198.51.100.1.2', []],
    ['twice 192.0.2.7 and 192.0.2.7, 203.0.113.7', ['192.0.2.7/32']],
  ])('%s', (text, found) => {
    expect(mentionedIn([text]).map((block) => block.text)).toEqual(found.map((each) => cidr(each).text));
  });
});

describe('addresses nobody mentions', () => {
  test('none of them is one that is mentioned', () => {
    expect(first(3, [])).toEqual(['198.51.100.1', '198.51.100.2', '198.51.100.3']);
    expect(first(3, ['198.51.100.2/32'])).toEqual(['198.51.100.1', '198.51.100.3', '198.51.100.4']);
    expect(first(1, ['198.51.100.0/24'])).toEqual(['192.0.2.1']);
  });
  test('where every block is mentioned, those no one of them is', () => {
    const all = ['192.0.0.0/8', '198.0.0.0/8', '198.51.100.1/32'];
    expect(first(2, all)).toEqual(['198.51.100.2', '198.51.100.3']);
    expect(first(6, ['192.0.2.0/31', '192.0.2.4/30'], [cidr('192.0.2.0/29')])).toEqual([
      ...['192.0.2.2', '192.0.2.3'],
      ...['192.0.2.4', '192.0.2.5', '192.0.2.6', undefined],
    ]);
  });
});
