import { type Answer, ask } from '../../src/ask/index.ts';
import { loadWorld } from '../../src/load/index.ts';
import { resolveName, simDataPlane } from '../../src/sim/index.ts';
import type { TraceResult } from '../../src/trace/index.ts';
import type { World } from '../../src/world/index.ts';

const pod = (name: string, node: string, address: string, app: string): string => `---
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: shop, labels: { app: ${app} } }
spec: { nodeName: ${node}, containers: [{ name: main, image: shop/${app}:1, ports: [{ containerPort: 8080 }] }] }
status: { phase: Running, podIP: ${address} }
`;

const node = (name: string, address: string): string => `---
apiVersion: v1
kind: Node
metadata:
  name: ${name}
  labels: { node.kubernetes.io/instance-type: m5.large, topology.kubernetes.io/zone: us-east-1a }
status: { addresses: [{ type: InternalIP, address: ${address} }] }
`;

/** Two nodes; client and plain on n1, web on n2; a Service in front of web; a server in the VPC and a host on the internet. */
export const BASE = `apiVersion: packetwalk.dev/v1alpha1
kind: Network
spec:
  region: us-east-1
  clusterVpc: vpc-main
  vpcs:
    - id: vpc-main
      cidrs: [10.0.0.0/16]
      internetGateway: igw-1
      subnets:
        - { id: private-a, cidr: 10.0.0.0/22, zone: us-east-1a, routeTable: private }
        - { id: public-a, cidr: 10.0.100.0/24, zone: us-east-1a, routeTable: public }
      routeTables:
        - { id: private, routes: [{ destination: 0.0.0.0/0, target: nat-a }] }
        - { id: public, routes: [{ destination: 0.0.0.0/0, target: igw-1 }] }
      natGateways: [{ id: nat-a, subnet: public-a, privateIp: 10.0.100.10, publicIp: 198.51.100.7 }]
---
apiVersion: packetwalk.dev/v1alpha1
kind: Cluster
spec: { name: shop, region: us-east-1, version: "1.34", serviceCidrs: [172.20.0.0/16], vpcCniVersion: v1.21.1 }
---
apiVersion: packetwalk.dev/v1alpha1
kind: Server
metadata: { name: legacy }
spec: { kind: server, subnet: private-a, addresses: [10.0.3.9], listens: [{ port: 80 }] }
---
apiVersion: packetwalk.dev/v1alpha1
kind: Server
metadata: { name: far }
spec: { kind: internet, addresses: [203.0.113.9], listens: [{ port: 443 }], dnsNames: [far.example.com] }
${node('n1', '10.0.0.11')}${node('n2', '10.0.0.12')}${pod('client', 'n1', '10.0.1.11', 'client')}${pod('plain', 'n1', '10.0.1.12', 'plain')}${pod('web', 'n2', '10.0.1.21', 'web')}---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }
---
apiVersion: v1
kind: Namespace
metadata: { name: shop }
`;

/** The base with `extra` beside it, and `replace` done in the base. */
export function worldWith(extra: string, replace: readonly (readonly [string, string])[] = []): World {
  let base = BASE;
  for (const [from, to] of replace) {
    if (!base.includes(from)) throw new Error(`The base has no "${from}"`);
    base = base.replace(from, to);
  }
  const files = [{ path: 'base.yaml', text: base }];
  if (extra !== '') files.push({ path: 'extra.yaml', text: extra });
  const { world, issues } = loadWorld(files, []);
  if (world === undefined) throw new Error(issues.map((issue) => `${issue.at.line}: ${issue.message}`).join('\n'));
  return world;
}

export async function walk(world: World, from: string, to: string): Promise<TraceResult> {
  const answer: Answer = await ask({ world, plane: simDataPlane, resolve: resolveName }, { from, to });
  if (!answer.ok) throw new Error(answer.problems.map((problem) => problem.message).join('\n'));
  return answer.result;
}

/** Two private node groups of one node each; web runs on one, client on the other. */
export const EKSCTL = `apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: { name: shop, region: eu-west-1, version: "1.34" }
availabilityZones: [eu-west-1a, eu-west-1b]
addons: [{ name: vpc-cni, version: v1.21.1 }, { name: kube-proxy }]
managedNodeGroups:
  - { name: left, instanceType: m5.large, desiredCapacity: 1, privateNetworking: true, labels: { side: left } }
  - { name: right, instanceType: m5.large, desiredCapacity: 1, privateNetworking: true, labels: { side: right } }
`;

const deployment = (name: string, side: string): string => `---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: shop }
spec:
  replicas: 1
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      nodeSelector: { side: ${side} }
      containers: [{ name: main, image: "shop/${name}:1", ports: [{ containerPort: 8080 }] }]
`;

/** The eksctl cluster with `replace` done in its ClusterConfig. */
export function eksctlWorldWith(replace: readonly (readonly [string, string])[]): World {
  let config = EKSCTL;
  for (const [from, to] of replace) {
    if (!config.includes(from)) throw new Error(`The ClusterConfig has no "${from}"`);
    config = config.replace(from, to);
  }
  const { world, issues } = loadWorld(
    [
      { path: 'cluster.yaml', text: config },
      {
        path: 'apps.yaml',
        text: `${deployment('client', 'left')}${deployment('plain', 'left')}${deployment('web', 'right')}`,
      },
    ],
    [],
  );
  if (world === undefined) throw new Error(issues.map((issue) => `${issue.at.line}: ${issue.message}`).join('\n'));
  return world;
}
