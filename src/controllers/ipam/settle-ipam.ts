import type { Issue, Parsed } from '../../base/index.ts';
import {
  type BranchEniSpec,
  type Cluster,
  type EniSpec,
  isPendingForReal,
  isTerminal,
  type Node,
  type NodeSpec,
  type PlacementSpec,
  type Pod,
  type SubnetSpec,
} from '../../cluster/index.ts';
import { familyOf, type Ip, parseIp } from '../../net/index.ts';
import { assume } from '../assume.ts';
import { branchLimit } from '../branch-enis/branch-limits.ts';
import { dealBranches } from '../branch-enis/deal-branches.ts';
import { groupsOfPods } from '../branch-enis/groups-of-pods.ts';
import { hasBranch } from '../branch-enis/request-pod-enis.ts';
import { byText, keyOf } from '../labels.ts';
import { clusterSubnets, internalIps } from '../nodes.ts';
import { podCapacity } from '../pod-capacity.ts';
import { eniIdentity } from '../seeded-names.ts';
import { eniConfigOf } from './eni-config.ts';
import { byPlace, checkInstanceTypes, type InstanceLimits, instanceLimits, nodesNamed } from './instance-types.ts';
import { noAddressLeft, withoutAddress } from './no-address.ts';
import { type IpamContext, NodeEnis } from './node-enis.ts';
import { type IpamSettings, ipamSettings } from './settings.ts';
import { subnetPools } from './subnet-pools.ts';
import { steadyPool } from './warm-pool.ts';

/**
 * Amazon VPC CNI's ipamd (v1.23 `pkg/ipamd/ipamd.go`) at rest: which ENIs each node has, which addresses they hold, and
 * which pod has which. Given ENIs are kept and only grow where a pod has no address; without any, the warm targets decide.
 * EC2 and ipamd choose addresses and ENIs at random: we take the lowest address and the lowest device index.
 */
export function settleIpam(cluster: Cluster): Parsed<Cluster> {
  const issues: Issue[] = [];
  const settings = ipamSettings(cluster);
  const subnets = clusterSubnets(cluster);
  const pools = subnetPools(cluster);
  const context: IpamContext = { settings, pools, subnets, issues, exhausted: new Set() };
  const nodes = new Map(cluster.nodes.map((node) => [node.metadata.name, node]));
  // A micro-VM of Fargate has its one address already, and no ipamd.
  const specs = cluster.nodeSpecs
    .filter((spec) => spec.computeType === undefined)
    .sort((a, b) => byText(a.name, b.name));
  issues.push(...checkInstanceTypes(cluster), ...(settings.ipv6 ? withoutPrefixes(specs) : []));
  const primaries = new Map(specs.map((spec) => [spec.name, primaryEni(spec, nodes.get(spec.name), context)]));
  const work = new Deal(cluster, context);
  for (const spec of specs) work.node(spec, nodes.get(spec.name), primaries.get(spec.name));
  return { value: work.result(), issues };
}

/** Device 0 of a node: the given one, else made from the addresses the node is known by. */
function primaryEni(spec: NodeSpec, node: Node | undefined, context: IpamContext): EniSpec | undefined {
  const given = spec.enis.find((eni) => eni.deviceIndex === 0);
  if (given !== undefined) return given;
  const pool = context.pools.get(spec.subnet);
  const known = node === undefined ? [] : internalIps(node);
  const primaryIp = spec.primaryIp ?? known.find((address) => familyOf(address) === 4) ?? pool?.take(4);
  const own = context.settings.ipv6 ? (known.find((a) => familyOf(a) === 6) ?? pool?.take(6)) : undefined;
  if (primaryIp === undefined || (context.settings.ipv6 && own === undefined)) {
    context.issues.push({
      code: pool === undefined ? 'subnet-unknown' : 'subnet-exhausted',
      severity: 'error',
      rests: ['network', 'nodes', 'pods'],
      at: spec.source,
      message: `Node "${spec.name}" gets no address in subnet "${spec.subnet}"`,
      expected:
        pool === undefined ? "a subnet of the cluster's VPC" : 'a subnet with a free address of each family in use',
    });
    return undefined;
  }
  return {
    ...eniIdentity(`${spec.name}/0`),
    deviceIndex: 0,
    subnet: spec.subnet,
    primaryIp,
    addresses: own === undefined ? [] : [own],
    prefixes: [],
    securityGroups: spec.securityGroups ?? [],
    ...(spec.publicIp === undefined ? {} : { publicIp: spec.publicIp }),
  };
}

