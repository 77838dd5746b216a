import { createRng } from '../../src/base/index.ts';
import type { InputFile } from '../../src/load/index.ts';
import { cidr, cidrNth } from '../../src/net/index.ts';

export interface ClusterSize {
  readonly nodes: number;
  readonly pods: number;
  readonly services: number;
  /** Endpoints of the i-th Service. */
  readonly endpointsOf: (i: number) => number;
  /** Of the i-th Service's port; TCP unless given. */
  readonly protocolOf?: (i: number) => 'TCP' | 'UDP';
  readonly seed: number;
}

/**
 * A live-looking cluster as `kubectl get -o json` lists it, with our Network kind in front: nodes in three zones of
 * 10.0.0.0/10, pods with addresses, Services with ClusterIPs, EndpointSlices over the pods. Same size and seed, same bytes.
 */
export function generateCluster(size: ClusterSize): readonly InputFile[] {
  const rng = createRng(size.seed);
  const subnets = ['10.0.0.0/13', '10.8.0.0/13', '10.16.0.0/13'].map((text, i) => ({
    id: `private-${'abc'[i]}`,
    cidr: text,
    zone: `us-east-1${'abc'[i]}`,
  }));
  const nodes = Array.from({ length: size.nodes }, (_, i) => {
    const subnet = subnets[i % 3] ?? { id: '', cidr: '10.0.0.0/13', zone: '' };
    const address = cidrNth(cidr(subnet.cidr), 10 + Math.floor(i / 3));
    return { name: `ip-${address.replaceAll('.', '-')}.ec2.internal`, address, ...subnet };
  });
  const pods = Array.from({ length: size.pods }, (_, i) => {
    const node = nodes[i % size.nodes] ?? { name: '', cidr: '10.0.0.0/13' };
    return { name: `pod-${i}`, node: node.name, address: cidrNth(cidr(node.cidr), 65_536 + i) };
  });
  const services = Array.from({ length: size.services }, (_, i) => ({
    name: `svc-${i}`,
    clusterIP: cidrNth(cidr('172.20.0.0/16'), 1024 + i),
    protocol: size.protocolOf?.(i) ?? 'TCP',
    backends: Array.from({ length: size.endpointsOf(i) }, () => rng.pick(pods)),
  }));
  const protocols = [...new Set(services.map(({ protocol }) => protocol))];
  const list = (items: readonly unknown[]): string => JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  return [
    { path: 'network.yaml', text: network(subnets) },
    { path: 'nodes.json', text: list(nodes.map(nodeObject)) },
    { path: 'pods.json', text: list(pods.map((pod) => podObject(pod, protocols))) },
    {
      path: 'services.json',
      text: list(services.flatMap((service) => [serviceObject(service), sliceObject(service)])),
    },
  ];
}

interface NodeLine {
  readonly name: string;
  readonly address: string;
  readonly zone: string;
}
interface PodLine {
  readonly name: string;
  readonly node: string;
  readonly address: string;
}
interface ServiceLine {
  readonly name: string;
  readonly clusterIP: string;
  readonly protocol: 'TCP' | 'UDP';
  readonly backends: readonly PodLine[];
}

const network = (
  subnets: readonly { id: string; cidr: string; zone: string }[],
): string => `apiVersion: packetwalk.dev/v1alpha1
kind: Network
spec:
  region: us-east-1
  clusterVpc: vpc-big
  vpcs:
    - id: vpc-big
      cidrs: [10.0.0.0/10]
      dhcpDomain: ec2.internal
      internetGateway: igw
      subnets:
${subnets.map(({ id, cidr: block, zone }) => `        - { id: ${id}, cidr: ${block}, zone: ${zone}, routeTable: private }`).join('\n')}
        - { id: public, cidr: 10.32.0.0/24, zone: us-east-1a, routeTable: public }
      routeTables:
        - { id: private, routes: [{ destination: 0.0.0.0/0, target: nat }] }
        - { id: public, routes: [{ destination: 0.0.0.0/0, target: igw }] }
      natGateways: [{ id: nat, subnet: public, privateIp: 10.32.0.10, publicIp: 198.51.100.7 }]
---
apiVersion: packetwalk.dev/v1alpha1
kind: Cluster
spec: { name: big, region: us-east-1, version: "1.34", serviceCidrs: [172.20.0.0/16], vpcCniVersion: v1.21.1 }
`;

const nodeObject = ({ name, address, zone }: NodeLine): unknown => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: {
    name,
    uid: `node-${name}`,
    labels: {
      'kubernetes.io/hostname': name,
      'node.kubernetes.io/instance-type': 'm5.8xlarge',
      'topology.kubernetes.io/zone': zone,
    },
  },
  spec: {},
  status: { addresses: [{ type: 'InternalIP', address }], conditions: [{ type: 'Ready', status: 'True' }] },
});

const podObject = ({ name, node, address }: PodLine, protocols: readonly string[]): unknown => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'load', uid: `pod-${name}`, labels: { app: name } },
  spec: {
    nodeName: node,
    containers: [
      {
        name: 'app',
        image: 'load/echoserver:1',
        ports: protocols.map((protocol) => ({ containerPort: 8080, protocol })),
      },
    ],
  },
  status: { phase: 'Running', podIP: address, podIPs: [{ ip: address }] },
});

const serviceObject = ({ name, clusterIP, protocol }: ServiceLine): unknown => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'load', uid: `svc-${name}` },
  spec: {
    type: 'ClusterIP',
    clusterIP,
    clusterIPs: [clusterIP],
    ports: [{ port: 80, targetPort: 8080, protocol }],
  },
});

const sliceObject = ({ name, protocol, backends }: ServiceLine): unknown => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: `${name}-x`, namespace: 'load', labels: { 'kubernetes.io/service-name': name } },
  addressType: 'IPv4',
  ports: [{ name: '', port: 8080, protocol }],
  endpoints: backends.map((pod) => ({
    addresses: [pod.address],
    conditions: { ready: true },
    nodeName: pod.node,
    targetRef: { kind: 'Pod', namespace: 'load', name: pod.name },
  })),
});
