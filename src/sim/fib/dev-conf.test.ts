import { expect, test } from 'vitest';
import { netnsFrom } from '../../../test/sim/netns-from.ts';
import { type DevConf, devConfOf } from './dev-conf.ts';

const read = (sysctls: Readonly<Record<string, string>>): DevConf =>
  devConfOf(netnsFrom('node/r', { addresses: 'in0 10.1.0.1/24', sysctls }), 'in0');

test.each([
  [{ 'net.ipv4.conf.default.rp_filter': '1' }, { rpFilter: 1 }],
  [{ 'net.ipv4.conf.default.rp_filter': '1', 'net.ipv4.conf.in0.rp_filter': '0' }, { rpFilter: 0 }],
  [{ 'net.ipv4.conf.all.rp_filter': '2', 'net.ipv4.conf.default.rp_filter': '1' }, { rpFilter: 2 }],
  [{ 'net.ipv4.ip_forward': '1' }, { forwarding: true }],
  [{ 'net.ipv4.ip_forward': '1', 'net.ipv4.conf.default.forwarding': '0' }, { forwarding: false }],
  [{ 'net.ipv6.conf.default.proxy_ndp': '1' }, { proxyNdp: true }],
  [{ 'net.ipv6.conf.default.force_forwarding': '1' }, { forwarding6: true }],
] satisfies readonly (readonly [Record<string, string>, Partial<DevConf>])[])(
  'a device nothing is said of copied default when it was made: %j',
  (sysctls, want) => expect(read(sysctls)).toMatchObject(want),
);