/** Deals addresses node by node and keeps what came out. */
class Deal {
  private readonly cluster: Cluster;
  private readonly context: IpamContext;
  private readonly podsByNode = new Map<string, Pod[]>();
  private readonly placements: ReadonlyMap<string, PlacementSpec>;
  private readonly specs = new Map<string, NodeSpec>();
  private readonly podIps = new Map<string, readonly Ip[]>();
  /** Pods no address was left for. */
  private readonly unserved = new Set<string>();
  private readonly said = new Set<string>();
  private readonly groupsOf: (pod: Pod) => readonly string[];

  constructor(cluster: Cluster, context: IpamContext) {
    this.cluster = cluster;
    this.context = context;
    this.groupsOf = groupsOfPods(cluster);
    this.placements = new Map(cluster.placements.map((p) => [`${p.namespace}/${p.pod}`, p]));
    for (const pod of cluster.pods) {
      const { nodeName, hostNetwork } = pod.spec;
      if (nodeName === undefined || hostNetwork || isTerminal(pod) || isPendingForReal(pod)) continue;
      const list = this.podsByNode.get(nodeName);
      if (list === undefined) this.podsByNode.set(nodeName, [pod]);
      else list.push(pod);
    }
  }

  node(spec: NodeSpec, node: Node | undefined, primary: EniSpec | undefined): void {
    if (primary === undefined || node === undefined) return;
    const { settings, issues } = this.context;
    const pods = (this.podsByNode.get(spec.name) ?? []).toSorted((a, b) => byText(keyOf(a), keyOf(b)));
    const given = spec.enis.length > 0;
    const limits = {
      ...limitsOf(spec, given),
      trunks: settings.podEni && (branchLimit(spec.instanceType) > 0 || pods.some(hasBranch)),
    };
    const podNetwork = settings.customNetworking
      ? eniConfigOf(this.cluster, node, settings, given ? [] : issues)
      : undefined;
    const enis = spec.enis.includes(primary) ? spec.enis : [primary, ...spec.enis];
    const draft = new NodeEnis(spec, enis, limits, this.context, podNetwork);
    const [branching, plain] = split(pods, ({ spec: { podEni } }) => podEni === true);
    const waiting = this.seatKnown(plain, draft);
    if (!given) draft.growTo(this.target(spec, draft, plain.length, settings));
    this.assignNew(waiting, draft, spec);
    const branches = this.branchesOf(spec, branching, draft, given);
    const finished = draft.finish();
    const same = finished.length === spec.enis.length && finished.every((eni, i) => eni === spec.enis[i]);
    const primaryIp = spec.primaryIp ?? primary.primaryIp;
    if (!same || spec.primaryIp !== primaryIp || branches !== spec.branches)
      this.specs.set(spec.name, {
        ...spec,
        primaryIp,
        enis: finished,
        ...(branches === undefined ? {} : { branches }),
      });
    if (!given) for (const text of this.doubts()) this.said.add(text);
  }

  /** Every node whose type can has a trunk, where the input does not say its ENIs; else one that a pod of it needs. */
  private branchesOf(
    spec: NodeSpec,
    pods: readonly Pod[],
    draft: NodeEnis,
    given: boolean,
  ): readonly BranchEniSpec[] | undefined {
    const trunk = given && pods.length === 0 ? undefined : draft.trunk();
    if (pods.length === 0) return spec.branches;
    if (trunk === undefined) {
      for (const pod of pods)
        this.report(pod, `Node "${spec.name}" has no trunk interface for pod`, 'pod-without-address');
      return spec.branches;
    }
    const { context, placements } = this;
    const place = { spec, trunk, subnet: draft.podSubnet, instanceGroups: draft.podGroups };
    const dealt = dealBranches(pods, place, { context, placements, groupsOf: this.groupsOf });
    for (const branch of dealt) {
      const own = [branch.primaryIp, ...branch.addresses].filter((address) => familyOf(address) === draft.family);
      this.podIps.set(branch.branch.pod, own);
    }
    return dealt.length === spec.branches?.length && dealt.every((each, i) => each === spec.branches?.[i])
      ? spec.branches
      : dealt;
  }

