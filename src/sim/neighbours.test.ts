import { describe, expect, test } from 'vitest';
import { id } from '../../test/sim/netns-from.ts';
import { CLIENT, NODE_A, testWorld } from '../../test/sim/test-world.ts';
import { ping, stepsOf, walk } from '../../test/sim/walks.ts';
import type { Netns } from '../linux/index.ts';
import type { World } from '../world/index.ts';

describe('a next hop on a veth, without a neighbour entry', () => {
  const altered = (of: string, change: (netns: Netns) => Netns): World => {
    const world = testWorld({ externalSnat: false });
    const netns = world.netns.get(id(of));
    if (netns === undefined) throw new Error(`no ${of}`);
    return { ...world, netns: new Map([...world.netns, [netns.id, change(netns)]]) };
  };
  const unaware = altered(CLIENT, (pod) => ({ ...pod, neighbours: [] }));
  test('nobody has 169.254.1.1: after its last probe the kernel tells the sender that the host is unreachable', () => {
    const trip = walk(unaware, ping(CLIENT, '10.0.2.127'));
    const [drop, error] = stepsOf(trip).slice(-2);
    expect([trip.disposition, drop?.because, error?.action]).toEqual([
      'refused',
      'nobody on eth0 answers ARP for 169.254.1.1, and there is no entry for it',
      'ICMP 3/1 to 10.0.1.51',
    ]);
  });
  test('a node that proxies ARP answers for it', () => {
    const node = unaware.netns.get(id(NODE_A));
    if (node === undefined) throw new Error('no node');
    const sysctls = new Map([...node.sysctls, ['net.ipv4.conf.all.proxy_arp', '1']]);
    const proxied = { ...unaware, netns: new Map([...unaware.netns, [node.id, { ...node, sysctls }]]) };
    expect(walk(proxied, ping(CLIENT, '10.0.2.127')).disposition).toBe('delivered');
  });
  test('a pod answers for its own address', () => {
    expect(walk(testWorld({ externalSnat: false }), ping(NODE_A, '10.0.1.51')).disposition).toBe('delivered');
    const moved = altered(CLIENT, (pod) => ({ ...pod, addresses: [], routes: [] }));
    const steps = stepsOf(walk(moved, ping(NODE_A, '10.0.1.51')));
    expect(steps.map((step) => step.because).join()).toContain('answers ARP for 10.0.1.51');
  });
});
