import { describe, expect, test } from 'vitest';
import { cidr } from '../../net/index.ts';
import { inRange, parseBpfMap, parseBpfNet, printBpfMap, printBpfNet, showPrefixEntry } from './bpf-json.ts';
import type { Classifier, PrefixEntries } from './types.ts';

const classifier: Classifier = {
  dev: 'eniaee705c1f69',
  side: 'ingress',
  program: 'handle_egress',
  family: 4,
  map: 'toolbox-a-6fb5b9b786@packetlab_egress_map',
  state: 'POLICIES_APPLIED',
};
const entry: PrefixEntries = {
  maps: [classifier.map],
  keys: [cidr('10.0.2.0/24')],
  values: [
    { protocol: 6, start_port: 80, end_port: 90 },
    { protocol: 254, start_port: 0, end_port: 0 },
  ],
};

test('what is printed is read again', () => {
  expect(parseBpfNet(printBpfNet([classifier]), 'f')).toEqual({ value: [classifier], issues: [] });
  expect(parseBpfMap(printBpfMap([entry]), 'f')).toEqual({ value: [entry], issues: [] });
  const shared = { ...entry, maps: [classifier.map, 'web@shop_egress_map'], keys: [cidr('10.0.3.1/32'), cidr('::/0')] };
  expect(parseBpfMap(printBpfMap([shared]), 'f')).toEqual({ value: [shared], issues: [] });
  expect(showPrefixEntry(cidr('10.0.2.0/24'), entry.values)).toBe('10.0.2.0/24: tcp 80-90, any protocol');
});

describe('what cannot be is left out, with its line', () => {
  for (const [what, parse, line] of [
    [
      'another program',
      parseBpfNet,
      '{"devname":"e","kind":"clsact/ingress","name":"cil_from_container","family":"inet","map":"m","state":"DEFAULT_ALLOW"}',
    ],
    [
      'no map',
      parseBpfNet,
      '{"devname":"e","kind":"clsact/ingress","name":"handle_egress","family":"inet","state":"DEFAULT_ALLOW"}',
    ],
    ['no block', parseBpfMap, '{"map":"m","key":"10.0.0.0/40","value":[{"protocol":6,"start_port":1,"end_port":0}]}'],
    [
      'a port too large',
      parseBpfMap,
      '{"map":"m","key":"10.0.0.0/8","value":[{"protocol":6,"start_port":70000,"end_port":0}]}',
    ],
    ['no value', parseBpfMap, '{"map":"m","key":"10.0.0.0/8","value":[]}'],
    [
      'one key of several that is none',
      parseBpfMap,
      '{"map":"m","key":["10.0.0.0/8","here"],"value":[{"protocol":6,"start_port":1,"end_port":0}]}',
    ],
    [
      'no map in a list',
      parseBpfMap,
      '{"map":[],"key":"10.0.0.0/8","value":[{"protocol":6,"start_port":1,"end_port":0}]}',
    ],
  ] as const)
    test(what, () => {
      const { value, issues } = parse(`[\n${line}\n]\n`, 'f');
      expect(value).toEqual([]);
      expect(issues.map(({ severity, at }) => `${severity} ${at.file}:${at.line}`)).toEqual(['error f:2']);
    });
});

describe('a range, as the program asks it', () => {
  for (const [want, protocol, from, to, asked, port] of [
    [true, 6, 80, 0, 6, 80],
    [false, 6, 80, 0, 6, 81],
    [true, 6, 80, 90, 6, 90],
    [false, 6, 80, 90, 6, 91],
    [false, 6, 80, 0, 17, 80],
    [true, 254, 0, 0, 1, 0],
    [false, 254, 80, 0, 1, 0],
    [false, 255, 0, 0, 6, 80],
    // The end before the start: the start alone.
    [true, 6, 80, 70, 6, 80],
  ] as const)
    test(`${protocol} ${from}-${to}: ${asked} ${port}`, () =>
      expect(inRange({ protocol, start_port: from, end_port: to }, asked, port)).toBe(want));
});
