import type { Issue } from '../../base/index.ts';
import {
  type BranchEniSpec,
  type Cluster,
  type EniSpec,
  isPendingForReal,
  isTerminal,
  type Node,
  type NodeSpec,
  overlayAddresses,
  type PlacementSpec,
  type Pod,
  type SubnetSpec,
} from '../../cluster/index.ts';
import { familyOf, type Ip } from '../../net/index.ts';
import { assume } from '../assume.ts';
import { branchLimit } from '../branch-enis/branch-limits.ts';
import { dealBranches } from '../branch-enis/deal-branches.ts';
import { groupsOfPods } from '../branch-enis/groups-of-pods.ts';
import { hasBranch } from '../branch-enis/request-pod-enis.ts';
import { byText, keyOf } from '../labels.ts';
import { internalIps } from '../nodes.ts';
import { podCapacity } from '../pod-capacity.ts';
import { eniConfigOf } from './eni-config.ts';
import { type InstanceLimits, instanceLimits } from './instance-types.ts';
import { fewerThanWarm, noAddressLeft, withoutAddress } from './no-address.ts';
import { type IpamContext, NodeEnis } from './node-enis.ts';
import { crowded, prefixesOff } from './old-prefixes.ts';
import type { IpamSettings } from './settings.ts';
import { steadyPool } from './warm-pool.ts';

/** One node while addresses are dealt to it. */
interface Dealt {
  readonly spec: NodeSpec;
  readonly draft: NodeEnis;
  /** The input has its ENIs. */
  readonly given: boolean;
  /** Pods with an address of an ENI of the node, and with an interface of their own. */
  readonly plain: readonly Pod[];
  readonly branching: readonly Pod[];
}

/** Deals addresses and keeps what came out. */
export class Deal {
  private readonly cluster: Cluster;
  private readonly context: IpamContext;
  private readonly podsByNode = new Map<string, Pod[]>();
  private readonly placements: ReadonlyMap<string, PlacementSpec>;
  private readonly dealt: Dealt[] = [];
  private readonly specs = new Map<string, NodeSpec>();
  /** Of pods whose status has none yet. */
  private readonly podIps = new Map<string, readonly Ip[]>();
  private readonly said = new Set<string>();
  private readonly groupsOf: (pod: Pod) => readonly string[];

  constructor(cluster: Cluster, context: IpamContext) {
    this.cluster = cluster;
    this.context = context;
    this.groupsOf = groupsOfPods(cluster);
    this.placements = new Map(cluster.placements.map((p) => [`${p.namespace}/${p.pod}`, p]));
    const overlayOf = overlayAddresses(cluster);
    for (const pod of cluster.pods) {
      const { nodeName, hostNetwork } = pod.spec;
      if (nodeName === undefined || hostNetwork || isTerminal(pod) || isPendingForReal(pod)) continue;
      if (overlayOf(pod) !== undefined) continue;
      const list = this.podsByNode.get(nodeName);
      if (list === undefined) this.podsByNode.set(nodeName, [pod]);
      else list.push(pod);
    }
  }

  add(spec: NodeSpec, node: Node | undefined, primary: EniSpec | undefined): void {
    if (primary === undefined || node === undefined) return;
    const { settings, issues } = this.context;
    const pods = (this.podsByNode.get(spec.name) ?? [])
      .map((pod) => ({ pod, key: keyOf(pod) }))
      .sort((a, b) => byText(a.key, b.key))
      .map(({ pod }) => pod);
    const given = spec.enis.length > 0;
    const limits = {
      ...limitsOf(spec, given),
      trunks: settings.podEni && (branchLimit(spec.instanceType) > 0 || pods.some(hasBranch)),
    };
    const podNetwork = settings.customNetworking
      ? eniConfigOf(this.cluster, node, spec, this.context, given ? [] : issues)
      : undefined;
    const enis = spec.enis.includes(primary) ? spec.enis : [primary, ...spec.enis];
    const draft = new NodeEnis(spec, enis, limits, this.context, podNetwork);
    const [branching, plain] = split(pods, ({ spec: { podEni } }) => podEni === true);
    this.dealt.push({ spec, draft, given, plain, branching });
  }

