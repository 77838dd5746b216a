import type {
  Bpf,
  IpSet,
  Iptables,
  LbFrontend,
  Netns,
  NftTable,
  Unmodelled,
  VirtualServer,
} from '../../linux/index.ts';
import type { Family, Ip } from '../../net/index.ts';
import { compileKubelet } from '../kubelet/compile-kubelet.ts';
import { policyAgent } from '../network-policy-agent/node-bpf.ts';
import type { Fragment } from '../types.ts';
import { agentRules } from '../unmodelled/agent-rules.ts';
import { nodeReasons } from '../unmodelled/nodes.ts';
import { hostPorts, otherProxyRules, overlayRules } from '../unmodelled/rules.ts';
import { type EgressParts, egressIptables, egressKind, egressParts, egressUnmodelled } from '../vpc-cni/egress.ts';
import { afterVpcCni, vpcCniRules } from '../vpc-cni/ip-rules.ts';
import { vpcCniIptables } from '../vpc-cni/iptables.ts';
import { localAccessGuard } from '../vpc-cni/local-access-guard.ts';
import { vpcCniNft } from '../vpc-cni/nft-connmark.ts';
import { vpcCniRoutes } from '../vpc-cni/routes.ts';
import type { PathSettings } from '../vpc-cni/settings.ts';
import { loopbackAddresses, nodeAddresses } from './addresses.ts';
import { dummyAddresses, withDummy } from './dummy-device.ts';
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
import { unsureSockets } from './unsure-sockets.ts';

/** kube-proxy's part of a node, per family: made for all nodes at once elsewhere. A mode that is not compiled has none. */
export type KubeProxyOf = (node: NodePlan, family: Family) => KubeProxyPart;

export interface KubeProxyPart {
  readonly iptables: readonly Fragment[];
  readonly nft: readonly NftTable[];
  /** In IPVS mode: its sets, its virtual services, and the addresses of its dummy device. */
  readonly ipsets?: readonly IpSet[];
  readonly ipvs?: readonly VirtualServer[];
  readonly bound?: readonly Ip[];
  /** Where an agent stands in for kube-proxy. */
  readonly lbMap?: readonly LbFrontend[];
}

/** What compiling any node of a cluster needs, made once. */
export interface OfAllNodes {
  readonly plan: ClusterPlan;
  readonly kubeProxy: KubeProxyOf;
  /** Rules of components that are not modelled. */
  readonly others: Readonly<Record<Family, readonly Fragment[]>>;
  readonly unmodelled: (node: NodePlan) => readonly Unmodelled[];
  readonly bpf: ((node: NodePlan) => Bpf | undefined) | undefined;
}

export const ofAllNodes = (plan: ClusterPlan, kubeProxy: KubeProxyOf): OfAllNodes => ({
  plan,
  kubeProxy,
  others: { 4: otherRules(plan, 4), 6: otherRules(plan, 6) },
  unmodelled: nodeReasons(plan.cluster),
  bpf: policyAgent(plan),
});

const otherRules = (plan: ClusterPlan, family: Family): readonly Fragment[] => [
  ...otherProxyRules(plan.cluster, family),
  ...agentRules(plan.cluster, family),
  ...overlayRules(plan, family),
];

const FAMILIES: readonly Family[] = [4, 6];

