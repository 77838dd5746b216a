import { eksKubeProxy, type Pod } from '../../cluster/index.ts';
import type { Address, Neighbour, Netns, ResolvConf, Route, Unmodelled } from '../../linux/index.ts';
import { MAIN_TABLE } from '../../linux/index.ts';
import { cidrOf, defaultRoute, type Family, familyOf, type Ip, widthOf } from '../../net/index.ts';
import { loopbackAddresses } from '../node/addresses.ts';
import { NO_RULES } from '../node/compile-pod.ts';
import { LOOPBACK, vethLink } from '../node/devices.ts';
import { localRoutes, START_RULES } from '../node/local-routes.ts';
import { sortRoutes } from '../node/order.ts';
import type { ClusterPlan, NodePlan, PodPlan } from '../node/plan-types.ts';
import { podSockets } from '../node/sockets.ts';
import { podSysctls } from '../node/sysctls.ts';
import { unsureSockets } from '../node/unsure-sockets.ts';
import { MTU, POD_DEVICE, vmAddress } from './layout.ts';

interface OfAllVmPods {
  readonly plan: ClusterPlan;
  readonly unmodelled: (pod: Pod) => readonly Unmodelled[];
  readonly resolvConf: (pod: Pod, node: NodePlan) => ResolvConf;
}

/** The pod of a micro-VM (`layout.ts`): the interface's address on its eth0, the VM as its way out. */
export function compileVmPod(pod: PodPlan, node: NodePlan, shared: OfAllVmPods): Netns {
  const families = [...new Set(pod.addresses.map(familyOf))];
  const { origin } = pod;
  const eth0 = vethLink({
    ifindex: pod.ifindex,
    ifname: POD_DEVICE,
    mac: pod.mac,
    mtu: MTU,
    peer: pod.vethIfindex,
    netnsid: 0,
    origin,
  });
  const sysctls = podSysctls(node.os, eksKubeProxy, pod.sysctls);
  const addresses = [...loopbackAddresses(sysctls), ...pod.addresses.map((local) => podAddress(local, pod))];
  const links = [LOOPBACK, eth0];
  return {
    id: pod.netns,
    links,
    addresses,
    routes: sortRoutes([...localRoutes(addresses, links), ...families.flatMap((family) => podRoutes(family, pod))]),
    rules: START_RULES,
    neighbours: families.map((family) => gatewayEntry(family, pod)),
    sysctls,
    iptables: NO_RULES[node.os.iptables],
    nft: [],
    sockets: podSockets(pod, shared.plan.servedPorts),
    conntrack: [],
    resolvConf: shared.resolvConf(pod.pod, node),
    unmodelled: [...shared.unmodelled(pod.pod), ...unsureSockets(pod, shared.plan.servedPorts)],
  };
}

function podAddress(local: Ip, { origin }: PodPlan): Address {
  const family = familyOf(local);
  const common = { dev: POD_DEVICE, local, prefixlen: widthOf(family), scope: 'global', origin } as const;
  return family === 4 ? { ...common, family, label: POD_DEVICE } : { ...common, family };
}

function podRoutes(family: Family, pod: PodPlan): readonly Route[] {
  const gateway = vmAddress(family, pod);
  const base = {
    type: 'unicast',
    family,
    table: MAIN_TABLE,
    dev: POD_DEVICE,
    protocol: 'boot',
    flags: [],
    origin: pod.origin,
  } as const;
  return [
    { ...base, dst: defaultRoute(family), gateway, scope: 'global' },
    { ...base, dst: cidrOf(gateway), scope: family === 4 ? 'link' : 'global' },
  ];
}

const gatewayEntry = (family: Family, pod: PodPlan): Neighbour => ({
  dst: vmAddress(family, pod),
  dev: POD_DEVICE,
  lladdr: pod.vethMac,
  state: 'REACHABLE',
  origin: { by: 'kernel', because: 'ARP' },
});
