import { describe, expect, test } from 'vitest';
import { cluster, eni, machine, pod } from '../../../test/controllers/objects.ts';
import type { Cluster } from '../../cluster/index.ts';
import { type Ip, ip } from '../../net/index.ts';
import { freeAddress } from './free-address.ts';

const NODE = 'n1';

/** A node with two ENIs that list these addresses, and pods that have some of them. */
function clusterWith(first: readonly string[], second: readonly string[], taken: readonly string[]): Cluster {
  const enis = [eni(0, '10.0.0.10', [...first]), eni(1, '10.0.0.20', [...second])];
  const pods = taken.map((address, i) => ({
    ...pod(`p-${i}`, { nodeName: NODE }),
    status: { phase: 'Running', podIPs: [ip(address)] } as const,
  }));
  return cluster({ pods, nodeSpecs: [machine(NODE, { enis, instanceType: 't3.small' })] });
}

const resting = (...texts: readonly string[]): ReadonlySet<Ip> => new Set(texts.map(ip));

describe('the address of the next pod', () => {
  // t3.small: 4 addresses an ENI, the first one its own.
  for (const [name, primary, second, taken, rests, want] of [
    ['a listed one that is free', ['10.0.0.11', '10.0.0.12'], ['10.0.0.21'], ['10.0.0.11'], [], ['10.0.0.12', 0]],
    ['of the next device, where the first has none', ['10.0.0.11'], ['10.0.0.21'], ['10.0.0.11'], [], ['10.0.0.21', 1]],
    ['not one that rests', ['10.0.0.11', '10.0.0.12'], ['10.0.0.21'], [], ['10.0.0.11'], ['10.0.0.12', 0]],
    ['one more of the subnet, where an ENI has room', ['10.0.0.11'], [], ['10.0.0.11'], [], ['10.0.0.4', 0]],
    ["not one more that rests, nor the NAT gateway's", ['10.0.0.11'], [], ['10.0.0.11'], ['10.0.0.4'], ['10.0.0.6', 0]],
  ] as const)
    test(name, () => {
      const [address, deviceIndex] = want;
      expect(freeAddress(clusterWith(primary, second, taken), NODE, resting(...rests))).toEqual({
        address,
        deviceIndex,
      });
    });

  test('none, where every ENI is full', () => {
    const full = ['10.0.0.11', '10.0.0.12', '10.0.0.13', '10.0.0.21', '10.0.0.22', '10.0.0.23'];
    const cluster = clusterWith(full.slice(0, 3), full.slice(3), full);
    expect(freeAddress(cluster, NODE, new Set())).toBeUndefined();
    expect(freeAddress(cluster, 'other', new Set())).toBeUndefined();
  });
});
