import { loadWorld } from '../../src/load/index.ts';
import type { World } from '../../src/world/index.ts';

const ADDRESSES = ['10.0.1.11', '10.0.2.12'];

/**
 * A VPC of two zones with a server in each, a client beside them, and one load balancer: `balancer` is the lines of its spec,
 * `more` further documents.
 */
export function twoZones(balancer: string, { servers = ADDRESSES, more = '' } = {}): World {
  const text = `apiVersion: packetwalk.dev/v1alpha1
kind: Network
spec:
  region: us-east-1
  clusterVpc: vpc-1
  vpcs:
    - id: vpc-1
      cidrs: [10.0.0.0/16, "2600:1f00::/56"]
      subnets:
        - { id: a, cidrs: [10.0.1.0/24, "2600:1f00:0:1::/64"], zone: us-east-1a, routeTable: t }
        - { id: b, cidrs: [10.0.2.0/24, "2600:1f00:0:2::/64"], zone: us-east-1b, routeTable: t }
      routeTables: [{ id: t, routes: [] }]
---
apiVersion: packetwalk.dev/v1alpha1
kind: Server
metadata: { name: client }
spec: { kind: server, subnet: a, addresses: [10.0.1.9], listens: [] }
${servers.map(server).join('')}---
apiVersion: packetwalk.dev/v1alpha1
kind: LoadBalancer
metadata: { name: front }
spec:
${balancer.replace(/^/gm, '  ')}
${more}`;
  const { world, issues } = loadWorld([{ path: 'w.yaml', text }], []);
  if (world === undefined) throw new Error(issues.map(({ message, expected }) => `${message} ${expected}`).join('\n'));
  return world;
}

const server = (address: string, i: number): string => `---
apiVersion: packetwalk.dev/v1alpha1
kind: Server
metadata: { name: s${i} }
spec:
  kind: server
  subnet: ${address.includes(':2') || address.startsWith('10.0.2') ? 'b' : 'a'}
  addresses: ["${address}"]
  listens: [{ port: 8080, protocol: tcp }, { port: 5353, protocol: udp }]
`;
