import { expect } from 'vitest';
import { type Cluster, loadCluster } from '../../src/cluster/index.ts';
import { ip } from '../../src/net/index.ts';

// Services and their endpoints as both of kube-proxy's modes are asked to serve them.

export const NODE = {
  name: 'ip-10-0-0-75',
  zone: 'us-east-1a',
  ips: [ip('10.0.0.75')],
  deviceIps: [ip('10.0.0.75')],
  liberal: false,
};

export function service(name: string, spec: string, status = ''): string {
  const [namespace, plain] = name.split('/');
  return `---\napiVersion: v1\nkind: Service\nmetadata: { name: ${plain}, namespace: ${namespace} }\nspec: ${spec}\n${status}`;
}

export interface Backend {
  readonly ip: string;
  readonly node?: string;
  readonly extra?: string;
}

export function slice(name: string, ports: string, backends: readonly Backend[], addressType = 'IPv4'): string {
  const [namespace, plain] = name.split('/');
  const endpoints = backends
    .map(({ ip: address, node = 'other', extra = '' }) => `{ addresses: ["${address}"], nodeName: ${node}${extra} }`)
    .join(', ');
  return `---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: { name: ${plain}-1, namespace: ${namespace}, labels: { kubernetes.io/service-name: ${plain} } }\naddressType: ${addressType}\nports: ${ports}\nendpoints: [${endpoints}]\n`;
}

const header = `apiVersion: packetwalk.dev/v1alpha1
kind: Network
spec:
  region: us-east-1
  clusterVpc: v
  vpcs:
    - id: v
      cidrs: [10.0.0.0/16]
      subnets: [{ id: s, cidr: 10.0.0.0/22, zone: us-east-1a, routeTable: r }]
      routeTables: [{ id: r, routes: [] }]
---
apiVersion: packetwalk.dev/v1alpha1
kind: Cluster
spec: { name: c, region: us-east-1, serviceCidrs: [172.20.0.0/16] }
`;

export function cluster(...documents: readonly string[]): Cluster {
  const { value, issues } = loadCluster([{ path: 'cluster.yaml', text: header + documents.join('') }], []);
  expect(issues.filter((issue) => issue.severity === 'error')).toEqual([]);
  return value;
}

export const echo: readonly Backend[] = [{ ip: '10.0.2.127' }, { ip: '10.0.3.193', node: NODE.name }];
export const http = '[{ name: "", port: 8080, protocol: TCP }]';

/** One Service of each kind before the same pods. */
export const clusterIpAndNodePort = (): Cluster =>
  cluster(
    service('packetlab/echo-clusterip', '{ clusterIP: 172.20.122.189, ports: [{ port: 80 }] }'),
    slice('packetlab/echo-clusterip', http, echo),
    service(
      'packetlab/echo-nodeport',
      '{ type: NodePort, clusterIP: 172.20.152.84, ports: [{ port: 80, nodePort: 32385 }] }',
    ),
    slice('packetlab/echo-nodeport', http, echo),
  );

export function loadBalancer(extra: string, backends: readonly Backend[] = echo): Cluster {
  return cluster(
    service(
      'packetlab/echo-lb',
      `{ type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 30999, clusterIP: 172.20.77.10, ports: [{ port: 80, nodePort: 31080 }]${extra} }`,
      'status: { loadBalancer: { ingress: [{ ip: 198.51.100.20 }] } }\n',
    ),
    slice('packetlab/echo-lb', http, backends),
  );
}
