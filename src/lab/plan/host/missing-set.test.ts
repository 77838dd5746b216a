import { expect, test } from 'vitest';
import { netnsFrom } from '../../../../test/sim/netns-from.ts';
import { parseIpsetSave } from '../../../linux/index.ts';
import { missingSet } from './sets.ts';

const asks = (name: string) =>
  netnsFrom('node/r', {
    addresses: 'in0 10.1.0.1/24',
    rules: '',
    iptables: `*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m set --match-set ${name} src -j DROP\nCOMMIT\n`,
  });

test('a set that a rule asks and nobody made', () => {
  const { value: ipsets } = parseIpsetSave('create own hash:ip family inet\n', 's');
  expect(missingSet(asks('own'))).toBe('own');
  expect(missingSet({ ...asks('own'), ipsets })).toBeUndefined();
  expect(missingSet({ ...asks('other'), ipsets })).toBe('other');
});
