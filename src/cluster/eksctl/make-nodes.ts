import { didYouMean, type Issue } from '../../base/index.ts';
import { type Cidr, cidrNth, cidrSize, type Ip } from '../../net/index.ts';
import { MADE_UP_FOR_NODES, madeUpAddresses } from '../made-up-addresses.ts';
import type { Network, NodeSpec, SubnetSpec, VpcSpec } from '../network.ts';
import { maybe } from '../read/fields.ts';
import type { NodeGroup } from './node-group.ts';
import { groupSecurity } from './node-group-security.ts';
import type { EksctlCluster } from './read-cluster-config.ts';

/** The first addresses of a subnet are AWS's (base to base + 3); nodes start here, as DHCP there is in no order anyway. */
const FIRST_HOST = 10;

/**
 * Nodes of the groups, spread over their subnets in turn, each with an address and the name EC2 makes of it. `taken`: private
 * addresses of others; `mentioned`: public ones the input speaks of.
 */
export function makeNodes(
  cluster: EksctlCluster,
  network: Network,
  { taken, mentioned }: { readonly taken: ReadonlySet<Ip>; readonly mentioned: readonly Cidr[] },
  issues: Issue[],
  assumptions: string[],
): readonly NodeSpec[] {
  const vpc = network.vpcs.find((candidate) => candidate.id === network.clusterVpc);
  if (vpc === undefined) return [];
  const used = new Set(taken);
  const cursor = new Map<string, number>();
  const nodes: NodeSpec[] = [];
  const publics = madeUpAddresses([MADE_UP_FOR_NODES], mentioned);
  for (const group of cluster.nodeGroups) {
    if (group.unsupported) continue;
    const subnets = subnetsOf(group, cluster, vpc, issues);
    for (let i = 0; i < group.count && subnets.length > 0; i++) {
      const subnet = subnets[i % subnets.length];
      const primaryIp = subnet === undefined ? undefined : nextAddress(subnet, cursor, used);
      if (subnet === undefined || primaryIp === undefined) {
        issues.push({
          code: 'subnet-full',
          severity: 'error',
          rests: ['network'],
          at: group.source,
          message: `Subnet "${subnet?.id ?? ''}" has no address left for node ${i + 1} of node group "${group.name}"`,
        });
        break;
      }
      nodes.push({
        ...nodeSpec(group, subnet, primaryIp, vpc.dhcpDomain),
        ...(subnet.mapPublicIp ? publicIpOf(publics.next().value) : {}),
        ...groupSecurity(group, cluster),
      });
    }
  }
  if (nodes.length > 0)
    assumptions.push('no live Node objects: addresses and names of the nodes are made up from their node groups');
  if (nodes.some((node) => node.publicIp !== undefined))
    assumptions.push(`public addresses of nodes are not known: ${MADE_UP_FOR_NODES.text} stands in for them`);
  return nodes;
}

function nextAddress(subnet: SubnetSpec, cursor: Map<string, number>, used: Set<Ip>): Ip | undefined {
  const block = subnet.cidrs.find((candidate) => candidate.family === 4);
  if (block === undefined) return undefined;
  for (let n = cursor.get(subnet.id) ?? Math.min(FIRST_HOST, cidrSize(block) / 2); n < cidrSize(block) - 1; n++) {
    const address = cidrNth(block, n);
    if (used.has(address)) continue;
    used.add(address);
    cursor.set(subnet.id, n + 1);
    return address;
  }
  return undefined;
}

function nodeSpec(group: NodeGroup, subnet: SubnetSpec, primaryIp: Ip, domain: string): NodeSpec {
  return {
    name: `ip-${primaryIp.replaceAll('.', '-')}.${domain}`,
    instanceType: group.instanceType,
    subnet: subnet.id,
    zone: subnet.zone,
    os: group.os,
    ...(group.maxPods === undefined ? {} : { maxPods: group.maxPods }),
    enis: [],
    primaryIp,
    sysctls: {},
    labels: groupLabels(group),
    ...(group.taints.length === 0 ? {} : { taints: group.taints }),
    nodeGroup: group.name,
    ...maybe('allowedUnsafeSysctls', group.allowedUnsafeSysctls),
    source: group.source,
  };
}

const publicIpOf = (address: Ip | undefined): Pick<NodeSpec, 'publicIp' | 'publicIpStandsIn'> =>
  address === undefined ? {} : { publicIp: address, publicIpStandsIn: true };

/** eksctl's own labels, and for managed groups EKS's. */
const groupLabels = (group: NodeGroup): Readonly<Record<string, string>> => ({
  'alpha.eksctl.io/nodegroup-name': group.name,
  ...(group.managed ? { 'eks.amazonaws.com/nodegroup': group.name } : {}),
  ...group.labels,
});

/** By `subnets` (key or id), else by zone, among the private ones with privateNetworking and the public ones without. */
export function subnetsOf(
  group: NodeGroup,
  cluster: EksctlCluster,
  vpc: Pick<VpcSpec, 'subnets'>,
  issues: Issue[],
): readonly SubnetSpec[] {
  const names = new Map<string, string>();
  for (const subnet of [...cluster.vpc.publicSubnets, ...cluster.vpc.privateSubnets]) {
    if (subnet.id !== undefined) names.set(subnet.name, subnet.id);
    else {
      const access = cluster.vpc.publicSubnets.includes(subnet) ? 'public' : 'private';
      names.set(subnet.name, `subnet-${access}-${subnet.name}`);
    }
  }
  const complain = (message: string, hint: { readonly hint?: string }): void => {
    issues.push({
      code: 'unknown-reference',
      severity: 'error',
      at: group.subnetsSource,
      message,
      rests: ['network'],
      ...hint,
    });
  };
  if (group.subnets.length > 0) {
    return group.subnets.flatMap((name) => {
      const found =
        vpc.subnets.find((subnet) => subnet.id === name) ?? vpc.subnets.find((subnet) => subnet.id === names.get(name));
      if (found !== undefined) return [found];
      complain(
        `Node group "${group.name}" names subnet "${name}", which is not in the VPC`,
        didYouMean(name, [...names.keys(), ...vpc.subnets.map((s) => s.id)]),
      );
      return [];
    });
  }
  const fitting = vpc.subnets.filter((subnet) => subnet.mapPublicIp !== group.privateNetworking);
  const zones = new Set(group.availabilityZones);
  const chosen = zones.size === 0 ? fitting : fitting.filter((subnet) => zones.has(subnet.zone));
  if (chosen.length === 0) {
    const access = group.privateNetworking ? 'private' : 'public';
    const where = zones.size === 0 ? '' : ` in ${[...zones].join(', ')}`;
    complain(`No ${access} subnet${where} for node group "${group.name}"`, {
      hint: group.privateNetworking ? 'describe private subnets' : 'set "privateNetworking: true" for private subnets',
    });
  }
  return chosen;
}