  /** Each node all it wants before the next one: what comes out where there is enough. */
  nodeByNode(): void {
    for (const node of this.dealt) {
      const waiting = this.seatKnown(node.plain, node);
      this.aim(node);
      while (node.draft.growWarm());
      this.sayUnserved(
        waiting.filter((pod) => !this.assign(pod, node.draft)),
        node,
      );
      this.finish(node, this.branchesOf(node));
    }
  }

  /** Live pods and interfaces first, then a pod of each node in turn, then what is warm, in turn too. */
  nodesInTurn(): void {
    const queues = this.dealt.map((node) => ({ node, waiting: [...this.seatKnown(node.plain, node)] }));
    const branches = new Map(this.dealt.map((node) => [node, this.branchesOf(node)]));
    const unserved = new Map(this.dealt.map((node) => [node, [] as Pod[]]));
    inTurn(queues, ({ node, waiting }) => {
      const pod = waiting.shift();
      if (pod !== undefined && !this.assign(pod, node.draft)) unserved.get(node)?.push(pod);
      return waiting.length > 0;
    });
    for (const [node, pods] of unserved) this.sayUnserved(pods, node);
    for (const node of this.dealt) this.aim(node);
    inTurn(this.dealt, ({ draft }) => draft.growWarm());
    this.sayLean();
    for (const node of this.dealt) this.finish(node, branches.get(node));
  }

  private aim({ spec, draft, plain, given }: Dealt): void {
    if (given) return;
    // With delegation off, warm targets count single addresses alone (data_store.go, GetIPStats).
    const pods = draft.keepsPrefixes ? plain.filter(({ status }) => status.podIPs.length === 0) : plain;
    const kept = draft.keepsPrefixes ? draft.prefixSlots : 0;
    draft.aim(kept + this.target(spec, draft, pods.length, this.context.settings));
  }

  private finish({ spec, draft, given }: Dealt, branches: readonly BranchEniSpec[] | undefined): void {
    const finished = draft.finish();
    const same = finished.length === spec.enis.length && finished.every((eni, i) => eni === spec.enis[i]);
    const primaryIp = spec.primaryIp ?? finished[0]?.primaryIp;
    if (!same || spec.primaryIp !== primaryIp || branches !== spec.branches)
      this.specs.set(spec.name, {
        ...spec,
        ...(primaryIp === undefined ? {} : { primaryIp }),
        enis: finished,
        ...(branches === undefined ? {} : { branches }),
      });
    if (!given) for (const text of this.doubts()) this.said.add(text);
  }