/** A node's own namespace: image, kubelet, kube-proxy and CNI put together. */
export function compileNode(node: NodePlan, shared: OfAllNodes): Netns {
  const { plan } = shared;
  const { cluster, settings } = plan;
  const pairs = egressPairs(node, settings);
  const parts = [shared.kubeProxy(node, 4), shared.kubeProxy(node, 6)];
  const dummy = parts.flatMap(({ bound = [] }) => bound);
  const balances = parts.some(({ ipvs }) => ipvs !== undefined);
  const links = balances ? withDummy(nodeLinks(node, settings), node) : nodeLinks(node, settings);
  const sysctls = nodeSysctls(
    node,
    settings,
    cluster,
    links.map(({ ifname }) => ifname),
  );
  const addresses = [
    ...loopbackAddresses(sysctls),
    ...nodeAddresses(node),
    ...pairs.flatMap(({ outside }) => outside.addresses),
    ...dummyAddresses(dummy),
  ];
  const bpf = shared.bpf?.(node);
  return {
    id: node.netns,
    links,
    addresses,
    routes: sortRoutes([
      ...localRoutes(addresses, links, {
        forwarding6: addresses.some(({ family, dev }) => family === 6 && dev !== 'lo'),
      }),
      ...mainRoutes(node),
      ...vpcCniRoutes(node, settings),
      ...pairs.flatMap(({ outside }) => outside.routes),
    ]),
    rules: sortRules(
      FAMILIES.flatMap((family) => [
        ...(managed(plan, family) ? afterVpcCni(startRules(family), settings) : startRules(family)),
        ...(managed(plan, family) ? vpcCniRules(node, settings, family) : []),
      ]),
    ),
    neighbours: nodeNeighbours(node),
    sysctls,
    iptables: nodeIptables(node, shared),
    nft: nodeNft(node, shared),
    ...(bpf === undefined ? {} : { bpf }),
    ...(balances
      ? { ipsets: parts.flatMap(({ ipsets = [] }) => ipsets), ipvs: parts.flatMap(({ ipvs = [] }) => ipvs) }
      : {}),
    ...(parts.some(({ lbMap }) => lbMap !== undefined) ? { lbMap: parts.flatMap(({ lbMap = [] }) => lbMap) } : {}),
    sockets: nodeSockets(node, plan),
    conntrack: [],
    resolvConf: nodeResolvConf(node),
    unmodelled: [
      ...shared.unmodelled(node),
      ...egressEnds(node, plan),
      ...node.hostPods.flatMap((pod) => unsureSockets({ pod, addresses: [] }, plan.servedPorts)),
    ],
  };
}

const egressPairs = (node: NodePlan, settings: PathSettings): readonly EgressParts[] =>
  node.pods.flatMap(({ egress, netnsid, origin }) =>
    egress === undefined ? [] : [egressParts(egress, settings.podMtu, netnsid, origin)],
  );

function egressEnds(node: NodePlan, { cluster, settings }: ClusterPlan): readonly Unmodelled[] {
  const kind = egressKind(cluster.ipFamily, settings);
  if (kind === undefined) return [];
  return node.pods.flatMap(({ egress }) => (egress === undefined ? [] : egressUnmodelled(egress.veth, kind, settings)));
}

/** The CNI handles one family: ENABLE_IPv4 or ENABLE_IPv6, by the cluster's. */
const managed = (plan: ClusterPlan, family: Family): boolean => (plan.cluster.ipFamily === 'IPv4' ? 4 : 6) === family;

/** Native tables in the order they come to be: kube-proxy's, without which the CNI does not reach the API server. */
function nodeNft(node: NodePlan, { plan, kubeProxy }: OfAllNodes): readonly NftTable[] {
  const ofCni = managed(plan, 4) ? vpcCniNft(node, plan.settings) : [];
  return [...kubeProxy(node, 4).nft, ...kubeProxy(node, 6).nft, ...ofCni];
}

function nodeIptables(node: NodePlan, { plan, kubeProxy, others }: OfAllNodes): Iptables {
  const { settings, cluster } = plan;
  const fragments = (family: Family): readonly Fragment[] => [
    ...kubeProxy(node, family).iptables,
    compileKubelet(family),
    ...(family === 4 && managed(plan, 4) ? [vpcCniIptables(node, settings)] : []),
    ...(family === 4 ? egressIptables(node, settings) : []),
    ...localAccessGuard(cluster.ipFamily, settings, family),
    ...(family === 4 || managed(plan, 6) ? hostPorts(node) : []),
    ...others[family],
  ];
  return { variant: node.os.iptables, ip: mergeFragments(fragments(4)), ip6: mergeFragments(fragments(6)) };
}
