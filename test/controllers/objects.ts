import {
  type Cluster,
  emptyPodSpec,
  emptyServiceSpec,
  type Node,
  type NodeSpec,
  type Pod,
  type PodSpec,
  type Service,
  type Workload,
} from '../../src/cluster/index.ts';
import { settle } from '../../src/controllers/settle.ts';
import { cidr, ip } from '../../src/net/index.ts';
import { cniOf, emptyCluster, meta, source, subnet } from '../cluster/parts.ts';

export { eni, meta, source } from '../cluster/parts.ts';

// Objects with everything left to defaults, and an unsettled cluster of two nodes to put them in.

export const spec = (over: Partial<PodSpec> = {}): PodSpec => ({
  ...emptyPodSpec,
  containers: [{ name: 'c', image: 'i', env: [], ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }] }],
  ...over,
});
export const pod = (name: string, over: Partial<PodSpec> = {}, status: Partial<Pod['status']> = {}): Pod => ({
  kind: 'Pod',
  metadata: meta(name, 'default', { app: name.split('-')[0] ?? '' }),
  spec: spec(over),
  status: { podIPs: [], ...status },
  source,
});
export const workload = (
  kind: Workload['kind'],
  name: string,
  replicas: number,
  over: Partial<PodSpec> = {},
): Workload => ({
  kind,
  metadata: meta(name),
  replicas,
  selector: { matchLabels: { app: name }, matchExpressions: [] },
  template: { labels: { app: name }, annotations: {}, spec: spec(over) },
  source,
});
export const service = (name: string, over: Partial<Service['spec']> = {}): Service => ({
  kind: 'Service',
  metadata: meta(name),
  spec: {
    ...emptyServiceSpec,
    selector: { app: name },
    ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 'http' }],
    ...over,
  },
  status: { ingress: [] },
  source,
});
export const machine = (name: string, over: Partial<NodeSpec> = {}): NodeSpec => ({
  name,
  instanceType: 'm5.large',
  subnet: 'a',
  zone: 'us-east-1a',
  os: 'AmazonLinux2023',
  enis: [],
  sysctls: {},
  labels: {},
  source,
  ...over,
});
export const nodeObject = (
  name: string,
  labels: Record<string, string> = {},
  over: Partial<Node['spec']> = {},
): Node => ({
  kind: 'Node',
  metadata: meta(name, '', { 'topology.kubernetes.io/zone': 'us-east-1a', ...labels }),
  spec: { taints: [], unschedulable: false, ...over },
  status: { addresses: [], ready: true },
  source,
});
const network: Cluster['network'] = {
  region: 'us-east-1',
  clusterVpc: 'vpc-1',
  peerings: [],
  vpcs: [
    {
      id: 'vpc-1',
      region: 'us-east-1',
      cidrs: [cidr('10.0.0.0/16'), cidr('100.64.0.0/16')],
      dhcpDomain: 'ec2.internal',
      subnets: [
        subnet('a', 'us-east-1a', 'rt', '10.0.0.0/18', '2600:1f18:1:1::/64'),
        subnet('b', 'us-east-1b', 'rt', '10.0.64.0/18', '2600:1f18:1:2::/64'),
        subnet('pods', 'us-east-1a', 'rt', '100.64.0.0/18'),
        subnet('tiny', 'us-east-1a', 'rt', '10.0.255.0/28'),
      ],
      routeTables: [],
      natGateways: [{ id: 'nat', subnet: 'a', privateIp: ip('10.0.0.5'), connectivity: 'public', source }],
      source,
    },
  ],
};

export const cluster = (over: Partial<Cluster> = {}, settings: Record<string, string> = {}): Cluster => ({
  ...emptyCluster('c', network),
  cni: cniOf(settings),
  nodeSpecs: [machine('n1'), machine('n2')],
  ...over,
});

export const own = (c: Cluster): readonly Pod[] => c.pods.filter((p) => p.metadata.namespace === 'default');
export const specOf = (c: Cluster, name: string): NodeSpec => {
  const found = c.nodeSpecs.find((s) => s.name === name);
  if (found === undefined) throw new Error(name);
  return found;
};
export const podOf = (c: Cluster, name: string): Pod => {
  const found = c.pods.find((p) => p.metadata.name === name);
  if (found === undefined) throw new Error(name);
  return found;
};
export const serviceOf = (c: Cluster, name: string): Service => {
  const found = c.services.find((s) => s.metadata.name === name);
  if (found === undefined) throw new Error(name);
  return found;
};
/** Codes of what went wrong, essentials aside. */
export const codes = (c: Cluster): readonly string[] => settle(c).issues.map((issue) => issue.code);
