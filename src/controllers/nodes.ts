import type { Issue, Parsed } from '../base/index.ts';
import { type Cluster, COMPUTE_TYPE, type Node, type NodeSpec, type SubnetSpec } from '../cluster/index.ts';
import { cidrContains, type Ip, parseIp } from '../net/index.ts';
import { coresOf } from './ipam/instance-types.ts';
import { own } from './labels.ts';

const TYPE = 'node.kubernetes.io/instance-type';
const ZONE = 'topology.kubernetes.io/zone';
const REGION = 'topology.kubernetes.io/region';
const GROUP = 'eks.amazonaws.com/nodegroup';

/**
 * Every node has both halves: a Node object (what the API server knows) and a NodeSpec (how the machine is built). Labels
 * are those kubelet and the AWS cloud controller manager set (cloud-provider `node_controller.go`).
 */
export function settleNodes(cluster: Cluster): Parsed<Cluster> {
  const issues: Issue[] = [];
  const known = new Set(cluster.nodes.map((node) => node.metadata.name));
  const built = new Set(cluster.nodeSpecs.map((spec) => spec.name));
  const subnets = clusterSubnets(cluster);
  const nodes = cluster.nodeSpecs.filter((spec) => !known.has(spec.name)).map((spec) => nodeOf(spec, cluster.region));
  const specs: NodeSpec[] = [];
  for (const node of cluster.nodes) {
    if (built.has(node.metadata.name)) continue;
    const spec = specOf(node, subnets, issues);
    if (spec !== undefined) specs.push(spec);
  }
  const counted = withCores([...cluster.nodeSpecs, ...specs], cluster.nodes);
  if (nodes.length === 0 && isSame(counted, cluster.nodeSpecs)) return { value: cluster, issues };
  const value = { ...cluster, nodes: [...cluster.nodes, ...nodes], nodeSpecs: counted };
  return { value, issues };
}

/** A node's own count wins over its type's. */
function withCores(specs: readonly NodeSpec[], nodes: readonly Node[]): readonly NodeSpec[] {
  const live = new Map(nodes.map((node) => [node.metadata.name, node.status.capacityCpus]));
  return specs.map((spec) => {
    const vcpus = spec.vcpus ?? live.get(spec.name) ?? coresOf(spec.instanceType);
    return vcpus === undefined || vcpus === spec.vcpus ? spec : { ...spec, vcpus };
  });
}

const isSame = (some: readonly NodeSpec[], others: readonly NodeSpec[]): boolean =>
  some.length === others.length && some.every((spec, i) => spec === others[i]);

export const clusterSubnets = (cluster: Cluster): readonly SubnetSpec[] =>
  cluster.network.vpcs.find((vpc) => vpc.id === cluster.network.clusterVpc)?.subnets ?? [];

function nodeOf(spec: NodeSpec, region: string): Node {
  return {
    kind: 'Node',
    metadata: {
      name: spec.name,
      namespace: '',
      labels: {
        'kubernetes.io/hostname': spec.name,
        'kubernetes.io/os': 'linux',
        [TYPE]: spec.instanceType,
        [ZONE]: spec.zone,
        [REGION]: region,
        ...(spec.nodeGroup === undefined ? {} : { [GROUP]: spec.nodeGroup }),
        ...spec.labels,
      },
      annotations: {},
      ownerReferences: [],
    },
    spec: { taints: spec.taints ?? [], unschedulable: false },
    status: { addresses: [], ready: true, ...(spec.maxPods === undefined ? {} : { capacityPods: spec.maxPods }) },
    source: spec.source,
  };
}

function specOf(node: Node, subnets: readonly SubnetSpec[], issues: Issue[]): NodeSpec | undefined {
  const { name, labels } = node.metadata;
  const report = (code: string, severity: Issue['severity'], message: string, expected: string): undefined => {
    issues.push({ code, severity, at: node.source, message, expected, rests: ['network', 'nodes'] });
  };
  // No machine of the VPC: what is on it is walked to, and no further.
  if (own(labels, COMPUTE_TYPE) === 'hybrid')
    return report('node-hybrid', 'warning', `Hybrid node "${name}" is not modelled`, 'an EC2 node');
  const addresses = internalIps(node);
  const subnet = subnets.find((s) => addresses.some((ip) => s.cidrs.some((block) => cidrContains(block, ip))));
  if (subnet === undefined) {
    const where = addresses.length === 0 ? 'has no InternalIP' : `has InternalIP ${addresses[0]} in no known subnet`;
    return report('node-subnet-unknown', 'error', `Node "${name}" ${where}`, "an address in one of the VPC's subnets");
  }
  const instanceType = own(labels, TYPE) ?? own(labels, 'beta.kubernetes.io/instance-type');
  if (instanceType === undefined) {
    return report('node-type-missing', 'error', `Node "${name}" has no instance type`, `label "${TYPE}"`);
  }
  const primaryIp = addresses.find((ip) => !ip.includes(':'));
  const external = node.status.addresses.find((a) => a.type === 'ExternalIP' && !a.address.includes(':'));
  const publicIp = external === undefined ? undefined : parseIp(external.address);
  const nodeGroup = own(labels, GROUP) ?? own(labels, 'alpha.eksctl.io/nodegroup-name');
  return {
    name,
    instanceType,
    subnet: subnet.id,
    zone: own(labels, ZONE) ?? subnet.zone,
    os: osOf(node.status.osImage ?? ''),
    enis: [],
    sysctls: {},
    labels: {},
    source: node.source,
    ...(node.status.capacityPods === undefined ? {} : { maxPods: node.status.capacityPods }),
    ...(primaryIp === undefined ? {} : { primaryIp }),
    ...(publicIp === undefined ? {} : { publicIp }),
    ...(nodeGroup === undefined ? {} : { nodeGroup }),
  };
}

/** Parsed InternalIP addresses of a Node object, in its order. */
export function internalIps(node: Node): readonly Ip[] {
  return node.status.addresses.flatMap((address) => {
    const parsed = address.type === 'InternalIP' ? parseIp(address.address) : undefined;
    return parsed === undefined ? [] : [parsed];
  });
}

function osOf(image: string): NodeSpec['os'] {
  if (/bottlerocket/i.test(image)) return 'Bottlerocket';
  if (/ubuntu/i.test(image)) return 'Ubuntu';
  return /amazon linux 2(?!0)/i.test(image) ? 'AmazonLinux2' : 'AmazonLinux2023';
}
