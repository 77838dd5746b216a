import type { Issue, Parsed } from '../../base/index.ts';
import type { Cluster, Node, NodeSpec, Pod } from '../../cluster/index.ts';
import { MAIN_TABLE } from '../../linux/index.ts';
import { checkSysctls } from '../kubelet/check-sysctls.ts';
import { macFor, nodeNetns, podLinkNames, podNetns } from '../node/names.ts';
import { type OsProfile, osProfile } from '../node/os-profile.ts';
import type { EniPlan, NodePlan, PodPlan, SubnetPlan } from '../node/plan-types.ts';
import { fargateOrigin, POD_DEVICE, VETH } from './layout.ts';

interface VmInput {
  readonly cluster: Cluster;
  readonly subnets: ReadonlyMap<string, SubnetPlan>;
  readonly spec: NodeSpec;
  readonly object: Node | undefined;
  readonly pods: readonly Pod[];
}

const ETH0_INDEX = 2;
const VETH_INDEX = 3;

/** A micro-VM as it stands: its one interface, and its one pod behind a pair. */
export function planVm({ cluster, subnets, spec, object, pods }: VmInput): Parsed<NodePlan | undefined> {
  const issues: Issue[] = [];
  const [eni] = spec.enis;
  const subnet = eni === undefined ? undefined : subnets.get(eni.subnet);
  if (eni === undefined || subnet === undefined) {
    const message = `Fargate node "${spec.name}" has no network interface in a known subnet and is left out`;
    issues.push({ code: 'node-without-eni', severity: 'error', at: spec.source, message, rests: ['network', 'nodes'] });
    return { value: undefined, issues };
  }
  // Which iptables writes a VM's tables shows in nothing that leaves it: the kind whose rules a kernel tells of.
  const os: OsProfile = { ...osProfile(spec.os, cluster), iptables: 'nft' };
  const primary: EniPlan = {
    spec: eni,
    subnet,
    ifname: os.ifname(0),
    ifindex: ETH0_INDEX,
    mac: eni.mac ?? macFor(`eni ${eni.id}`),
    table: MAIN_TABLE,
  };
  const [pod, ...more] = pods;
  for (const other of more) issues.push(oneTooMany(other, spec));
  const plans = pod === undefined ? [] : [planPod(pod, primary, issues)];
  const node = {
    spec,
    object,
    netns: nodeNetns(spec.name),
    os,
    primary,
    enis: [primary],
    branches: [],
    pods: plans,
    hostPods: [],
  };
  return { value: { ...node, addresses: [...new Set([eni.primaryIp, ...eni.addresses])] }, issues };
}

function planPod(pod: Pod, primary: EniPlan, issues: Issue[]): PodPlan {
  const { namespace, name } = pod.metadata;
  const names = podLinkNames('', namespace, name);
  const addresses = pod.status.podIPs;
  const owned: readonly string[] = [primary.spec.primaryIp, ...primary.spec.addresses];
  if (pod.spec.hostNetwork || !addresses.every((address) => owned.includes(address)))
    issues.push({
      code: 'pod-address-not-on-node',
      severity: 'error',
      rests: ['network', 'nodes', 'pods'],
      at: pod.source,
      message: `Pod "${namespace}/${name}" has ${addresses.join(', ')}, and its Fargate node ${owned.join(', ')}`,
      expected: 'the same: a Fargate node and its pod are one network interface',
    });
  const who = `Pod "${namespace}/${name}"`;
  return {
    pod,
    netns: podNetns(namespace, name),
    addresses,
    eni: primary,
    veth: VETH,
    vethIfindex: VETH_INDEX,
    vethMac: names.vethMac,
    netnsid: 0,
    ifindex: ETH0_INDEX,
    mac: names.podMac,
    ...(pod.spec.sysctls === undefined
      ? {}
      : { sysctls: checkSysctls(pod.spec.sysctls, ['lo', POD_DEVICE], who, issues) }),
    origin: fargateOrigin(`pod ${namespace}/${name}`, pod.source),
  };
}

const oneTooMany = ({ metadata, source }: Pod, { name }: NodeSpec): Issue => ({
  code: 'fargate-node-full',
  severity: 'error',
  rests: ['nodes', 'pods'],
  at: source,
  message: `Pod "${metadata.namespace}/${metadata.name}" is on Fargate node "${name}", which has a pod already`,
  expected: 'one pod a Fargate node',
});
