import { describe, expect, test } from 'vitest';
import { netnsFrom } from '../../test/sim/netns-from.ts';
import { ip } from '../net/index.ts';
import type { Probe } from '../trace/index.ts';
import { createHost } from './host/index.ts';
import { probePacket } from './probe-packet.ts';

describe('the first packet of a flow, by the metrics of its route', () => {
  const made = (metrics: string, more: Partial<Probe> = {}) => {
    const addresses = 'in0 10.1.0.1/24\nout0 10.2.0.1/24';
    const netns = netnsFrom('node/r', { addresses, routes: `10.8.0.0/16 via 10.1.0.9 dev in0 ${metrics}` });
    const probe = { from: 'node/r', dst: ip('10.8.0.2'), dport: 80, protocol: 'tcp', ...more } as const;
    return probePacket(createHost(netns, 'nodes/r'), probe);
  };
  test.each([
    ['', {}, { ttl: 127, df: true, length: 60 }],
    ['hoplimit 9', {}, { ttl: 9 }],
    ['hoplimit 9', { ttl: 3 }, { ttl: 3 }],
    ['hoplimit 0', {}, { ttl: 127 }],
    ['mtu 1300', { size: 1400 }, { df: true, length: 1300 }],
    // ip_dont_fragment: where nothing a path tells may change the MTU, the path may cut.
    ['mtu lock 1300', { size: 1400 }, { df: false, length: 1300 }],
    ['mtu lock 1300', { df: true }, { df: true }],
  ] satisfies readonly (readonly [string, Partial<Probe>, object])[])('%s %j', (metrics, more, packet) =>
    expect(made(metrics, more)).toMatchObject({ ok: true, packet }),
  );
});
