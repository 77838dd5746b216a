import type { Issue, Parsed } from '../../base/index.ts';
import {
  addressInName,
  type Cluster,
  FARGATE_PROFILE,
  type FargateProfileSpec,
  fargateNodeName,
  isFargate,
  isFargateName,
  isPendingForReal,
  isTerminal,
  type Node,
  type NodeSpec,
  type Pod,
  type SubnetSpec,
  subnetsOfProfile,
} from '../../cluster/index.ts';
import { cidrContains, familyOf, type Ip } from '../../net/index.ts';
import { assume } from '../assume.ts';
import type { SubnetPool } from '../ipam/subnet-pool.ts';
import { subnetPools } from '../ipam/subnet-pools.ts';
import { keyOf } from '../labels.ts';
import { clusterSubnets, internalIps } from '../nodes.ts';
import { daemonsOnFargate } from './daemons-on-fargate.ts';
import { fargateEni, fargateNode } from './fargate-node.ts';
import { notSupported } from './not-supported.ts';
import { profileOf } from './profile-of.ts';
import { wearPolicies } from './wear-policies.ts';

/**
 * EKS Fargate: a pod that a profile takes gets a micro-VM of its own, in one of the profile's subnets, which is a Node with the
 * pod's address; one Fargate does not run stays Pending. Pods and Nodes that are there already are left as they are.
 */
export function settleFargate(cluster: Cluster): Parsed<Cluster> {
  const listed = withListed(cluster);
  const takes = profileOf(listed);
  const taken = listed.pods.flatMap((pod) => {
    const profile = isOpen(pod) ? takes(pod) : undefined;
    return profile === undefined ? [] : [{ pod, profile }];
  });
  const started = taken.length === 0 ? { value: listed, issues: [] } : new Launch(listed).run(taken);
  const value = wearPolicies(started.value);
  return { value, issues: [...started.issues, ...daemonsOnFargate(value)] };
}

const isOpen = (pod: Pod): boolean =>
  pod.spec.nodeName === undefined &&
  pod.spec.schedulingGates === undefined &&
  !isTerminal(pod) &&
  !isPendingForReal(pod);

/** What listings leave out: a pod's Node where only pods were listed, its interface, an address only the Node's name has. */
function withListed(cluster: Cluster): Cluster {
  const subnets = clusterSubnets(cluster);
  const known = new Set(cluster.nodes.map((node) => node.metadata.name));
  const made = cluster.pods.flatMap((pod) => {
    const name = pod.spec.nodeName ?? '';
    if (!isFargateName(name) || known.has(name) || isTerminal(pod)) return [];
    const address = pod.status.podIPs[0] ?? addressInName(name);
    const subnet = subnets.find(({ cidrs }) => address !== undefined && cidrs.some((b) => cidrContains(b, address)));
    if (address === undefined || subnet === undefined) return [];
    known.add(name);
    const primaryIp = addressInName(name) ?? address;
    const { region, filters } = cluster;
    const securityGroups = filters.controlPlaneGroups.slice(0, 1);
    return [fargateNode({ name, subnet, primaryIp, address, region, securityGroups, source: pod.source })];
  });
  const nodes = [...cluster.nodes, ...made.map(({ node }) => node)];
  const nodeSpecs = [...cluster.nodeSpecs, ...made.map(({ spec }) => spec)];
  if (!nodeSpecs.some(({ computeType }) => computeType !== undefined)) return cluster;
  const addresses = new Map(nodes.filter(isFargate).map((node) => [node.metadata.name, internalIps(node)]));
  const specs = nodeSpecs.map((spec) => withEni(spec, addresses.get(spec.name) ?? []));
  const primaries = new Map(specs.map((spec) => [spec.name, spec.primaryIp]));
  const pods = cluster.pods.map((pod) => {
    const [address = primaries.get(pod.spec.nodeName ?? '')] = addresses.get(pod.spec.nodeName ?? '') ?? [];
    return address === undefined ? pod : withAddress(pod, address);
  });
  const same = made.length === 0 && isSame(specs, cluster.nodeSpecs) && isSame(pods, cluster.pods);
  return same ? cluster : { ...cluster, nodes, nodeSpecs: specs, pods };
}

const isSame = <T>(some: readonly T[], others: readonly T[]): boolean =>
  some.length === others.length && some.every((each, i) => each === others[i]);

function withEni(spec: NodeSpec, addresses: readonly Ip[]): NodeSpec {
  const { primaryIp, enis, computeType } = spec;
  if (computeType === undefined || enis.length > 0 || primaryIp === undefined) return spec;
  return { ...spec, enis: [fargateEni(spec, primaryIp, addresses)] };
}

function withAddress(pod: Pod, address: Ip): Pod {
  if (pod.status.podIPs.length > 0 || isTerminal(pod) || isPendingForReal(pod)) return pod;
  return { ...pod, status: { ...pod.status, podIPs: [address], hostIP: pod.status.hostIP ?? address } };
}

