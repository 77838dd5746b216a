import {
  type Cluster,
  type CniVersion,
  cniSettings,
  type EniSpec,
  eksKubeProxy,
  type ObjectMeta,
  type SubnetSpec,
} from '../../src/cluster/index.ts';
import { cidr, ip } from '../../src/net/index.ts';

// What clusters written by hand are put together from: everything left to its default.

export const source = { file: 'cluster.yaml', line: 1 };

export const meta = (name: string, namespace = 'default', labels: Record<string, string> = {}): ObjectMeta => ({
  name,
  namespace,
  labels,
  annotations: {},
  ownerReferences: [],
});

export const subnet = (id: string, zone: string, routeTable: string, ...blocks: readonly string[]): SubnetSpec => ({
  id,
  zone,
  cidrs: blocks.map((block) => cidr(block)),
  routeTable,
  mapPublicIp: false,
  dns64: false,
  tags: {},
  source,
});

export const eni = (
  deviceIndex: number,
  primaryIp: string,
  addresses: readonly string[] = [],
  of: Partial<EniSpec> = {},
): EniSpec => ({
  id: `eni-${deviceIndex}`,
  deviceIndex,
  subnet: 'a',
  primaryIp: ip(primaryIp),
  addresses: addresses.map((address) => ip(address)),
  prefixes: [],
  securityGroups: [],
  ...of,
});

const FIRST: CniVersion = { major: 1, minor: 21, patch: 1 };

/** The network plugin with these variables set on aws-node. */
export function cniOf(values: Readonly<Record<string, string>> = {}, version: CniVersion = FIRST): Cluster['cni'] {
  const env = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { value, source }]));
  return { version, env, initEnv: {}, enableNetworkPolicy: false, settings: cniSettings({ env, initEnv: {} }).value };
}

/** A cluster of one VPC with nothing in it. */
export const emptyCluster = (name: string, network: Cluster['network']): Cluster => ({
  name,
  region: 'us-east-1',
  version: '1.34',
  ipFamily: 'IPv4',
  serviceCidrs: [cidr('172.20.0.0/16')],
  clusterDomain: 'cluster.local',
  clusterDns: [],
  apiserver: [],
  endpoint: { public: true, private: true, publicAccessCidrs: [], addresses: [] },
  network,
  mentioned: [],
  cni: cniOf(),
  kubeProxy: eksKubeProxy,
  filters: { securityGroups: [], networkAcls: [], prefixLists: [], controlPlaneGroups: [] },
  nodeSpecs: [],
  servers: [],
  fargateProfiles: [],
  transitGateways: [],
  onPremises: [],
  vpcEndpoints: [],
  placements: [],
  patches: [],
  flows: [],
  dnsNames: [],
  namespaces: [],
  nodes: [],
  pods: [],
  workloads: [],
  services: [],
  endpointSlices: [],
  configMaps: [],
  eniConfigs: [],
  priorityClasses: [],
  ingresses: [],
  ingressClasses: [],
  ingressClassParams: [],
  networkPolicies: [],
  policyEndpoints: [],
  securityGroupPolicies: [],
  targetGroupBindings: [],
  serviceAccounts: [],
  unacted: [],
  loadBalancers: [],
  targetGroups: [],
  unmodelled: [],
  assumptions: [],
});
