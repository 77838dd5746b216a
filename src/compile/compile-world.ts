import { LazyMap, type Parsed } from '../base/index.ts';
import { type Cluster, eksKubeProxy, type ServerSpec } from '../cluster/index.ts';
import type { Netns, NetnsId } from '../linux/index.ts';
import type { Family, Ip } from '../net/index.ts';
import type { World } from '../world/index.ts';
import { compileDns } from './dns/compile-dns.ts';
import { compileVm, vmAddresses } from './fargate/compile-vm.ts';
import { compileVmPod } from './fargate/compile-vm-pod.ts';
import {
  compileKubeProxy,
  compileKubeProxyIpvs,
  compileKubeProxyNft,
  compileLbMap,
  type ProxyNode,
} from './kube-proxy/index.ts';
import { nodeAddresses } from './node/addresses.ts';
import { compileAssumptions } from './node/assumptions.ts';
import {
  compileFrontHost,
  compileInternetHost,
  compileOnPremisesHost,
  compileOutsidePod,
  compileServer,
} from './node/compile-host.ts';
import { compileNode, type KubeProxyOf, type KubeProxyPart, ofAllNodes } from './node/compile-node.ts';
import { compilePod, ofAllPods } from './node/compile-pod.ts';
import { compileDirectory } from './node/directory.ts';
import { hostNetns, internetNetns } from './node/names.ts';
import { planCluster } from './node/plan-cluster.ts';
import type { ClusterPlan, FrontHost, NodePlan } from './node/plan-types.ts';
import { podReasons } from './unmodelled/pods.ts';
import { compileFabric } from './vpc/compile-fabric.ts';
import { placedServers, serverMac } from './vpc/enis.ts';

/**
 * The state every node, pod and VPC of a settled cluster has. Namespaces are compiled when they are first read; what
 * does not hold together is reported and left out.
 *
 * @example
 * const { value: world, issues } = compileWorld(settled.value)
 * world.netns.get('node/ip-10-0-0-75.ec2.internal')?.routes
 */
export function compileWorld(cluster: Cluster): Parsed<World> {
  const { value: plan, issues } = planCluster(cluster);
  const found = [...issues];
  const servers = placedServers(plan, found);
  const built = compileFabric(plan, servers, (records) => compileDns(plan, records));
  found.push(...built.issues);
  return {
    value: {
      name: cluster.name,
      netns: new LazyMap(makers(plan, servers, built.value.fronts), (make) => make()),
      fabric: built.value.fabric,
      directory: compileDirectory(plan, servers),
      assumptions: [...new Set([...cluster.assumptions, ...compileAssumptions(plan), ...built.value.assumptions])],
    },
    issues: found,
  };
}

function makers(
  plan: ClusterPlan,
  servers: readonly ServerSpec[],
  fronts: readonly FrontHost[],
): ReadonlyMap<NetnsId, () => Netns> {
  const make = new Map<NetnsId, () => Netns>();
  const shared = ofAllPods(plan);
  const sharedByNodes = ofAllNodes(plan, kubeProxyOf(plan.cluster));
  const onFargate = ofAllVms(plan);
  for (const node of plan.nodes) {
    if (node.spec.computeType === 'fargate') {
      make.set(node.netns, () => compileVm(node, onFargate.plan, onFargate.kubeProxy));
      for (const pod of node.pods) make.set(pod.netns, () => compileVmPod(pod, node, { ...shared, ...onFargate }));
      continue;
    }
    make.set(node.netns, () => compileNode(node, sharedByNodes));
    for (const pod of node.pods) make.set(pod.netns, () => compilePod(pod, node, shared));
  }
  for (const pod of plan.outsidePods) {
    if (!pod.pod.spec.hostNetwork) make.set(pod.netns, () => compileOutsidePod(pod, plan.cluster));
  }
  for (const front of fronts) make.set(front.netns, () => compileFrontHost(front));
  for (const server of servers) {
    const subnet = server.subnet === undefined ? undefined : plan.subnets.get(server.subnet);
    if (server.kind === 'on-premises') make.set(hostNetns(server.name), () => compileOnPremisesHost(server));
    else if (server.kind === 'internet') make.set(internetNetns(server.name), () => compileInternetHost(server));
    else if (subnet !== undefined)
      make.set(hostNetns(server.name), () => compileServer(server, subnet, serverMac(server)));
  }
  return make;
}

/** Fargate has a kube-proxy of AWS's own, not the DaemonSet's, and no agent there enforces policies. */
const ofAllVms = (plan: ClusterPlan) => {
  const cluster = { ...plan.cluster, kubeProxy: eksKubeProxy };
  return {
    plan: { ...plan, cluster },
    kubeProxy: kubeProxyOf(cluster),
    unmodelled: podReasons(cluster, plan.settings, () => []),
  };
};

const deviceIps = (node: NodePlan): readonly Ip[] =>
  (node.spec.computeType === 'fargate' ? vmAddresses(node) : nodeAddresses(node)).map(({ local }) => local);

/** kube-proxy's rules for every node come from one compilation a family, made when a node is first read. */
function kubeProxyOf(cluster: Cluster): KubeProxyOf {
  const made = new Map<Family, (node: ProxyNode) => KubeProxyPart>();
  return (node, family): KubeProxyPart => {
    const of = made.get(family) ?? modeOf(cluster, family);
    made.set(family, of);
    const name = node.spec.kubeProxyNodeName ?? node.spec.name;
    const own = node.spec.sysctls['net.netfilter.nf_conntrack_tcp_be_liberal'] ?? '0';
    const liberal = cluster.kubeProxy.conntrack.tcpBeLiberal || Number(own) !== 0;
    return of({ name, zone: node.spec.zone, ips: node.addresses, deviceIps: deviceIps(node), liberal });
  };
}

function modeOf(cluster: Cluster, family: Family): (node: ProxyNode) => KubeProxyPart {
  switch (cluster.kubeProxy.mode) {
    case 'iptables': {
      const of = compileKubeProxy(cluster, family);
      return (node) => ({ iptables: [of(node)], nft: [] });
    }
    case 'nftables': {
      const of = compileKubeProxyNft(cluster, family);
      return (node) => ({ iptables: [], nft: [of(node)] });
    }
    case 'ebpf': {
      const of = compileLbMap(cluster, family);
      return (node) => ({ iptables: [], nft: [], lbMap: of(node) });
    }
    case 'ipvs': {
      const of = compileKubeProxyIpvs(cluster, family);
      return (node) => {
        const { iptables, ...rest } = of(node);
        return { iptables: [iptables], nft: [], ...rest };
      };
    }
  }
}