interface Taken {
  readonly pod: Pod;
  readonly profile: FargateProfileSpec;
}

/** Starts micro-VMs, one a pod, in the subnets of each profile in turn. */
class Launch {
  private readonly cluster: Cluster;
  private readonly pools: ReadonlyMap<string, SubnetPool>;
  private readonly turns = new Map<string, number>();
  private readonly issues: Issue[] = [];

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.pools = subnetPools(cluster);
  }

  run(taken: readonly Taken[]): Parsed<Cluster> {
    const pods = new Map<Pod, Pod>();
    const nodes: Node[] = [];
    const specs: NodeSpec[] = [];
    for (const { pod, profile } of taken) {
      const why = notSupported(pod.spec);
      const vm = why === undefined ? this.start(pod, profile) : undefined;
      if (vm === undefined) {
        const said = why ?? `no subnet of Fargate profile "${profile.name}" has an address left`;
        pods.set(pod, { ...pod, status: { ...pod.status, phase: 'Pending', why: said } });
        continue;
      }
      nodes.push(vm.node);
      specs.push(vm.spec);
      pods.set(pod, onNode(pod, profile, vm.node));
    }
    const value = {
      ...this.cluster,
      nodes: [...this.cluster.nodes, ...nodes],
      nodeSpecs: [...this.cluster.nodeSpecs, ...specs],
      pods: this.cluster.pods.map((pod) => pods.get(pod) ?? pod),
    };
    return { value: nodes.length === 0 ? value : assume(value, MADE), issues: this.issues };
  }

  private start(pod: Pod, profile: FargateProfileSpec): ReturnType<typeof fargateNode> | undefined {
    const { network, ipFamily, region, placements, filters } = this.cluster;
    const subnets = subnetsOfProfile(profile, network);
    const key = keyOf(pod);
    const asked = placements.find((each) => `${each.namespace}/${each.pod}` === key)?.ip;
    const given = asked === undefined ? undefined : subnets.find((subnet) => holds(subnet, asked));
    if (asked !== undefined && given === undefined) this.misplaced(pod, asked, profile);
    const place = given === undefined ? this.next(profile, subnets) : { subnet: given, primaryIp: asked };
    if (place?.primaryIp === undefined) return undefined;
    const { subnet, primaryIp } = place;
    const address = ipFamily === 'IPv6' && familyOf(primaryIp) === 4 ? this.pools.get(subnet.id)?.take(6) : primaryIp;
    if (address === undefined) return undefined;
    const domain = network.vpcs.find(({ id }) => id === network.clusterVpc)?.dhcpDomain.split(/\s+/)[0] ?? '';
    const name = fargateNodeName(primaryIp, domain);
    const securityGroups = filters.controlPlaneGroups.slice(0, 1);
    return fargateNode({ name, subnet, primaryIp, address, region, securityGroups, source: pod.source });
  }

  /** The next subnet of the profile that has an address. */
  private next(
    profile: FargateProfileSpec,
    subnets: readonly SubnetSpec[],
  ): { readonly subnet: SubnetSpec; readonly primaryIp: Ip } | undefined {
    for (let tries = 0; tries < subnets.length; tries++) {
      const turn = this.turns.get(profile.name) ?? 0;
      this.turns.set(profile.name, turn + 1);
      const subnet = subnets[turn % subnets.length];
      const primaryIp = subnet === undefined ? undefined : this.pools.get(subnet.id)?.take(4);
      if (subnet !== undefined && primaryIp !== undefined) return { subnet, primaryIp };
    }
    return undefined;
  }

  private misplaced(pod: Pod, asked: Ip, profile: FargateProfileSpec): void {
    this.issues.push({
      code: 'pod-address-unplaced',
      severity: 'error',
      rests: ['network', 'nodes'],
      at: pod.source,
      message: `Pod "${keyOf(pod)}" is placed at ${asked}, in no subnet of Fargate profile "${profile.name}"`,
      expected: `an address of ${subnetsOfProfile(profile, this.cluster.network)
        .flatMap(({ cidrs }) => cidrs.map(({ text }) => text))
        .join(', ')}`,
    });
  }
}

const holds = ({ cidrs }: SubnetSpec, address: Ip): boolean => cidrs.some((block) => cidrContains(block, address));

const MADE =
  "subnets and addresses of pods on Fargate are not in the input: a profile's subnets in turn, the lowest free address";

/** The pod as its admission and its kubelet leave it. */
function onNode(pod: Pod, { name }: FargateProfileSpec, node: Node): Pod {
  const [address] = internalIps(node);
  const podIPs = address === undefined ? [] : [address];
  return {
    ...pod,
    metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, [FARGATE_PROFILE]: name } },
    spec: { ...pod.spec, nodeName: node.metadata.name },
    status: { ...pod.status, podIPs, ...(address === undefined ? {} : { hostIP: address }) },
  };
}
