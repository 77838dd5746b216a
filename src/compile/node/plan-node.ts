import type { Issue, Parsed } from '../../base/index.ts';
import type { BranchEniSpec, Cluster, EniSpec, Node, NodeSpec, PlacementSpec, Pod } from '../../cluster/index.ts';
import { MAIN_TABLE } from '../../linux/index.ts';
import { cidrContains, compareIp, familyOf, type Ip, parseIp } from '../../net/index.ts';
import { checkSysctls } from '../kubelet/check-sysctls.ts';
import { type EgressKind, egressAddress, egressKind } from '../vpc-cni/egress.ts';
import type { PathSettings } from '../vpc-cni/settings.ts';
import { atLeast } from '../vpc-cni/version.ts';
import { macFor, nodeNetns, podLinkNames, podNetns } from './names.ts';
import { osProfile } from './os-profile.ts';
import type { Egress, EniPlan, NodePlan, PodPlan, SubnetPlan } from './plan-types.ts';

interface NodeInput {
  readonly cluster: Cluster;
  readonly settings: PathSettings;
  readonly subnets: ReadonlyMap<string, SubnetPlan>;
  readonly spec: NodeSpec;
  readonly object: Node | undefined;
  readonly pods: readonly Pod[];
  readonly placements: ReadonlyMap<string, PlacementSpec>;
}

/** A node as it stands: which interface is which, and which pod is behind which pair. */
export function planNode(input: NodeInput): Parsed<NodePlan | undefined> {
  const { spec, cluster, object } = input;
  const issues: Issue[] = [];
  const os = osProfile(spec.os, cluster);
  const indexes = new IndexPool([1, ...givenIndexes(input)]);
  const enis = planEnis(input, os.ifname, indexes, issues);
  const primary = enis[0];
  if (primary === undefined) {
    issues.push({
      code: 'node-without-eni',
      severity: 'error',
      rests: ['network', 'nodes', 'pods'],
      at: spec.source,
      message: `Node "${spec.name}" has no network interface in a known subnet and is left out`,
    });
    return { value: undefined, issues };
  }
  const ours = input.pods.filter((pod) => !pod.spec.hostNetwork);
  const pods = planPods(input, enis, primary, ours, indexes, issues);
  const branches = pods.flatMap(({ eni }) => (eni.vlan === undefined ? [] : [eni]));
  checkNodeSysctls(spec, [...enis, ...branches], pods, issues);
  const internal = (object?.status.addresses ?? [])
    .filter((address) => address.type === 'InternalIP')
    .map((address) => parseIp(address.address))
    .filter((address) => address !== undefined);
  const addresses = [...new Set<Ip>([primary.spec.primaryIp, ...internal])];
  return {
    value: {
      spec,
      object,
      netns: nodeNetns(spec.name),
      os,
      addresses,
      primary,
      enis,
      branches,
      pods,
      hostPods: input.pods.filter((pod) => pod.spec.hostNetwork),
    },
    issues,
  };
}

function checkNodeSysctls(
  { name, sysctls, sysctlsSource, source }: NodeSpec,
  enis: readonly EniPlan[],
  pods: readonly PodPlan[],
  issues: Issue[],
): void {
  const at = sysctlsSource ?? source;
  const settings = Object.entries(sysctls).map(([key, value]) => ({ name: key, value, at }));
  if (settings.length === 0) return;
  const devices = ['lo', ...enis.map(({ ifname }) => ifname), ...pods.map(({ veth }) => veth)];
  checkSysctls(settings, devices, `Node "${name}"`, issues);
}

/** Interface indexes in the order the kernel hands them out, around those the input gives. */
class IndexPool {
  private readonly taken: Set<number>;
  private candidate = 2;
  constructor(taken: readonly number[]) {
    this.taken = new Set(taken);
  }
  next(): number {
    while (this.taken.has(this.candidate)) this.candidate++;
    this.taken.add(this.candidate);
    return this.candidate;
  }
}

function givenIndexes(input: NodeInput): readonly number[] {
  const veths = input.pods.flatMap((pod) => {
    const { vethIfindex, netnsid } = placementOf(input, pod) ?? {};
    return vethIfindex !== undefined && netnsid !== undefined ? [vethIfindex, vethIfindex + 1] : [vethIfindex];
  });
  return [...input.spec.enis.map((eni) => eni.ifindex), ...veths].filter((index) => index !== undefined);
}

