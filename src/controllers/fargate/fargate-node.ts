import { COMPUTE_TYPE, type EniSpec, type Node, type NodeSpec, type SubnetSpec } from '../../cluster/index.ts';
import type { Ip } from '../../net/index.ts';
import { eniIdentity } from '../seeded-names.ts';

export interface MicroVm {
  readonly name: string;
  readonly subnet: SubnetSpec;
  /** The interface's own IPv4 address: the pod's, except in an IPv6 cluster. */
  readonly primaryIp: Ip;
  /** The pod's address, which is the Node's. */
  readonly address: Ip;
  readonly region: string;
  /** The cluster security group, where groups are described (EKS guide, Fargate pod configuration). */
  readonly securityGroups: readonly string[];
  readonly source: NodeSpec['source'];
}

/** Both halves of the Node of a micro-VM, labels, taint and capacity as `kubectl describe node` shows them. */
export function fargateNode(vm: MicroVm): { readonly node: Node; readonly spec: NodeSpec } {
  const { name, subnet, address, primaryIp, region, securityGroups, source } = vm;
  const hostname = name.replace(/^fargate-/, '');
  const labels = {
    'kubernetes.io/hostname': hostname,
    'kubernetes.io/os': 'linux',
    'topology.kubernetes.io/zone': subnet.zone,
    'topology.kubernetes.io/region': region,
    [COMPUTE_TYPE]: 'fargate',
  };
  const spec: NodeSpec = {
    name,
    computeType: 'fargate',
    instanceType: 'fargate',
    subnet: subnet.id,
    zone: subnet.zone,
    os: 'AmazonLinux2',
    maxPods: 1,
    enis: [],
    primaryIp,
    sysctls: {},
    labels: {},
    securityGroups,
    source,
  };
  return {
    node: {
      kind: 'Node',
      metadata: { name, namespace: '', labels, annotations: {}, ownerReferences: [] },
      spec: { taints: [{ key: COMPUTE_TYPE, value: 'fargate', effect: 'NoSchedule' }], unschedulable: false },
      status: {
        addresses: [
          { type: 'InternalIP', address },
          { type: 'Hostname', address: hostname },
        ],
        ready: true,
        capacityPods: 1,
        osImage: 'Amazon Linux 2',
      },
      source,
    },
    spec: { ...spec, enis: [fargateEni(spec, primaryIp, [address])] },
  };
}

/** The one interface: what it owns is what the pod has. */
export const fargateEni = (
  { name, subnet, securityGroups = [] }: NodeSpec,
  primaryIp: Ip,
  addresses: readonly Ip[],
): EniSpec => ({
  ...eniIdentity(`${name}/0`),
  deviceIndex: 0,
  subnet,
  primaryIp,
  addresses: addresses.filter((address) => address !== primaryIp),
  prefixes: [],
  securityGroups,
});
