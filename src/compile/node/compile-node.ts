import type { Iptables, Netns, Rule } from '../../linux/index.ts';
import { ipt } from '../../linux/index.ts';
import type { Family } from '../../net/index.ts';
import { compileKubelet } from '../kubelet/compile-kubelet.ts';
import type { Fragment } from '../types.ts';
import { afterVpcCni, vpcCniRules } from '../vpc-cni/ip-rules.ts';
import { vpcCniIptables } from '../vpc-cni/iptables.ts';
import { localAccessGuard } from '../vpc-cni/local-access-guard.ts';
import { vpcCniNft } from '../vpc-cni/nft-connmark.ts';
import { vpcCniRoutes } from '../vpc-cni/routes.ts';
import { nodeAddresses } from './addresses.ts';
import { nodeLinks } from './links.ts';
import { localRoutes, startRules } from './local-routes.ts';
import { mainRoutes } from './main-routes.ts';
import { mergeFragments } from './merge-fragments.ts';
import { nodeNeighbours } from './neighbours.ts';
import { sortRoutes, sortRules } from './order.ts';
import type { ClusterPlan, NodePlan } from './plan-types.ts';
import { nodeResolvConf } from './resolv-conf.ts';
import { nodeSockets } from './sockets.ts';
import { nodeSysctls } from './sysctls.ts';
import { nodeUnmodelled } from './unmodelled.ts';

/** kube-proxy's part of a node, per family: made for all nodes at once elsewhere. */
export type KubeProxyOf = (node: NodePlan, family: Family) => Fragment;

/** A node's own namespace: image, kubelet, kube-proxy and CNI put together. */
export function compileNode(node: NodePlan, plan: ClusterPlan, kubeProxy: KubeProxyOf): Netns {
  const { cluster, settings } = plan;
  const addresses = nodeAddresses(node);
  const links = nodeLinks(node, settings);
  const families: readonly Family[] = addresses.some((address) => address.family === 6) ? [4, 6] : [4];
  const devices = links.map((link) => link.ifname);
  return {
    id: node.netns,
    links,
    addresses,
    routes: sortRoutes([...localRoutes(addresses, links), ...mainRoutes(node), ...vpcCniRoutes(node)]),
    rules: sortRules(
      families.flatMap((family) => [
        ...(managed(plan, family) ? afterVpcCni(startRules(family), settings) : startRules(family)),
        ...(managed(plan, family) ? vpcCniRules(node, settings, family) : []),
      ]),
    ),
    neighbours: nodeNeighbours(node),
    sysctls: nodeSysctls(node, settings, cluster.kubeProxy, devices),
    iptables: nodeIptables(node, plan, kubeProxy),
    nft: managed(plan, 4) ? vpcCniNft(node, settings) : [],
    sockets: nodeSockets(node, plan),
    conntrack: [],
    resolvConf: nodeResolvConf(node),
    unmodelled: nodeUnmodelled(node, cluster),
  };
}

/** The CNI handles one family: ENABLE_IPv4 or ENABLE_IPv6, by the cluster's. */
const managed = (plan: ClusterPlan, family: Family): boolean => (plan.cluster.ipFamily === 'IPv4' ? 4 : 6) === family;

function nodeIptables(node: NodePlan, plan: ClusterPlan, kubeProxy: KubeProxyOf): Iptables {
  const { settings, cluster } = plan;
  const fragments = (family: Family): readonly Fragment[] => [
    ...(cluster.kubeProxy.mode === 'iptables' ? [kubeProxy(node, family)] : []),
    compileKubelet(family),
    ...(family === 4 && managed(plan, 4) ? [vpcCniIptables(node, settings)] : []),
    ...localAccessGuard(cluster.ipFamily, settings, family),
    ...(family === 4 ? hostPorts(node) : []),
  ];
  return { variant: node.os.iptables, ip: mergeFragments(fragments(4)), ip6: mergeFragments(fragments(6)) };
}

/**
 * hostPort is the portmap plugin's work: chains named after container ids nobody knows. A packet for such a port meets a
 * rule this model cannot decide, and its walk says so; everything else passes by.
 */
function hostPorts(node: NodePlan): readonly Fragment[] {
  const rules: Rule[] = [];
  for (const { pod } of node.pods) {
    for (const container of pod.spec.containers) {
      for (const { hostPort, protocol } of container.ports) {
        if (hostPort === undefined || hostPort === 0) continue;
        const of = protocol.toLowerCase();
        if (of !== 'tcp' && of !== 'udp' && of !== 'sctp') continue;
        const because = `hostPort ${hostPort} of pod ${pod.metadata.namespace}/${pod.metadata.name}`;
        const matches = [ipt.protocol(of), ipt.addrtype({ dst: ['LOCAL'] }), ipt.dport(of, hostPort)];
        const target = { kind: 'unsupported', name: 'CNI-HOSTPORT-DNAT', text: `-j CNI-HOSTPORT-DNAT` } as const;
        rules.push(ipt.rule(matches, target, { by: 'portmap', because, at: pod.source }));
      }
    }
  }
  if (rules.length === 0) return [];
  const tail = (['PREROUTING', 'OUTPUT'] as const).map((chain) => ({ table: 'nat', chain, rules }) as const);
  return [{ chains: new Map(), head: [], tail }];
}
