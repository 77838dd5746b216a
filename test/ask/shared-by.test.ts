import { expect, test } from 'vitest';
import { walk, worldWith } from '../unmodelled/testing.ts';

// Two nodes, client and plain on n1, web on n2, a name server on each (made up: the input has none), one server in the
// private subnet; a peered VPC with a server, and another
// server in the public subnet, which has its own way out.
const PEERED: readonly (readonly [string, string])[] = [
  [
    '    - id: vpc-main\n',
    `    - id: vpc-2
      cidrs: [10.2.0.0/16]
      subnets: [{ id: other, cidr: 10.2.0.0/24, zone: us-east-1a, routeTable: r2 }]
      routeTables: [{ id: r2, routes: [{ destination: 10.0.0.0/16, target: pcx-1 }] }]
    - id: vpc-main
`,
  ],
  ['  vpcs:\n', '  peerings: [{ id: pcx-1, requester: vpc-main, accepter: vpc-2 }]\n  vpcs:\n'],
  [
    'routes: [{ destination: 0.0.0.0/0, target: nat-a }]',
    'routes: [{ destination: 0.0.0.0/0, target: nat-a }, { destination: 10.2.0.0/16, target: pcx-1 }]',
  ],
];
const SERVERS = `apiVersion: packetwalk.dev/v1alpha1
kind: Server
metadata: { name: peer }
spec: { kind: server, subnet: other, addresses: [10.2.0.9], listens: [{ port: 80 }] }
---
apiVersion: packetwalk.dev/v1alpha1
kind: Server
metadata: { name: open }
spec: { kind: server, subnet: public-a, addresses: [10.0.100.20], publicIp: 198.51.100.20 }
`;
const EXTERNAL = `---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: aws-node, namespace: kube-system }
spec:
  selector: { matchLabels: { k8s-app: aws-node } }
  template:
    metadata: { labels: { k8s-app: aws-node } }
    spec: { hostNetwork: true, containers: [{ name: aws-node, image: "cni:v1.21.1", env: [{ name: AWS_VPC_K8S_CNI_EXTERNALSNAT, value: "true" }] }] }
`;

for (const [what, extra, from, to, identity, sharedBy] of [
  ['a pod is its own address', '', 'pod/shop/client', 'host/legacy', 'pod', 1],
  [
    'pods show themselves in the VPC: a node is alone behind its address there',
    '',
    'node/n1',
    'host/legacy',
    'node',
    1,
  ],
  ['outside the VPC a node is shared with the pods it translates', '', 'pod/shop/client', 'host/peer', 'node', 4],
  ['with one pod less on the other node', '', 'pod/shop/web', 'host/peer', 'node', 3],
  ['with EXTERNALSNAT pods show themselves there too', EXTERNAL, 'node/n1', 'host/peer', 'node', 1],
  ['a NAT gateway has everybody whose subnet routes to it', '', 'pod/shop/client', 'host/far:443', 'nat-gateway', 8],
  ['whoever translates first', EXTERNAL, 'node/n2', 'host/far:443', 'nat-gateway', 8],
  ['a server with a public address does not share it', '', 'host/open', 'host/far:443', 'server', 1],
] as const) {
  test(what, async () => {
    const world = worldWith(SERVERS + extra, PEERED);
    const { roundTrips } = await walk(world, from, to);
    expect(roundTrips.map(({ farEnd }) => [farEnd.sees.identity.kind, farEnd.sees.sharedBy])).toEqual([
      [identity, sharedBy],
    ]);
  });
}
