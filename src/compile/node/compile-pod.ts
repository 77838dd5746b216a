import type { Address, Iptables, Link, Neighbour, Netns, Origin, Route, Unmodelled } from '../../linux/index.ts';
import { MAIN_TABLE } from '../../linux/index.ts';
import { cidrOf, defaultRoute, type Family, familyOf, type Ip, ip, widthOf } from '../../net/index.ts';
import { loopbackAddresses } from './addresses.ts';
import { LOOPBACK, podOrigin, vethLink } from './links.ts';
import { localRoutes, startRules } from './local-routes.ts';
import { macFor } from './names.ts';
import { sortRoutes } from './order.ts';
import type { ClusterPlan, NodePlan, PodPlan } from './plan-types.ts';
import { nodeResolvConf, podResolvConf } from './resolv-conf.ts';
import { podSockets } from './sockets.ts';
import { podSysctls } from './sysctls.ts';
import { type ActingPolicies, podUnmodelled } from './unmodelled.ts';

/** Nobody owns these: a permanent neighbour entry answers for them (cmd/routed-eni-cni-plugin/driver, SetupPodNetwork). */
const GATEWAY: Readonly<Record<Family, Ip>> = { 4: ip('169.254.1.1'), 6: ip('fe80::1') };
const EGRESS_DEVICE = 'v4if0';

/**
 * A pod's namespace as the plugin wires it:
 *
 *     pod                             node
 *     eth0 10.0.1.51/32 ───────────── eniaee705c1f69   (no address)
 *     default via 169.254.1.1         10.0.1.51 dev eniaee705c1f69 scope link
 *     169.254.1.1 lladdr HOST-VETH PERMANENT
 */
export function compilePod(pod: PodPlan, node: NodePlan, plan: ClusterPlan, policies: ActingPolicies): Netns {
  const { cluster, settings } = plan;
  const origin = podOrigin(pod);
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
    rules: [...startRules(4), ...(ipv6 ? startRules(6) : [])],
    neighbours: pod.addresses.map((address) => gatewayEntry(familyOf(address), pod, origin)),
    sysctls: podSysctls(node.os, cluster.kubeProxy),
    iptables: NO_RULES[node.os.iptables],
    nft: [],
    sockets: podSockets(pod.pod, plan.servedPorts),
    conntrack: [],
    resolvConf: podResolvConf(pod.pod, cluster, nodeResolvConf(node)),
    unmodelled: [...podUnmodelled(pod.pod, policies), ...egress.unmodelled],
  };
}

function podAddress(local: Ip, origin: Origin): Address {
  const family = familyOf(local);
  const label = family === 4 ? { label: 'eth0' } : {};
  return { dev: 'eth0', family, local, prefixlen: widthOf(family), scope: 'global', ...label, origin };
}

function podRoutes(family: Family, origin: Origin): readonly Route[] {
  const base = {
    type: 'unicast',
    family,
    table: MAIN_TABLE,
    dev: 'eth0',
    protocol: 'boot',
    flags: [],
    origin,
  } as const;
  return [
    { ...base, dst: defaultRoute(family), gateway: GATEWAY[family], scope: 'global' },
    { ...base, dst: cidrOf(GATEWAY[family]), scope: family === 4 ? 'link' : 'global' },
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
