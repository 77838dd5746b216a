import { expect, test } from 'vitest';
import { twoZones } from '../../../../test/sim/two-zones.ts';
import { walkPacket } from '../../walk-packet.ts';
import { addressesOut } from './dns-failover.ts';

type Type = 'network' | 'application' | 'classic';

const ALIAS = `---
apiVersion: packetwalk.dev/v1alpha1
kind: DnsName
spec: { name: alias.example, alias: lb/front }
`;

/** One load balancer in two zones, with servers that listen on 8080: a target group for each text. */
function outOf(type: Type, groups: readonly string[], more = ''): readonly string[] {
  const listeners = groups.map((_, i) => `{ protocol: TCP, port: ${80 + i}, targetGroup: g${i} }`);
  const targets = groups.map((of, i) => `{ name: g${i}, targetType: ip, protocol: TCP, targets: [${of}] }`);
  const loaded = twoZones(
    `dnsName: front.example
subnets: [{ id: a, privateIp: 10.0.1.200 }, { id: b, privateIp: 10.0.2.200 }]
listeners: [${listeners.join(', ')}]
targetGroups: [${targets.join(', ')}]
${more}`,
    { more: ALIAS },
  );
  const { fabric } = loaded;
  const world = {
    ...loaded,
    fabric: { ...fabric, loadBalancers: fabric.loadBalancers.map((of) => ({ ...of, type })) },
  };
  const [own, alias] = ['front.example', 'alias.example'].map((name) => [...addressesOut(world, walkPacket, [name])]);
  expect(alias).toEqual(own);
  return own ?? [];
}

const WELL_A = '{ address: 10.0.1.11, port: 8080 }';
const WELL_B = '{ address: 10.0.2.12, port: 8080 }';
const DOWN_A = '{ address: 10.0.1.11, port: 9 }';
const DOWN_B = '{ address: 10.0.2.12, port: 9 }';
const OUT_A = ['10.0.1.200'];
const OUT_B = ['10.0.2.200'];

test.each([
  ['both zones are well', [`${WELL_A}, ${WELL_B}`], []],
  ['one target of a zone is down', [`${WELL_A}, ${DOWN_A}, ${WELL_B}`], []],
  ['all of one zone are down', [`${WELL_A}, ${DOWN_B}`], OUT_B],
  ['all of both are', [`${DOWN_A}, ${DOWN_B}`], []],
  ['one zone is well and one empty', [WELL_A], []],
  ['one zone is down and one empty', [DOWN_A], []],
  ['nobody is registered', [''], []],
  ['a group of a zone is down', [`${WELL_A}, ${WELL_B}`, `${DOWN_A}, ${WELL_B}`], OUT_A],
  ['another group is in the other zone alone', [`${DOWN_A}, ${WELL_B}`, WELL_B], OUT_A],
] as const)('a network load balancer takes addresses out where %s', (_, groups, want) => {
  expect(outOf('network', groups)).toEqual(want);
});

test.each([
  ['application', 'crossZone: false', OUT_B],
  ['application', 'crossZone: true', []],
  ['network', 'crossZone: true', []],
  ['classic', 'crossZone: false', []],
] as const)('%s, %s', (type, crossZone, want) => {
  expect(outOf(type, [`${WELL_A}, ${DOWN_B}`], crossZone)).toEqual(want);
});
