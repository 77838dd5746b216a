import {
  type Cluster,
  type Container,
  type EndpointSlice,
  type EniSpec,
  emptyPodSpec,
  emptyServiceSpec,
  type NodeSpec,
  type Pod,
  type PodSpec,
  type Service,
} from '../../src/cluster/index.ts';
import { cidr, ip, mac } from '../../src/net/index.ts';
import { cniOf, emptyCluster, eni, meta, source, subnet } from '../cluster/parts.ts';

export { meta } from '../cluster/parts.ts';

// A small settled cluster: one VPC, the node ip-10-0-0-75 with three interfaces, a pod on
// its second one and a pod on its first.

export function testPod(
  namespace: string,
  name: string,
  node: string,
  address: string,
  of: Partial<PodSpec> = {},
): Pod {
  const image: Container = { name: 'main', image: 'registry.k8s.io/echoserver:1.10', ports: [], env: [] };
  return {
    kind: 'Pod',
    metadata: meta(name, namespace, { app: name }),
    source,
    spec: {
      ...emptyPodSpec,
      nodeName: node,
      containers: [image],
      ...of,
    },
    status: { phase: 'Running', podIPs: [ip(address)] },
  };
}

export function testService(
  namespace: string,
  name: string,
  clusterIP: string,
  of: Partial<Service['spec']> = {},
): Service {
  return {
    kind: 'Service',
    metadata: meta(name, namespace),
    source,
    spec: {
      ...emptyServiceSpec,
      clusterIPs: [clusterIP],
      ipFamilies: ['IPv4'],
      ports: [{ name: '', protocol: 'TCP', port: 80, targetPort: 8080 }],
      ...of,
    },
    status: { ingress: [] },
  };
}

export const testSlice = (
  service: Service,
  addresses: readonly string[],
  of: { readonly hostname?: string; readonly ready?: boolean } = {},
): EndpointSlice => ({
  kind: 'EndpointSlice',
  metadata: meta(`${service.metadata.name}-abcde`, service.metadata.namespace),
  source,
  serviceName: service.metadata.name,
  addressType: 'IPv4',
  ports: service.spec.ports.map(({ name, protocol, targetPort }) => ({ name, protocol, port: Number(targetPort) })),
  endpoints: addresses.map((address) => ({
    addresses: [address],
    conditions: { ready: of.ready ?? true },
    ...(of.hostname === undefined ? {} : { hostname: of.hostname }),
  })),
});

const card = (deviceIndex: number, primaryIp: string, addresses: readonly string[], ifindex: number): EniSpec =>
  eni(deviceIndex, primaryIp, addresses, { subnet: 'private-a', ifindex });

export const articleNode: NodeSpec = {
  name: 'ip-10-0-0-75.ec2.internal',
  instanceType: 'm5.large',
  subnet: 'private-a',
  zone: 'us-east-1a',
  os: 'AmazonLinux2023',
  enis: [
    card(0, '10.0.0.75', ['10.0.1.60'], 2),
    card(1, '10.0.0.85', ['10.0.1.51'], 165),
    card(2, '10.0.0.84', [], 264),
  ],
  sysctls: {},
  labels: {},
  source,
};

export const toolboxA = testPod('packetlab', 'toolbox-a-6fb5b9b786-lszr4', articleNode.name, '10.0.1.51');
const onPrimary = testPod('packetlab', 'on-primary', articleNode.name, '10.0.1.60');

const network: Cluster['network'] = {
  region: 'us-east-1',
  clusterVpc: 'vpc-main',
  vpcs: [
    {
      id: 'vpc-main',
      region: 'us-east-1',
      cidrs: [cidr('10.0.0.0/16')],
      dhcpDomain: 'ec2.internal',
      internetGateway: 'igw-1',
      subnets: [
        subnet('private-a', 'us-east-1a', 'rtb-private', '10.0.0.0/22'),
        subnet('public-a', 'us-east-1a', 'rtb-public', '10.0.100.0/24'),
      ],
      routeTables: [
        { id: 'rtb-private', routes: [{ destination: cidr('0.0.0.0/0'), target: 'nat-a', source }], source },
        { id: 'rtb-public', routes: [{ destination: cidr('0.0.0.0/0'), target: 'igw-1', source }], source },
      ],
      natGateways: [
        {
          id: 'nat-a',
          subnet: 'public-a',
          privateIp: ip('10.0.100.10'),
          publicIp: ip('44.218.31.211'),
          connectivity: 'public',
          source,
        },
      ],
      source,
    },
  ],
  peerings: [],
};

export const articleCluster: Cluster = {
  ...emptyCluster('packetlab', network),
  clusterDns: [ip('172.20.0.10')],
  apiserver: [{ ip: ip('10.0.0.200'), subnet: 'private-a' }],
  nodeSpecs: [articleNode],
  placements: [
    {
      namespace: 'packetlab',
      pod: toolboxA.metadata.name,
      vethIfindex: 336,
      vethMac: mac('5a:f3:56:0b:86:d4'),
      podMac: mac('0a:12:c5:d0:e4:e1'),
      source,
    },
    { namespace: 'packetlab', pod: 'on-primary', veth: 'eni36f7c958f87', source },
  ],
  pods: [toolboxA, onPrimary],
};

/** The same cluster under other CNI settings: `{ AWS_VPC_K8S_CNI_EXTERNALSNAT: 'true' }`. */
export function withCni(cluster: Cluster, version: string, env: Readonly<Record<string, string>> = {}): Cluster {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  return { ...cluster, cni: cniOf(env, { major, minor, patch }) };
}

export const withVpcCidrs = (cluster: Cluster, cidrs: readonly string[]): Cluster => ({
  ...cluster,
  network: { ...cluster.network, vpcs: cluster.network.vpcs.map((vpc) => ({ ...vpc, cidrs: cidrs.map(cidr) })) },
});

export const withOs = (cluster: Cluster, os: NodeSpec['os']): Cluster => ({
  ...cluster,
  nodeSpecs: cluster.nodeSpecs.map((spec) => ({ ...spec, os })),
});
