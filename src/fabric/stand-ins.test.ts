import { describe, expect, test } from 'vitest';
import { cidr, ip, PrefixTrie } from '../net/index.ts';
import {
  anyHolds,
  blockHolds,
  coverPublic,
  decidesAnyway,
  type KnownStandIn,
  misleads,
  standInLookup,
  standsFor,
  tellStandIn,
} from './stand-ins.ts';

const standIn = (block: string): KnownStandIn => ({
  block: cidr(block),
  of: 'NAT gateway nat-a',
  give: 'publicIp does',
  apart: new PrefixTrie(),
});
const one = standIn('198.51.100.1/32');
const six = standIn('2001:db8:0:1200::/56');

const nobody = { vpcs: [], onPremises: [], internetHosts: [], enis: [], natGateways: [], controlPlanes: [] };

describe('a block and an address that stands in for another', () => {
  test.each([
    ['0.0.0.0/0', 'yes'],
    ['198.51.100.0/24', 'unsure'],
    ['198.51.100.1/32', 'unsure'],
    ['192.0.2.0/24', 'unsure'],
    ['34.0.0.0/8', 'unsure'],
    ['10.0.0.0/8', 'no'],
    ['10.1.0.0/16', 'no'],
    ['100.64.0.0/12', 'no'],
    ['8.0.0.0/5', 'unsure'],
    ['198.18.0.0/15', 'no'],
    ['198.16.0.0/12', 'unsure'],
    ['192.0.0.0/24', 'no'],
    ['::/0', 'no'],
  ])('%s: %s', (block, want) => expect(blockHolds(cidr(block), ip('198.51.100.1'), one)).toBe(want));

  test.each([
    ['::/0', 'yes'],
    ['2000::/3', 'yes'],
    ['2001:db8:0:1200::/56', 'yes'],
    ['2001:db8:0:1201::/64', 'yes'],
    ['2001:db8:0:1202::/64', 'no'],
    ['2001:db8::/32', 'unsure'],
    ['2600:1f14::/35', 'unsure'],
    ['fd00::/8', 'no'],
    ['64:ff9b::/96', 'no'],
    ['2002::/16', 'no'],
    ['0.0.0.0/0', 'no'],
  ])('of a made-up block, %s: %s', (block, want) =>
    expect(blockHolds(cidr(block), ip('2001:db8:0:1201::9'), six)).toBe(want),
  );

  test('an address of the input is in a block or is not', () => {
    expect(blockHolds(cidr('198.51.100.0/24'), ip('198.51.100.1'), undefined)).toBe('yes');
    expect(blockHolds(cidr('192.0.2.0/24'), ip('198.51.100.1'), undefined)).toBe('no');
  });

  test.each([
    [['10.0.0.0/8', '34.0.0.0/8'], 'unsure'],
    [['34.0.0.0/8', '0.0.0.0/0'], 'yes'],
    [['10.0.0.0/8'], 'no'],
    [['128.0.0.0/1', '0.0.0.0/1'], 'yes'],
    [['0.0.0.0/2', '64.0.0.0/2', '128.0.0.0/2', '192.0.0.0/3'], 'yes'],
    [['0.0.0.0/2', '64.0.0.0/3', '128.0.0.0/1'], 'unsure'],
    [['0.0.0.0/1', '128.0.0.0/2'], 'unsure'],
    [['0.0.0.0/1', '::/1', '8000::/1'], 'unsure'],
    [[], 'no'],
  ] as const)('of several blocks %j: %s', (blocks, want) =>
    expect(anyHolds(blocks.map(cidr), ip('198.51.100.1'), one)).toBe(want),
  );
});

describe('rules in order that may be for it', () => {
  test.each([
    ['0.0.0.0/1 a, 128.0.0.0/1 a', '128.0.0.0/1'],
    ['0.0.0.0/1 a, 128.0.0.0/1 a, 34.0.0.0/8 b', '128.0.0.0/1'],
    ['0.0.0.0/1 a, 128.0.0.0/1 b', undefined],
    ['34.0.0.0/8 b, 0.0.0.0/1 a, 128.0.0.0/1 a', undefined],
    ['0.0.0.0/1 a', undefined],
    ['', undefined],
  ])('%s: %s', (text, want) => {
    const rules = text.split(', ').flatMap((each) => {
      const [block = '', does = ''] = each.split(' ');
      return block === '' ? [] : [{ block: cidr(block), does }];
    });
    const found = decidesAnyway(
      rules,
      ({ block }) => block,
      ({ does }) => does,
      ip('198.51.100.1'),
    );
    expect(found?.block.text).toBe(want);
  });
});

test.each([
  [6, ['2000::/4', '3000::/4'], true],
  [6, ['2000::/4', '3000::/5'], false],
  [6, ['::/0'], true],
  [6, ['0.0.0.0/0'], false],
  [4, ['0.0.0.0/1', '0.0.0.0/1', '0.0.0.0/1'], false],
] as const)('every public address of IPv%i is in one of %j: %s', (family, blocks, want) =>
  expect(coverPublic(blocks.map(cidr), family)).toBe(want),
);

test('no true address is of what the input gives somebody else', () => {
  const fabric = {
    ...nobody,
    standIns: [one],
    vpcs: [{ id: 'vpc', region: 'us-east-1', cidrs: [cidr('10.0.0.0/16'), cidr('34.1.0.0/16')] }],
    internetHosts: [{ netns: 'host/a', dev: 'eth0', addresses: [ip('54.1.2.3'), ip('198.51.100.1')] }],
    onPremises: [{ id: 'office', cidrs: [cidr('30.10.0.0/16')], gateway: ip('30.10.0.1'), hosts: [], routes: [] }],
  };
  const known = standInLookup(fabric)(ip('198.51.100.1'));
  const held = (block: string): string => blockHolds(cidr(block), ip('198.51.100.1'), known);
  expect(['34.1.0.0/16', '34.1.2.0/24', '34.0.0.0/8'].map(held)).toEqual(['no', 'no', 'unsure']);
  expect(['30.10.0.0/17', '54.1.2.3/32', '54.1.2.2/31'].map(held)).toEqual(['no', 'no', 'unsure']);
  expect(held('198.51.100.1/32')).toBe('unsure');
});

test('a block no true address is of, with the made-up one in it', () => {
  const node = standIn('198.18.0.1/32');
  const [block, address] = [cidr('198.18.0.0/15'), ip('198.18.0.1')];
  expect(blockHolds(block, address, node)).toBe('no');
  expect(misleads(block, address, node)).toBe(true);
  expect(misleads(cidr('10.0.0.0/8'), address, node)).toBe(false);
  expect(misleads(cidr('34.0.0.0/8'), address, node)).toBe(true);
});

test('whose it is', () => {
  const of = standInLookup({ ...nobody, standIns: [one, six] });
  const whose = (address: string): string | undefined => of(ip(address))?.block.text;
  expect(['198.51.100.1', '198.51.100.2'].map(whose)).toEqual([one.block.text, undefined]);
  expect(['2001:db8:0:12ff::1', '2001:db8:0:1300::1'].map(whose)).toEqual([six.block.text, undefined]);
  expect(standInLookup(nobody)(ip('198.51.100.1'))).toBeUndefined();
  expect(standsFor(one)).toEqual({ standsFor: 'the public address of NAT gateway nat-a' });
  expect([standsFor(six), standsFor(undefined)]).toEqual([{}, {}]);
  expect(tellStandIn(ip('198.51.100.1'), one)).toBe(
    '198.51.100.1 stands in for a public address of NAT gateway nat-a, which the input does not give: publicIp does',
  );
});
