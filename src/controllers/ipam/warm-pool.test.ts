import { describe, expect, test } from 'vitest';
import { instanceLimits } from './instance-types.ts';
import { maxPodsOf, theoreticalMaxPods } from './max-pods.ts';
import type { IpamSettings } from './settings.ts';
import { poolTooLow, steadyPool, targetState } from './warm-pool.ts';

const defaults: IpamSettings = {
  ipv6: false,
  prefixDelegation: false,
  customNetworking: false,
  eniConfigLabel: 'k8s.amazonaws.com/eniConfig',
  eniConfigAnnotation: 'k8s.amazonaws.com/eniConfig',
  subnetDiscovery: true,
  resourceProvisioning: true,
  warmEniTarget: 1,
  podEni: false,
  warmPrefixTarget: 1,
};
const t3small = { enis: 3, slotsPerEni: 3, prefixes: false, maxPods: 1000 };
const fifty = { enis: 15, slotsPerEni: 49, prefixes: false, maxPods: 1000 };

describe('steady pool: ENIs / addresses / free', () => {
  test.each([
    ['t3.small WARM_ENI=1', t3small, {}, 0, '1/3/3'],
    ['t3.small WARM_ENI=1', t3small, {}, 5, '3/9/4'],
    ['t3.small WARM_ENI=1', t3small, {}, 9, '3/9/0'],
    ['t3.small WARM_IP=1 MIN=1', t3small, { warmIpTarget: 1, minimumIpTarget: 1 }, 0, '1/1/1'],
    ['t3.small WARM_IP=1 MIN=1', t3small, { warmIpTarget: 1, minimumIpTarget: 1 }, 5, '2/6/1'],
    ['t3.small WARM_IP=1 MIN=1', t3small, { warmIpTarget: 1, minimumIpTarget: 1 }, 9, '3/9/0'],
    ['t3.small WARM_IP=2 MIN=5', t3small, { warmIpTarget: 2, minimumIpTarget: 5 }, 0, '2/5/5'],
    ['t3.small WARM_IP=2 MIN=5', t3small, { warmIpTarget: 2, minimumIpTarget: 5 }, 5, '3/7/2'],
    ['t3.small WARM_IP=2 MIN=5', t3small, { warmIpTarget: 2, minimumIpTarget: 5 }, 9, '3/9/0'],
    ['50 IPs WARM_ENI=1', fifty, {}, 0, '1/49/49'],
    ['50 IPs WARM_ENI=1', fifty, {}, 3, '2/98/95'],
    ['50 IPs WARM_ENI=1', fifty, {}, 95, '3/147/52'],
    ['50 IPs WARM_IP=5 MIN=10', fifty, { warmIpTarget: 5, minimumIpTarget: 10 }, 0, '1/10/10'],
    ['50 IPs WARM_IP=5 MIN=10', fifty, { warmIpTarget: 5, minimumIpTarget: 10 }, 7, '1/12/5'],
    ['50 IPs WARM_IP=5 MIN=10', fifty, { warmIpTarget: 5, minimumIpTarget: 10 }, 15, '1/20/5'],
    ['50 IPs WARM_IP=5 MIN=10', fifty, { warmIpTarget: 5, minimumIpTarget: 10 }, 45, '2/50/5'],
    ['PD t3.small', { ...t3small, prefixes: true }, {}, 0, '1/16/16'],
    ['PD t3.small', { ...t3small, prefixes: true }, {}, 5, '1/32/27'],
    ['PD t3.small', { ...t3small, prefixes: true }, {}, 16, '1/32/16'],
    ['PD t3.small', { ...t3small, prefixes: true }, {}, 17, '1/48/31'],
    ['m5.large', { enis: 3, slotsPerEni: 9, prefixes: false, maxPods: 29 }, {}, 1, '2/18/17'],
    ['m5.large', { enis: 3, slotsPerEni: 9, prefixes: false, maxPods: 29 }, {}, 10, '3/27/17'],
    ['t3.medium', { enis: 3, slotsPerEni: 5, prefixes: false, maxPods: 17 }, {}, 1, '2/10/9'],
    ['WARM_ENI=0', t3small, { warmEniTarget: 0 }, 3, '2/6/3'],
    ['more pods than slots', t3small, {}, 99, '3/9/-90'],
  ])('%s, %o', (_name, limits, targets, pods, want) => {
    const pool = steadyPool(limits, { ...defaults, ...targets }, pods);
    expect(`${pool.enis}/${pool.addresses}/${pool.addresses - pods}`).toBe(want);
  });
});