  /** What may be otherwise with ENIs that are made here. */
  private doubts(): readonly string[] {
    const { settings, subnets } = this.context;
    const tagged = settings.subnetDiscovery && !settings.customNetworking ? subnets.filter(isForCni) : [];
    return [
      "nodes' ENIs are not in the input: made as the VPC CNI's warm targets would, lowest free address first",
      ...tagged.map(
        ({ id }) =>
          `new ENIs are taken to be in their node's own subnet; tag ${CNI_TAG} lets the VPC CNI put them in "${id}" too`,
      ),
      ...(settings.resourceProvisioning
        ? []
        : [
            'DISABLE_NETWORK_RESOURCE_PROVISIONING is on: the ENIs made here are taken to be there, whoever attaches them',
          ]),
    ];
  }

  /** Addresses that are known win: the pod's own status, then a placement. Returns the pods still without one. */
  private seatKnown(pods: readonly Pod[], draft: NodeEnis): readonly Pod[] {
    const waiting: Pod[] = [];
    const known = pods.flatMap((pod): { pod: Pod; ips: readonly Ip[]; placement: PlacementSpec | undefined }[] => {
      const placement = this.placements.get(keyOf(pod));
      const live = parseAll(pod.status.podIPs);
      const ips = live.length > 0 ? live : placement?.ip === undefined ? [] : [placement.ip];
      if (ips.length > 0) return [{ pod, ips, placement }];
      waiting.push(pod);
      return [];
    });
    const mine = new Set(known.flatMap((entry) => entry.ips));
    for (const { pod, ips, placement } of known) {
      this.podIps.set(keyOf(pod), ips);
      for (const address of ips) {
        if (familyOf(address) !== draft.family) continue;
        const listed = draft.enis.some((eni) => eni.holds(address));
        if (!draft.seat(address, placement?.deviceIndex, mine))
          this.report(pod, `Address ${address} of pod`, 'pod-address-unplaced');
        else if (!listed && placement?.deviceIndex === undefined) this.said.add(SEATED);
      }
    }
    return waiting;
  }

  private assignNew(pods: readonly Pod[], draft: NodeEnis, spec: NodeSpec): void {
    const without: Pod[] = [];
    for (const pod of pods) {
      const placement = this.placements.get(keyOf(pod));
      const address = draft.assignNext(placement?.deviceIndex);
      if (address === undefined) {
        without.push(pod);
        continue;
      }
      this.podIps.set(keyOf(pod), [address]);
      if (placement?.deviceIndex === undefined) this.said.add(SEATED);
    }
    for (const pod of without) this.unserved.add(keyOf(pod));
    this.context.issues.push(...noAddressLeft(without, spec.name));
  }

  private target(spec: NodeSpec, draft: NodeEnis, pods: number, settings: IpamSettings): number {
    if (settings.ipv6) return 2;
    const limits = {
      enis: draft.podEniLimit,
      slotsPerEni: draft.slotsPerEni,
      prefixes: draft.usesPrefixes,
      maxPods: podCapacity(spec, settings),
    };
    return steadyPool(limits, settings, pods).slots;
  }

  private report(pod: Pod, what: string, code: string): void {
    this.context.issues.push({
      code,
      severity: 'error',
      rests: ['network', 'nodes', 'pods'],
      at: pod.source,
      message: `${what} "${keyOf(pod)}"${code === 'pod-address-unplaced' ? " fits on none of its node's ENIs" : ''}`,
      expected: "an ENI of the node with room, in the address's subnet and the node's zone",
    });
  }

