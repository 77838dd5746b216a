import type { Pod } from '../../cluster/index.ts';
import type {
  Address,
  IpRule,
  Iptables,
  Link,
  Neighbour,
  Netns,
  Origin,
  ResolvConf,
  Route,
  Unmodelled,
} from '../../linux/index.ts';
import { MAIN_TABLE } from '../../linux/index.ts';
import { type Cidr, cidrOf, defaultRoute, type Family, familyOf, type Ip, ip, widthOf } from '../../net/index.ts';
import { loopbackAddresses } from './addresses.ts';
import { LOOPBACK, vethLink } from './links.ts';
import { localRoutes, startRules } from './local-routes.ts';
import { macFor } from './names.ts';
import { sortRoutes } from './order.ts';
import type { ClusterPlan, NodePlan, PodPlan } from './plan-types.ts';
import { podResolvConfs } from './resolv-conf.ts';
import { podSockets } from './sockets.ts';
import { podSysctls } from './sysctls.ts';
import { type ActingPolicies, actingPolicies, podUnmodelled } from './unmodelled.ts';

/** Nobody owns these: a permanent neighbour entry answers for them (cmd/routed-eni-cni-plugin/driver, SetupPodNetwork). */
const GATEWAY: Readonly<Record<Family, Ip>> = { 4: ip('169.254.1.1'), 6: ip('fe80::1') };
const GATEWAY_BLOCK: Readonly<Record<Family, Cidr>> = { 4: cidrOf(GATEWAY[4]), 6: cidrOf(GATEWAY[6]) };
const NO_FLAGS: Route['flags'] = [];
const EGRESS_DEVICE = 'v4if0';
const BOTH_RULES: readonly IpRule[] = [...startRules(4), ...startRules(6)];

/** What compiling any pod of a cluster needs, made once. */
export interface OfAllPods {
  readonly plan: ClusterPlan;
  readonly policies: ActingPolicies;
  readonly resolvConf: (pod: Pod, node: NodePlan) => ResolvConf;
}

export const ofAllPods = (plan: ClusterPlan): OfAllPods => ({
  plan,
  policies: actingPolicies(plan.cluster, plan.settings),
  resolvConf: podResolvConfs(plan.cluster),
});

/**
 * A pod's namespace as the plugin wires it:
 *
 *     pod                             node
 *     eth0 10.0.1.51/32 ───────────── eniaee705c1f69   (no address)
 *     default via 169.254.1.1         10.0.1.51 dev eniaee705c1f69 scope link
 *     169.254.1.1 lladdr HOST-VETH PERMANENT
 */
export function compilePod(pod: PodPlan, node: NodePlan, shared: OfAllPods): Netns {
  const { plan, policies } = shared;
  const { cluster, settings } = plan;
  const { origin } = pod;
  const ipv6 = pod.addresses.some((address) => familyOf(address) === 6);
  const addresses = [...loopbackAddresses(ipv6), ...pod.addresses.map((local) => podAddress(local, origin))];
  const eth0 = vethLink({
    ifindex: pod.ifindex,
    ifname: 'eth0',
    mac: pod.mac,
    mtu: settings.podMtu,
    peer: pod.vethIfindex,
    netnsid: 0,
    origin,
  });
  const egress =
    ipv6 && cluster.ipFamily === 'IPv6' && settings.v4Egress ? v4Egress(pod, settings.podMtu, origin) : NO_EGRESS;
  const links = [LOOPBACK, eth0, ...egress.links];
  return {
    id: pod.netns,
    links,
    addresses,
    routes: sortRoutes([
      ...localRoutes(addresses, links),
      ...pod.addresses.flatMap((address) => podRoutes(familyOf(address), origin)),
      ...egress.routes,
    ]),
    rules: ipv6 ? BOTH_RULES : startRules(4),
    neighbours: pod.addresses.map((address) => gatewayEntry(familyOf(address), pod, origin)),
    sysctls: podSysctls(node.os, cluster.kubeProxy),
    iptables: NO_RULES[node.os.iptables],
    nft: [],
    sockets: podSockets(pod.pod, plan.servedPorts),
    conntrack: [],
    resolvConf: shared.resolvConf(pod.pod, node),
    unmodelled: [...podUnmodelled(pod.pod, policies), ...egress.unmodelled],
  };
}

function podAddress(local: Ip, origin: Origin): Address {
  const family = familyOf(local);
  const prefixlen = widthOf(family);
  return family === 4
    ? { dev: 'eth0', family, local, prefixlen, scope: 'global', label: 'eth0', origin }
    : { dev: 'eth0', family, local, prefixlen, scope: 'global', origin };
}

function podRoutes(family: Family, origin: Origin): readonly Route[] {
  return [
    {
      type: 'unicast',
      family,
      dst: defaultRoute(family),
      table: MAIN_TABLE,
      dev: 'eth0',
      gateway: GATEWAY[family],
      protocol: 'boot',
      scope: 'global',
      flags: NO_FLAGS,
      origin,
    },
    {
      type: 'unicast',
      family,
      dst: GATEWAY_BLOCK[family],
      table: MAIN_TABLE,
      dev: 'eth0',
      protocol: 'boot',
      scope: family === 4 ? 'link' : 'global',
      flags: NO_FLAGS,
      origin,
    },
  ];
}

const gatewayEntry = (family: Family, pod: PodPlan, origin: Origin): Neighbour => ({
  dst: GATEWAY[family],
  dev: 'eth0',
  lladdr: pod.vethMac,
  state: 'PERMANENT',
  origin,
});

interface Egress {
  readonly links: readonly Link[];
  readonly routes: readonly Route[];
  readonly unmodelled: readonly Unmodelled[];
}
const NO_EGRESS: Egress = { links: [], routes: [], unmodelled: [] };

/** IPv4 out of an IPv6 pod is another plugin's (cmd/egress-cni-plugin): the device and the route are here, the rest is not. */
function v4Egress(pod: PodPlan, mtu: number, origin: Origin): Egress {
  const dev = EGRESS_DEVICE;
  const link = vethLink({
    ifindex: pod.ifindex + 1,
    ifname: dev,
    mac: macFor(`${pod.netns} ${dev}`),
    mtu,
    peer: 0,
    netnsid: 0,
    origin,
  });
  const route: Route = {
    type: 'unicast',
    family: 4,
    dst: defaultRoute(4),
    table: MAIN_TABLE,
    dev,
    protocol: 'boot',
    scope: 'link',
    flags: [],
    origin,
  };
  const what = 'IPv4 egress of a pod in an IPv6 cluster (egress-cni, 169.254.172.0/22) is not modelled';
  return { links: [link], routes: [route], unmodelled: [{ scope: { kind: 'dev', dev }, what }] };
}

export const NO_RULES: Readonly<Record<Iptables['variant'], Iptables>> = {
  nft: { variant: 'nft', ip: new Map(), ip6: new Map() },
  legacy: { variant: 'legacy', ip: new Map(), ip6: new Map() },
};