  /** Every node whose type can has a trunk, where the input does not say its ENIs; else one that a pod of it needs. */
  private branchesOf({ spec, branching: pods, draft, given }: Dealt): readonly BranchEniSpec[] | undefined {
    const trunk = given && pods.length === 0 ? undefined : draft.trunk();
    if (pods.length === 0) return spec.branches;
    if (trunk === undefined && draft.isShort) {
      this.sayUnserved(pods, { spec, draft });
      return spec.branches;
    }
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
  private seatKnown(
    pods: readonly Pod[],
    { draft, spec, given }: Pick<Dealt, 'draft' | 'spec' | 'given'>,
  ): readonly Pod[] {
    const waiting: Pod[] = [];
    const known: { pod: Pod; ips: readonly Ip[]; placement: PlacementSpec | undefined }[] = [];
    const mine = new Set<Ip>();
    for (const pod of pods) {
      const placement = this.placementOf(pod);
      const live = pod.status.podIPs;
      const ips = live.length > 0 || placement?.ip === undefined ? live : [placement.ip];
      if (ips.length === 0) {
        waiting.push(pod);
        continue;
      }
      if (ips !== live) this.podIps.set(keyOf(pod), ips);
      for (const address of ips) mine.add(address);
      known.push({ pod, ips, placement });
    }
    if (!given && draft.hasOldPrefixes(known.length)) {
      draft.keepsPrefixes = true;
      this.said.add(
        `${crowded(spec, draft, known.length)}: they are taken to keep prefixes they were given before, though ${prefixesOff(this.cluster)}`,
      );
    }
    for (const { pod, ips, placement } of known) {
      for (const address of ips) {
        if (familyOf(address) !== draft.family) continue;
        const seated = draft.seat(address, placement?.deviceIndex, mine);
        if (seated === 'nowhere')
          this.report(
            pod,
            `Address ${address} of pod`,
            'pod-address-unplaced',
            this.fullness(spec, draft, known.length),
          );
        else if (seated === 'anew' && placement?.deviceIndex === undefined) this.said.add(SEATED);
      }
    }
    return waiting;
  }

  private placementOf(pod: Pod): PlacementSpec | undefined {
    return this.placements.size === 0 ? undefined : this.placements.get(keyOf(pod));
  }

  private assign(pod: Pod, draft: NodeEnis): boolean {
    const placement = this.placementOf(pod);
    const address = draft.assignNext(placement?.deviceIndex);
    if (address === undefined) return false;
    this.podIps.set(keyOf(pod), [address]);
    if (placement?.deviceIndex === undefined) this.said.add(SEATED);
    return true;
  }

  private sayUnserved(pods: readonly Pod[], { spec, draft }: Pick<Dealt, 'spec' | 'draft'>): void {
    for (const pod of pods) this.context.unserved.add(keyOf(pod));
    this.context.issues.push(...noAddressLeft(pods, spec.name, draft.isShort ? draft.podSubnet : undefined));
  }

  /** Nodes that hold less than they want, told once a subnet. */
  private sayLean(): void {
    const lean = this.dealt.filter(({ draft }) => draft.wantsMore && draft.isShort);
    for (const subnet of new Set(lean.map(({ draft }) => draft.podSubnet))) {
      const nodes = lean.filter(({ draft }) => draft.podSubnet === subnet).map(({ spec }) => spec);
      this.context.issues.push(...fewerThanWarm(subnet, nodes));
      this.said.add(`of subnet "${subnet}" nodes take what it has in turn, addresses of pods before warm ones`);
    }
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

  /** What is to be said where a node has more pods than its ENIs have single addresses. */
  private fullness(spec: NodeSpec, draft: NodeEnis, pods: number): Pick<Issue, 'hint'> {
    if (draft.usesPrefixes || draft.keepsPrefixes || pods <= draft.singles) return {};
    return { hint: `${crowded(spec, draft, pods)}: ${prefixesOff(this.cluster)}` };
  }

  private report(pod: Pod, what: string, code: string, more: Pick<Issue, 'hint'> = {}): void {
    this.context.issues.push({
      code,
      severity: 'error',
      rests: ['network', 'nodes', 'pods'],
      at: pod.source,
      message: `${what} "${keyOf(pod)}"${code === 'pod-address-unplaced' ? " fits on none of its node's ENIs" : ''}`,
      expected: "an ENI of the node with room, in the address's subnet and the node's zone",
      ...more,
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
    if (this.context.unserved.size > 0 && this.context.unserved.has(keyOf(pod))) return withoutAddress(pod);
    const live = pod.status.podIPs;
    const ips = live.length > 0 ? live : ((pod.spec.hostNetwork ? host : this.podIps.get(keyOf(pod))) ?? []);
    const hostIP = pod.status.hostIP ?? host[0];
    if (ips.length === pod.status.podIPs.length && hostIP === pod.status.hostIP) return pod;
    return { ...pod, status: { ...pod.status, podIPs: ips, ...(hostIP === undefined ? {} : { hostIP }) } };
  }
}

/** One turn each, again and again, of those that ask for another. */
function inTurn<T>(all: readonly T[], turn: (one: T) => boolean): void {
  for (let open = all; open.length > 0; ) open = open.filter(turn);
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
