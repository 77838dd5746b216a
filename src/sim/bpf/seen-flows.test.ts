import { expect, test } from 'vitest';
import { ip } from '../../net/index.ts';
import type { CtTuple } from '../packet.ts';
import { SeenFlows } from './seen-flows.ts';

const tuple: CtTuple = {
  protocol: 'udp',
  src: ip('10.0.1.11'),
  sport: 40_000,
  dst: ip('10.0.1.21'),
  dport: 53,
  icmp: undefined,
};
const key = { dev: 'eni1', owner: '10.0.1.11', tuple };
const nowhere = (): boolean => false;

test('a flow is remembered while it is used, and as long as connection tracking has it', () => {
  const flows = new SeenFlows();
  flows.add(key, 0);
  expect(flows.has(key, 300, nowhere)).toBe(true);
  expect(flows.has(key, 600, nowhere)).toBe(true);
  expect(flows.has(key, 2000, () => true)).toBe(true);
  expect(flows.has(key, 2301, nowhere)).toBe(false);
});

test("one device's flow, and one pod's, is nobody else's", () => {
  const flows = new SeenFlows();
  flows.add(key, 0);
  expect(flows.has({ ...key, dev: 'eni2' }, 0, nowhere)).toBe(false);
  expect(flows.has({ ...key, owner: '10.0.1.21' }, 0, nowhere)).toBe(false);
});