  result(): Cluster {
    const { cluster } = this;
    const nodeSpecs = cluster.nodeSpecs.map((spec) => this.specs.get(spec.name) ?? spec);
    const byName = new Map(nodeSpecs.map((spec) => [spec.name, spec]));
    const nodes = cluster.nodes.map((node) =>
      withAddresses(node, byName.get(node.metadata.name), this.context.settings),
    );
    const hostIps = new Map(nodes.map((node) => [node.metadata.name, internalIps(node)]));
    const pods = cluster.pods.map((pod) => this.withStatus(pod, hostIps.get(pod.spec.nodeName ?? '')));
    return assume({ ...cluster, nodeSpecs, nodes, pods }, ...this.said);
  }

  private withStatus(pod: Pod, host: readonly Ip[] | undefined): Pod {
    if (isTerminal(pod) || isPendingForReal(pod) || host === undefined) return pod;
    if (this.unserved.has(keyOf(pod))) return withoutAddress(pod);
    const podIPs: readonly Ip[] = (pod.spec.hostNetwork ? host : this.podIps.get(keyOf(pod))) ?? [];
    const hostIP = pod.status.hostIP ?? host[0];
    const ips = pod.status.podIPs.length > 0 ? pod.status.podIPs : podIPs;
    if (ips.length === pod.status.podIPs.length && hostIP === pod.status.hostIP) return pod;
    return { ...pod, status: { ...pod.status, podIPs: ips, ...(hostIP === undefined ? {} : { hostIP }) } };
  }
}

const split = <T>(items: readonly T[], is: (item: T) => boolean): readonly [readonly T[], readonly T[]] => [
  items.filter(is),
  items.filter((item) => !is(item)),
];

const CNI_TAG = 'kubernetes.io/role/cni';
/** Enhanced subnet discovery (v1.18 `pkg/awsutils`): any value but 0. */
const isForCni = ({ tags }: SubnetSpec): boolean => (tags[CNI_TAG] ?? '0') !== '0';

const SEATED = 'which ENI a pod sits on is not in the input: lowest device index with room';

/** What the cloud controller manager would write (`cloud-provider-aws` NodeAddresses); an IPv6 cluster's InternalIP is IPv6. */
function withAddresses(node: Node, spec: NodeSpec | undefined, settings: IpamSettings): Node {
  const primary = spec?.enis.find((eni) => eni.deviceIndex === 0);
  if (spec === undefined || primary === undefined || internalIps(node).length > 0) return node;
  const internal = settings.ipv6 ? primary.addresses.find((address) => familyOf(address) === 6) : primary.primaryIp;
  const addresses = [
    { type: 'InternalIP', address: internal ?? primary.primaryIp },
    ...(spec.publicIp === undefined ? [] : [{ type: 'ExternalIP', address: spec.publicIp }]),
    ...node.status.addresses,
    ...(node.status.addresses.some((a) => a.type === 'Hostname') ? [] : [{ type: 'Hostname', address: spec.name }]),
  ];
  return { ...node, status: { ...node.status, addresses } };
}

/** Of an unknown type given ENIs say all we need; where we have to make them it is an error. */
const limitsOf = (spec: NodeSpec, given: boolean): InstanceLimits =>
  instanceLimits(spec.instanceType) ?? {
    enis: given ? spec.enis.length : 3,
    addressesPerEni: given ? 50 : 10,
    nitro: true,
    vcpus: 2,
  };

const withoutPrefixes = (specs: readonly NodeSpec[]): readonly Issue[] =>
  byPlace(specs.filter(({ instanceType }) => instanceLimits(instanceType)?.nitro === false)).map(
    ([first, ...more]) => ({
      code: 'instance-type-not-nitro',
      severity: 'error',
      at: first.source,
      message: `Instance type "${first.instanceType}" of ${nodesNamed(first, more)} cannot have IPv6 prefixes: the VPC CNI does not start there`,
      expected: 'a Nitro type such as "m5.large"',
    }),
  );

const parseAll = (texts: readonly string[]): readonly Ip[] =>
  texts.flatMap((text) => {
    const parsed = parseIp(text);
    return parsed === undefined ? [] : [parsed];
  });
