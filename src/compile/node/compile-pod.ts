import type { Pod } from '../../cluster/index.ts';
import type { Address, Iptables, Neighbour, Netns, Origin, ResolvConf, Route, Unmodelled } from '../../linux/index.ts';
import { MAIN_TABLE } from '../../linux/index.ts';
import { type Cidr, cidrOf, defaultRoute, type Family, familyOf, type Ip, ip, widthOf } from '../../net/index.ts';
import { podReasons } from '../unmodelled/pods.ts';
import { egressKind, egressParts, egressUnmodelled } from '../vpc-cni/egress.ts';
import { loopbackAddresses } from './addresses.ts';
import { LOOPBACK, vethLink } from './devices.ts';
import { localRoutes, START_RULES } from './local-routes.ts';
import { sortRoutes } from './order.ts';
import type { ClusterPlan, NodePlan, PodPlan } from './plan-types.ts';
import { podResolvConfs } from './resolv-conf.ts';
import { podSockets } from './sockets.ts';
import { podSysctls } from './sysctls.ts';
import { unsureSockets } from './unsure-sockets.ts';

/** Nobody owns these: a permanent neighbour entry answers for them (cmd/routed-eni-cni-plugin/driver, SetupPodNetwork). */
const GATEWAY: Readonly<Record<Family, Ip>> = { 4: ip('169.254.1.1'), 6: ip('fe80::1') };
const GATEWAY_BLOCK: Readonly<Record<Family, Cidr>> = { 4: cidrOf(GATEWAY[4]), 6: cidrOf(GATEWAY[6]) };
const NO_FLAGS: Route['flags'] = [];

/** DISABLE_POD_V6 chains the plugin `tuning` behind the CNI (`misc/10-aws.conflist`, scripts/entrypoint). */
const NO_IPV6 = ['all', 'default', 'lo'].map((dev) => ({ name: `net.ipv6.conf.${dev}.disable_ipv6`, value: '1' }));

/** What compiling any pod of a cluster needs, made once. */
export interface OfAllPods {
  readonly plan: ClusterPlan;
  readonly unmodelled: (pod: Pod) => readonly Unmodelled[];
  readonly resolvConf: (pod: Pod, node: NodePlan) => ResolvConf;
}

export const ofAllPods = (plan: ClusterPlan): OfAllPods => ({
  plan,
  unmodelled: podReasons(plan.cluster, plan.settings),
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
  const { plan } = shared;
  const { cluster, settings } = plan;
  const { origin } = pod;
  const ipv6 = pod.egress?.family === 6 || pod.addresses.some((address) => familyOf(address) === 6);
  const eth0 = vethLink({
    ifindex: pod.ifindex,
    ifname: 'eth0',
    mac: pod.mac,
    mtu: settings.podMtu,
    peer: pod.vethIfindex,
    netnsid: 0,
    origin,
  });
  const { egress } = pod;
  const unsure = unsureSockets(pod, plan.servedPorts);
  const reasons = unsure.length === 0 ? shared.unmodelled(pod.pod) : [...shared.unmodelled(pod.pod), ...unsure];
  const sysctls = podSysctls(
    node.os,
    cluster.kubeProxy,
    settings.disablePodV6 && !ipv6 ? [...NO_IPV6, ...(pod.sysctls ?? [])] : pod.sysctls,
  );
  const second = egress === undefined ? undefined : egressParts(egress, settings.podMtu, pod.netnsid, origin);
  const kind = egressKind(cluster.ipFamily, settings);
  const addresses = [
    ...loopbackAddresses(sysctls),
    ...pod.addresses.map((local) => podAddress(local, origin)),
    ...(second === undefined ? [] : [second.inside.address]),
  ];
  const links = [LOOPBACK, eth0, ...(second === undefined ? [] : [second.inside.link])];
  const netns: Netns = {
    id: pod.netns,
    links,
    addresses,
    routes: sortRoutes([
      ...localRoutes(addresses, links),
      ...pod.addresses.flatMap((address) => podRoutes(familyOf(address), origin)),
      ...(second === undefined ? [] : second.inside.routes),
    ]),
    rules: START_RULES,
    neighbours: pod.addresses.map((address) => gatewayEntry(familyOf(address), pod, origin)),
    sysctls,
    iptables: NO_RULES[node.os.iptables],
    nft: [],
    sockets: podSockets(pod, plan.servedPorts),
    conntrack: [],
    resolvConf: shared.resolvConf(pod.pod, node),
    unmodelled:
      egress === undefined || kind === undefined
        ? reasons
        : [...reasons, ...egressUnmodelled(egress.dev, kind, settings)],
  };
  return cluster.kubeProxy.mode === 'ebpf' ? { ...netns, cgroupOf: node.netns } : netns;
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

export const NO_RULES: Readonly<Record<Iptables['variant'], Iptables>> = {
  nft: { variant: 'nft', ip: new Map(), ip6: new Map() },
  legacy: { variant: 'legacy', ip: new Map(), ip6: new Map() },
};
