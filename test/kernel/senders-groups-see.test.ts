import { afterEach, expect } from 'vitest';
import { ip } from '../../src/net/index.ts';
import { worldOf } from '../lab/worlds.ts';
import { type ClusterBench, openKernelCluster, openSimCluster, plain } from '../planes/clusters.ts';
import { kernelTest } from './kernel.ts';

// Rules that name a group are for those whose packets come straight from their own interface: not through a middlebox, nor through
// a transit gateway (VPC guide, security group rules; transit gateways guide).

interface Way {
  /** Where the first node's subnet sends what is for the second's. */
  readonly between?: 'eni-edge';
  /** What joins the VPCs. */
  readonly partner?: 'pcx-1' | 'tgw-1';
  /** Whom the nodes let in beside each other, and whom they call. */
  readonly from?: string;
  readonly to?: string;
}

const ENDS = `---
apiVersion: packetwalk.dev/v1alpha1
kind: TransitGateway
metadata: { name: tgw-1 }
spec:
  attachments:
    - { id: att-a, vpc: vpc-a, subnets: [two], routeTable: all }
    - { id: att-b, vpc: vpc-b, subnets: [b], routeTable: all }
  routeTables: [{ id: all, propagations: [att-a, att-b] }]
---
apiVersion: packetwalk.dev/v1alpha1
kind: Cluster
spec: { name: c, version: "1.34", vpcCniVersion: 1.20.4, serviceCidrs: [172.20.0.0/16] }
---
apiVersion: packetwalk.dev/v1alpha1
kind: NodeNetwork
spec: { node: n1, subnet: one, primaryIp: 10.0.1.10, securityGroups: [sg-node] }
---
apiVersion: packetwalk.dev/v1alpha1
kind: NodeNetwork
spec: { node: n2, subnet: two, primaryIp: 10.0.2.10, securityGroups: [sg-node] }
---
apiVersion: packetwalk.dev/v1alpha1
kind: NodeNetwork
spec:
  node: edge
  subnet: edge
  primaryIp: 10.0.3.10
  enis: [{ id: eni-edge, deviceIndex: 0, subnet: edge, primaryIp: 10.0.3.10, sourceDestCheck: false, securityGroups: [sg-open] }]
---
apiVersion: packetwalk.dev/v1alpha1
kind: Server
metadata: { name: partner }
spec: { kind: server, subnet: b, addresses: [10.8.1.9], listens: [], securityGroups: [sg-partner] }
`;

const network = ({ between, partner = 'pcx-1', from = '10.9.9.9/32', to = '0.0.0.0/0' }: Way): string => `
apiVersion: packetwalk.dev/v1alpha1
kind: Network
spec:
  region: eu-west-1
  clusterVpc: vpc-a
  vpcs:
    - id: vpc-a
      cidrs: [10.0.0.0/16]
      subnets:
        - { id: one, cidr: 10.0.1.0/24, zone: eu-west-1a, routeTable: of-one }
        - { id: two, cidr: 10.0.2.0/24, zone: eu-west-1a, routeTable: of-two }
        - { id: edge, cidr: 10.0.3.0/24, zone: eu-west-1a, routeTable: of-two }
      routeTables:
        - { id: of-one, routes: [${between === undefined ? '' : `{ destination: 10.0.2.0/24, target: ${between} }`}] }
        - { id: of-two, routes: [{ destination: 10.8.0.0/16, target: ${partner} }] }
    - id: vpc-b
      cidrs: [10.8.0.0/16]
      subnets: [{ id: b, cidr: 10.8.1.0/24, zone: eu-west-1a, routeTable: of-b }]
      routeTables: [{ id: of-b, routes: [{ destination: 10.0.0.0/16, target: ${partner} }] }]
  peerings: [{ id: pcx-1, requester: vpc-a, accepter: vpc-b }]
${ENDS}---
apiVersion: packetwalk.dev/v1alpha1
kind: SecurityGroup
metadata: { name: node }
spec:
  id: sg-node
  ingress: [{ protocol: tcp, ports: 10250, from: [self, sg-partner, ${from}] }]
  egress: [{ protocol: tcp, ports: 10250, to: ${to} }]
---
apiVersion: packetwalk.dev/v1alpha1
kind: SecurityGroup
metadata: { name: open }
spec: { id: sg-open, ingress: [{ protocol: all, from: 0.0.0.0/0 }] }
---
apiVersion: packetwalk.dev/v1alpha1
kind: SecurityGroup
metadata: { name: partner }
spec: { id: sg-partner, ingress: [] }
`;

const opened: ClusterBench[] = [];
afterEach(() => {
  for (const bench of opened.splice(0)) bench.close();
});

const CASES: readonly (readonly [string, string, Way, readonly string[]])[] = [
  ['in the VPC', 'node/n1', {}, ['node/n1', 'node/n2', 'node/n1']],
  ['in the VPC, by a group it may call', 'node/n1', { to: 'self' }, ['node/n1', 'node/n2', 'node/n1']],
  ['through a middlebox', 'node/n1', { between: 'eni-edge' }, ['node/n1', 'node/edge']],
  [
    'through a middlebox, from a block that is let in',
    'node/n1',
    { between: 'eni-edge', from: '10.0.1.0/24' },
    ['node/n1', 'node/edge', 'node/n2', 'node/n1'],
  ],
  [
    'through a middlebox, by a group it may call',
    'node/n1',
    { between: 'eni-edge', from: '10.0.1.0/24', to: 'self' },
    ['node/n1'],
  ],
  ['over a peering', 'host/partner', {}, ['host/partner', 'node/n2', 'host/partner']],
  ['over a transit gateway beside it', 'host/partner', { partner: 'tgw-1' }, ['host/partner']],
];

for (const [name, from, way, want] of CASES)
  kernelTest(name, async () => {
    const world = plain(worldOf([{ path: 'in.yaml', text: network(way) }]));
    const kernel = await openKernelCluster(world);
    opened.push(kernel);
    const probe = { from, dst: ip('10.0.2.10'), dport: 10_250, protocol: 'tcp', sport: 40_000 } as const;
    for (const bench of [kernel, openSimCluster(world)]) {
      const visited = bench.put(probe).stays.map((stay) => stay.split('\n', 1)[0]);
      expect(visited.filter((at, i) => at !== visited[i - 1])).toEqual(want);
    }
  });
