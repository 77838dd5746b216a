import { expect, test } from 'vitest';
import type { KnownStandIn } from '../../fabric/index.ts';
import { cidr, ip, PrefixTrie } from '../../net/index.ts';
import { type LoadedEntry, LoadedMap } from './loaded-map.ts';

const standIn: KnownStandIn = {
  block: cidr('198.51.100.1/32'),
  of: 'NAT gateway a',
  give: 'publicIp does',
  apart: new PrefixTrie(),
};
const mapOf = (...blocks: readonly string[]): LoadedMap =>
  new LoadedMap(
    blocks.map((each, index) => ({ entries: { maps: ['m'], keys: [], values: [] }, key: cidr(each), index })),
  );
const textOf = ({ key }: LoadedEntry): string => key.text;

test('what surely is for a made-up address, and what may be and counts before it: the longest first', () => {
  const map = mapOf('0.0.0.0/1', '34.1.0.0/16', '0.0.0.0/0', '10.0.0.0/8', '198.51.100.0/24', '34.0.0.0/8');
  const found = map.longest(ip('198.51.100.1'), standIn);
  expect(found && textOf(found)).toBe('0.0.0.0/0');
  expect(map.mayCount(standIn, found).map(textOf)).toEqual([
    '198.51.100.0/24',
    '34.1.0.0/16',
    '34.0.0.0/8',
    '0.0.0.0/1',
  ]);
});

test('of a given address the longest prefix counts', () => {
  const found = mapOf('0.0.0.0/1', '128.0.0.0/1', '198.51.100.0/24').longest(ip('198.51.100.1'), undefined);
  expect(found && textOf(found)).toBe('198.51.100.0/24');
});
