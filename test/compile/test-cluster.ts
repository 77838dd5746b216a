import type {
  Cluster,
  CniVersion,
  Container,
  EndpointSlice,
  EnvValue,
  NodeSpec,
  ObjectMeta,
  Pod,
  PodSpec,
  Service,
} from '../../src/cluster/index.ts';
import { cidr, ip, mac } from '../../src/net/index.ts';

// A small settled cluster : one VPC, the node ip-10-0-0-75 with three interfaces, a pod on
// its second one and a pod on its first.

const source = { file: 'cluster.yaml', line: 1 };

export const meta = (namespace: string, name: string, labels: Record<string, string> = {}): ObjectMeta => ({
  name,
  namespace,
  labels,
  annotations: {},
  ownerReferences: [],
});

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
    metadata: meta(namespace, name, { app: name }),
    source,
    spec: {
      nodeName: node,
      hostNetwork: false,
      dnsPolicy: 'ClusterFirst',
      containers: [image],
      nodeSelector: {},
      requiredNodeAffinity: [],
      podAffinity: [],
      podAntiAffinity: [],
      tolerations: [],
      topologySpreadConstraints: [],
      ...of,
    },
    status: { phase: 'Running', podIPs: [address] },
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
    metadata: meta(namespace, name),
    source,
    spec: {
      type: 'ClusterIP',
      clusterIPs: [clusterIP],
      ipFamilies: ['IPv4'],
      ports: [{ name: '', protocol: 'TCP', port: 80, targetPort: 8080 }],
      externalIPs: [],
      externalTrafficPolicy: 'Cluster',
      internalTrafficPolicy: 'Cluster',
      sessionAffinity: 'None',
      sessionAffinityTimeout: 10800,
      loadBalancerSourceRanges: [],
      allocateLoadBalancerNodePorts: true,
      publishNotReadyAddresses: false,
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
  metadata: meta(service.metadata.namespace, `${service.metadata.name}-abcde`),
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

const eni = (deviceIndex: number, primaryIp: string, addresses: readonly string[], ifindex: number) => ({
  id: `eni-${deviceIndex}`,
  deviceIndex,
  subnet: 'private-a',
  primaryIp: ip(primaryIp),
  addresses: addresses.map(ip),
  prefixes: [],
  ifindex,
  securityGroups: [],
});

export const articleNode: NodeSpec = {
  name: 'ip-10-0-0-75.ec2.internal',
  instanceType: 'm5.large',
  subnet: 'private-a',
  zone: 'us-east-1a',
  os: 'AmazonLinux2023',
  enis: [eni(0, '10.0.0.75', ['10.0.1.60'], 2), eni(1, '10.0.0.85', ['10.0.1.51'], 165), eni(2, '10.0.0.84', [], 264)],
  sysctls: {},
  labels: {},
  source,
};

export const toolboxA = testPod('packetlab', 'toolbox-a-6fb5b9b786-lszr4', articleNode.name, '10.0.1.51');
const onPrimary = testPod('packetlab', 'on-primary', articleNode.name, '10.0.1.60');

const subnet = (id: string, block: string, routeTable: string, zone: string) => ({
  id,
  cidrs: [cidr(block)],
  zone,
  routeTable,
  mapPublicIp: false,
  dns64: false,
  tags: {},
  source,
});

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
        subnet('private-a', '10.0.0.0/22', 'rtb-private', 'us-east-1a'),
        subnet('public-a', '10.0.100.0/24', 'rtb-public', 'us-east-1a'),
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
  name: 'packetlab',
  region: 'us-east-1',
  version: '1.34',
  ipFamily: 'IPv4',
  serviceCidrs: [cidr('172.20.0.0/16')],
  clusterDomain: 'cluster.local',
  clusterDns: [ip('172.20.0.10')],
  apiserver: [{ ip: ip('10.0.0.200'), subnet: 'private-a' }],
  endpointAccess: { public: true, private: true },
  network,
  cni: { version: { major: 1, minor: 21, patch: 1 }, env: {}, initEnv: {}, enableNetworkPolicy: false },
  kubeProxy: {
    mode: 'iptables',
    masqueradeAll: false,
    masqueradeBit: 14,
    clusterCIDR: [],
    detectLocal: { kind: 'none' },
    localhostNodePorts: true,
    nodePortAddresses: [],
    nfacct: false,
    randomFully: true,
    conntrackTcpBeLiberal: false,
  },
  nodeSpecs: [articleNode],
  servers: [],
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
  patches: [],
  flows: [],
  dnsNames: [],
  namespaces: [],
  nodes: [],
  pods: [toolboxA, onPrimary],
  workloads: [],
  services: [],
  endpointSlices: [],
  configMaps: [],
  eniConfigs: [],
  unacted: [],
  unmodelled: [],
  assumptions: [],
};

/** The same cluster under other CNI settings: `{ AWS_VPC_K8S_CNI_EXTERNALSNAT: 'true' }`. */
export function withCni(cluster: Cluster, version: string, env: Readonly<Record<string, string>> = {}): Cluster {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  const of: CniVersion = { major, minor, patch };
  const values = Object.entries(env).map(([key, value]): [string, EnvValue] => [key, { value, source }]);
  return { ...cluster, cni: { ...cluster.cni, version: of, env: Object.fromEntries(values) } };
}

export const withVpcCidrs = (cluster: Cluster, cidrs: readonly string[]): Cluster => ({
  ...cluster,
  network: { ...cluster.network, vpcs: cluster.network.vpcs.map((vpc) => ({ ...vpc, cidrs: cidrs.map(cidr) })) },
});

export const withOs = (cluster: Cluster, os: NodeSpec['os']): Cluster => ({
  ...cluster,
  nodeSpecs: cluster.nodeSpecs.map((spec) => ({ ...spec, os })),
});