function planEnis(
  input: NodeInput,
  ifname: (deviceIndex: number) => string,
  indexes: IndexPool,
  issues: Issue[],
): readonly EniPlan[] {
  const plans: EniPlan[] = [];
  for (const spec of [...input.spec.enis].sort((a, b) => a.deviceIndex - b.deviceIndex)) {
    const subnet = input.subnets.get(spec.subnet);
    if (subnet === undefined) {
      issues.push({
        code: 'unknown-subnet',
        severity: 'error',
        rests: ['network'],
        at: spec.source ?? input.spec.source,
        message: `Interface "${spec.id}" of node "${input.spec.name}" is in subnet "${spec.subnet}", which is not described`,
      });
      continue;
    }
    plans.push({
      spec,
      subnet,
      ifname: spec.ifname ?? ifname(spec.deviceIndex),
      ifindex: spec.ifindex ?? indexes.next(),
      mac: spec.mac ?? macFor(`eni ${spec.id}`),
      table: tableOf(spec),
    });
  }
  return plans;
}

/** `pkg/ipamd` / networkutils: card 0, device d > 0 uses table d + 1. */
const tableOf = (eni: EniSpec): number => (eni.deviceIndex === 0 ? MAIN_TABLE : eni.deviceIndex + 1);

/** `cmd/routed-eni-cni-plugin/driver`: a VLAN's table is its number + 100. */
const VLAN_TABLE = 100;

/** The device `vlan.eth.ID` on the trunk (buildVlanLinkName). */
function planBranch(
  spec: BranchEniSpec,
  { subnets }: NodeInput,
  enis: readonly EniPlan[],
  indexes: IndexPool,
): EniPlan | undefined {
  const { trunk: trunkId, vlanId } = spec.branch;
  const trunk = enis.find((eni) => eni.spec.id === trunkId);
  const subnet = subnets.get(spec.subnet);
  if (trunk === undefined || subnet === undefined) return undefined;
  return {
    spec,
    subnet,
    ifname: `vlan.eth.${vlanId}`,
    ifindex: spec.ifindex ?? indexes.next(),
    mac: spec.mac ?? macFor(`eni ${spec.id}`),
    table: VLAN_TABLE + vlanId,
    vlan: { id: vlanId, trunk },
  };
}

const placementOf = ({ placements }: NodeInput, pod: Pod): PlacementSpec | undefined =>
  placements.size === 0 ? undefined : placements.get(keyOf(pod));

function planPods(
  input: NodeInput,
  enis: readonly EniPlan[],
  primary: EniPlan,
  pods: readonly Pod[],
  indexes: IndexPool,
  issues: Issue[],
): readonly PodPlan[] {
  const byAddress = new Map<Ip, EniPlan>();
  for (const eni of enis) for (const address of eni.spec.addresses) byAddress.set(address, eni);
  const branching = new Map(input.spec.branches?.map((branch) => [branch.branch.pod, branch]));
  const second = egressKind(input.cluster.ipFamily, input.settings);
  // Before v1.23 the pair was made inside the pod, so the peer took index 2 there and eth0 index 3.
  const eth0 = atLeast(input.cluster.cni.version, '1.23.0') ? 2 : 3;
  return asTheyCame(input, pods, primary).map(({ pod, addresses, late }, place) => {
    const netnsid = late ?? place;
    const { namespace, name } = pod.metadata;
    const placement = placementOf(input, pod);
    const placed =
      placement === undefined ? undefined : enis.find((each) => each.spec.deviceIndex === placement.deviceIndex);
    const branch = branching.size === 0 ? undefined : branching.get(keyOf(pod));
    const names = podLinkNames(vethPrefix(input.settings, branch !== undefined), namespace, name);
    const ifindex = placement?.podIfindex ?? eth0;
    const vethIfindex = placement?.vethIfindex ?? indexes.next();
    const eni =
      branch === undefined ? (placed ?? ownerOf(addresses, enis, byAddress)) : planBranch(branch, input, enis, indexes);
    if (eni === undefined) issues.push(notOnNode(pod, addresses, input.spec));
    const plan: { -readonly [K in keyof PodPlan]: PodPlan[K] } = {
      pod,
      netns: podNetns(namespace, name),
      addresses,
      eni: eni ?? primary,
      veth: placement?.veth ?? names.veth,
      vethIfindex,
      vethMac: placement?.vethMac ?? names.vethMac,
      netnsid,
      ifindex,
      mac: placement?.podMac ?? names.podMac,
      origin: { by: 'vpc-cni', because: `pod ${namespace}/${name}`, at: pod.source },
    };
    if (pod.spec.sysctls !== undefined) plan.sysctls = ownSysctls(pod, pod.spec.sysctls, second, issues);
    if (second !== undefined) {
      const index = late === undefined ? indexes.next() : vethIfindex + 1;
      plan.egress = egressPlan(second, pod, netnsid, ifindex + 1, index);
    }
    return plan;
  });
}

