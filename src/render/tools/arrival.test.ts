import { expect, test } from 'vitest';
import { icmpErrorText } from './arrival.ts';

test.each([
  [4, 3, 0, 'Destination Net Unreachable', '!N'],
  [4, 3, 1, 'Destination Host Unreachable', '!H'],
  [4, 3, 3, 'Destination Port Unreachable', ''],
  [4, 3, 4, 'Frag needed and DF set (mtu = 1400)', '!F-1400'],
  [4, 3, 10, 'Destination Host Prohibited', '!X'],
  [4, 3, 12, 'Destination Host Unreachable for Type of Service', '!H'],
  [4, 3, 77, 'Dest Unreachable, Bad Code: 77', '!<77>'],
  [4, 11, 0, 'Time to live exceeded', ''],
  [6, 1, 0, 'Destination unreachable: No route', '!N'],
  [6, 1, 1, 'Destination unreachable: Administratively prohibited', '!X'],
  [6, 1, 2, 'Destination unreachable: Beyond scope of source address', '!H'],
  [6, 1, 5, 'Destination unreachable: Unknown code 5', '!<5>'],
  [6, 2, 0, 'Packet too big: mtu=1400', '!F-1400'],
  [6, 3, 0, 'Time exceeded: Hop limit', ''],
] as const)('IPv%d %d/%d: %s %s', (family, type, code, words, mark) => {
  expect(icmpErrorText({ type, code, mtu: 1400 }, family)).toEqual({ words, mark });
});