describe('one turn of the loop', () => {
  test.each([
    [0, 5],
    [2, 3],
    [5, 0],
  ])('WARM_IP=5 with %i in store is short of %i', (total, short) => {
    expect(targetState({ total, assigned: 0 }, false, { warm: 5, minimum: 0 }).short).toBe(short);
  });
  test.each([
    [0, 1, 0],
    [2, 0, 1],
    [1, 0, 0],
  ])('PD WARM_IP=5 with %i prefixes: short %i, over %i', (held, short, over) => {
    expect(targetState({ total: held * 16, assigned: 0 }, true, { warm: 5, minimum: 0 })).toEqual({ short, over });
  });
  test.each([
    ['3 free, WARM_IP=1', 3, 0, 100, { warmIpTarget: 1 }, false],
    ['1 of 3 used, WARM_ENI=1', 3, 1, 100, {}, true],
    ['1 of 3 used, WARM_ENI=0', 3, 1, 100, { warmEniTarget: 0 }, false],
    ['3 of 3 used, WARM_ENI=0', 3, 3, 100, { warmEniTarget: 0 }, true],
    ['maxPods 3 reached', 3, 3, 3, {}, false],
  ])('%s', (_name, total, assigned, maxPods, targets, low) => {
    const limits = { slotsPerEni: 3, prefixes: false, maxPods };
    expect(poolTooLow({ total, assigned }, limits, { ...defaults, ...targets })).toBe(low);
  });
});

describe('max pods', () => {
  test.each([
    ['t3.nano', 4, 34, 34],
    ['t3.small', 11, 146, 110],
    ['t3.medium', 17, 242, 110],
    ['t3.large', 35, 530, 110],
    ['t3.xlarge', 58, 898, 110],
    ['m7g.medium', 8, 98, 98],
    ['m5.large', 29, 434, 110],
    ['m8g.large', 29, 434, 110],
    ['g4dn.xlarge', 29, 434, 110],
    ['trn1.2xlarge', 58, 898, 110],
    ['i4i.xlarge', 58, 898, 110],
    ['m6i.4xlarge', 234, 3714, 110],
    ['c5.9xlarge', 234, 3714, 250],
    ['r5.8xlarge', 234, 3714, 250],
    ['p4d.24xlarge', 737, 11762, 250],
    ['p5.48xlarge', 100, 1570, 250],
    ['trn1.32xlarge', 247, 3922, 250],
    ['m4.large', 20, 290, 20],
    ['t2.medium', 17, 242, 17],
  ])('%s: %i, with prefixes %i in theory, %i in practice', (type, plain, theory, capped) => {
    const limits = instanceLimits(type);
    if (limits === undefined) throw new Error(type);
    expect(maxPodsOf(limits, defaults)).toBe(plain);
    expect(theoreticalMaxPods(limits, true)).toBe(theory);
    expect(maxPodsOf(limits, { ...defaults, prefixDelegation: true })).toBe(capped);
  });
  test('custom networking leaves the primary ENI out', () => {
    const limits = instanceLimits('m5.large');
    if (limits === undefined) throw new Error('m5.large');
    expect(maxPodsOf(limits, { ...defaults, customNetworking: true })).toBe(20);
  });
});
