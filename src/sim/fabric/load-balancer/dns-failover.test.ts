import { expect, test } from 'vitest';
import { loadWorld } from '../../../load/index.ts';
import { walkPacket } from '../../walk-packet.ts';
import { addressesOut } from './dns-failover.ts';

type Type = 'network' | 'application' | 'classic';

/** One load balancer in two zones, with servers that listen on 8080: a target group for each text. */
function outOf(type: Type, groups: readonly string[], more = ''): readonly string[] {
  const text = `apiVersion: packetwalk.dev/v1alpha1
kind: Network
spec:
  region: us-east-1
  clusterVpc: vpc-1
  vpcs:
    - id: vpc-1
      cidrs: [10.0.0.0/16]
      subnets:
        - { id: a, cidr: 10.0.1.0/24, zone: us-east-1a, routeTable: t }
        - { id: b, cidr: 10.0.2.0/24, zone: us-east-1b, routeTable: t }
      routeTables: [{ id: t, routes: [] }]
---
apiVersion: packetwalk.dev/v1alpha1
kind: Server
metadata: { name: a }
spec: { kind: server, subnet: a, addresses: [10.0.1.11], listens: [{ port: 8080 }] }
---
apiVersion: packetwalk.dev/v1alpha1
kind: Server
metadata: { name: b }
spec: { kind: server, subnet: b, addresses: [10.0.2.12], listens: [{ port: 8080 }] }
---
apiVersion: packetwalk.dev/v1alpha1
kind: LoadBalancer
metadata: { name: front }
spec:
  dnsName: front.example
  ${more}
  subnets: [{ id: a, privateIp: 10.0.1.200 }, { id: b, privateIp: 10.0.2.200 }]
  listeners: [${groups.map((_, i) => `{ protocol: TCP, port: ${80 + i}, targetGroup: g${i} }`).join(', ')}]
  targetGroups: [${groups.map((targets, i) => `{ name: g${i}, targetType: ip, protocol: TCP, targets: [${targets}] }`).join(', ')}]
---
apiVersion: packetwalk.dev/v1alpha1
kind: DnsName
spec: { name: alias.example, alias: lb/front }
`;
  const { world: loaded, issues } = loadWorld([{ path: 'w.yaml', text }], []);
  if (loaded === undefined) throw new Error(issues.map(({ message }) => message).join('\n'));
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