const notOnNode = (pod: Pod, addresses: readonly Ip[], { name }: NodeSpec): Issue => ({
  code: 'pod-address-not-on-node',
  severity: 'error',
  rests: ['network', 'nodes', 'pods'],
  at: pod.source,
  message: `Address ${addresses[0]} of pod "${keyOf(pod)}" is on no interface of node "${name}"`,
  expected: "a secondary address or a delegated prefix of one of the node's interfaces",
});

const keyOf = ({ metadata }: Pod): string => `${metadata.namespace}/${metadata.name}`;

/** A pod with security groups of its own goes by `vlan` in strict mode, which rules that name `eni+` do not touch (pkg/sgpp). */
const vethPrefix = (settings: PathSettings, branching: boolean): string =>
  branching && settings.podSecurityGroupEnforcingMode === 'strict' ? 'vlan' : settings.vethPrefix;

/** Pods by address; those that came when the others were there (`late`: their namespace's number) follow, first come first. */
function asTheyCame(input: NodeInput, pods: readonly Pod[], { spec }: EniPlan) {
  return pods
    .map((pod) => ({ pod, addresses: pod.status.podIPs, late: placementOf(input, pod)?.netnsid }))
    .sort(
      (a, b) =>
        (a.late ?? -1) - (b.late ?? -1) ||
        compareIp(a.addresses[0] ?? spec.primaryIp, b.addresses[0] ?? spec.primaryIp),
    );
}

function ownSysctls(
  pod: Pod,
  settings: NonNullable<Pod['spec']['sysctls']>,
  second: EgressKind | undefined,
  issues: Issue[],
): NonNullable<PodPlan['sysctls']> {
  const devices = ['lo', 'eth0', ...(second === undefined ? [] : [second.dev])];
  const who = `Pod "${pod.metadata.namespace}/${pod.metadata.name}"`;
  // Where they were written is no part of what they do: pods with equal ones share them.
  return checkSysctls(settings, devices, who, issues).map(({ name, value }) => ({ name, value }));
}

/** ip.SetupVeth draws the host end's name; ours comes from the pod's. */
function egressPlan(kind: EgressKind, { metadata }: Pod, nth: number, ifindex: number, vethIfindex: number): Egress {
  const { family, dev } = kind;
  const pod = `${metadata.namespace}.${metadata.name}`;
  const vethMac = macFor(`${pod} ${dev} veth`);
  const veth = `veth${vethMac.replaceAll(':', '').slice(4)}`;
  return {
    family,
    dev,
    ifindex,
    mac: macFor(`${pod} ${dev}`),
    address: egressAddress(kind, nth),
    veth,
    vethIfindex,
    vethMac,
  };
}

function ownerOf(
  addresses: readonly Ip[],
  enis: readonly EniPlan[],
  byAddress: ReadonlyMap<Ip, EniPlan>,
): EniPlan | undefined {
  for (const address of addresses) {
    const direct = byAddress.get(address);
    if (direct !== undefined) return direct;
    const family = familyOf(address);
    const holder = enis.find((eni) =>
      eni.spec.prefixes.some((prefix) => prefix.family === family && cidrContains(prefix, address)),
    );
    if (holder !== undefined) return holder;
  }
  return undefined;
}
