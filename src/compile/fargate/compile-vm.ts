import type { Address, IpRule, Iptables, Link, Neighbour, Netns, Route, Unmodelled } from '../../linux/index.ts';
import { MAIN_TABLE } from '../../linux/index.ts';
import { cidrOf, defaultRoute, type Family, familyOf, type Ip, linkLocal, widthOf } from '../../net/index.ts';
import { compileKubelet } from '../kubelet/compile-kubelet.ts';
import { loopbackAddresses } from '../node/addresses.ts';
import { agentSockets } from '../node/agent-sockets.ts';
import type { KubeProxyOf } from '../node/compile-node.ts';
import { LOOPBACK, physicalLink, vethLink } from '../node/devices.ts';
import { localRoutes, START_RULES } from '../node/local-routes.ts';
import { mergeFragments } from '../node/merge-fragments.ts';
import { sortRoutes, sortRules } from '../node/order.ts';
import type { ClusterPlan, NodePlan, PodPlan } from '../node/plan-types.ts';
import { nodeResolvConf } from '../node/resolv-conf.ts';
import { nodeSysctls } from '../node/sysctls.ts';
import { ofNetns } from '../unmodelled/say.ts';
import { unlistedDns } from '../unmodelled/unlisted-dns.ts';
import { fargateOrigin, MTU, vmAddress } from './layout.ts';
import { KUBELET, vmRules } from './vm-rules.ts';

/** The root namespace of a micro-VM (`layout.ts`): kube-proxy's rules, kubelet's, and nothing of the VPC CNI. */
export function compileVm(node: NodePlan, plan: ClusterPlan, kubeProxy: KubeProxyOf): Netns {
  const families = familiesOf(node);
  const links = vmLinks(node);
  const sysctls = nodeSysctls(
    node,
    undefined,
    plan.cluster,
    links.map(({ ifname }) => ifname),
  );
  const addresses = [...loopbackAddresses(sysctls), ...vmAddresses(node)];
  return {
    id: node.netns,
    links,
    addresses,
    routes: sortRoutes([
      ...localRoutes(addresses, links),
      ...families.flatMap((family) => [
        ...vpcRoutes(node, family),
        ...node.pods.flatMap((pod) => podRoute(pod, family)),
      ]),
    ]),
    rules: sortRules([...START_RULES, ...unknownOfIpv6(node)]),
    neighbours: vmNeighbours(node, families),
    sysctls,
    iptables: vmIptables(node, kubeProxy),
    nft: [...kubeProxy(node, 4).nft, ...kubeProxy(node, 6).nft],
    sockets: agentSockets(plan, node),
    conntrack: [],
    resolvConf: nodeResolvConf(node),
    unmodelled: [...withoutPod(node), ...unlistedDns(plan.cluster)],
  };
}

const familiesOf = ({ addresses }: NodePlan): readonly Family[] =>
  addresses.some((address) => familyOf(address) === 6) ? [4, 6] : [4];

/**
 * Over IPv6 nothing has been seen of a VM but that its pod's packets pass it: with what address it answers and sends itself,
 * and how the kubelet is reached, ends a walk unknown, in the place of the rules nobody has seen.
 */
const unknownOfIpv6 = ({ pods }: NodePlan): readonly IpRule[] =>
  pods.flatMap(({ addresses, origin }) =>
    addresses
      .filter((address) => familyOf(address) === 6)
      .flatMap((address): IpRule[] => {
        const base = {
          priority: 1,
          family: 6,
          not: false,
          action: { kind: 'lookup', table: MAIN_TABLE },
          origin,
        } as const;
        const kubelet = { ipproto: 'tcp', dport: { from: KUBELET, to: KUBELET } } as const;
        return [
          { ...base, iif: 'lo', unsupported: 'what a Fargate VM sends itself over IPv6 is not known' },
          { ...base, dst: cidrOf(address), ...kubelet, unsupported: 'a kubelet of Fargate over IPv6 is not known' },
        ];
      }),
  );

/** A listing of nodes alone. */
const withoutPod = ({ pods, spec, object }: NodePlan): readonly Unmodelled[] =>
  pods.length > 0
    ? []
    : [ofNetns(`The pod of Fargate node "${spec.name}" is not in the input`, object?.source ?? spec.source)];

function vmLinks({ primary, pods, spec }: NodePlan): readonly Link[] {
  const { ifname, ifindex, mac, spec: eni } = primary;
  const origin = fargateOrigin(eni.id, eni.source ?? spec.source);
  const veths = pods.map((pod) =>
    vethLink({
      ifindex: pod.vethIfindex,
      ifname: pod.veth,
      mac: pod.vethMac,
      mtu: MTU,
      peer: pod.ifindex,
      netnsid: pod.netnsid,
      origin: pod.origin,
    }),
  );
  return [LOOPBACK, physicalLink({ ifindex, ifname, mac, mtu: MTU, origin }), ...veths];
}

/** The interface's own address is the pod's alone. */
export const vmAddresses = (node: NodePlan): readonly Address[] =>
  node.pods.map((pod): Address => {
    const local = vmAddress(4, pod);
    return { dev: pod.veth, family: 4, local, prefixlen: 32, scope: 'global', label: pod.veth, origin: pod.origin };
  });

const routerOf = ({ primary: { subnet } }: NodePlan, family: Family): Ip =>
  family === 4 ? subnet.router : linkLocal(subnet.routerMac);

/** Everything but the pod is behind the subnet's router, whose own address is the only one on the link. */
function vpcRoutes(node: NodePlan, family: Family): readonly Route[] {
  const { primary, pods, spec } = node;
  const [pod] = pods;
  const gateway = routerOf(node, family);
  const base = {
    type: 'unicast',
    family,
    table: MAIN_TABLE,
    dev: primary.ifname,
    flags: [],
    origin: fargateOrigin(primary.spec.id, spec.source),
  } as const;
  const dst = defaultRoute(family);
  if (family === 6)
    return [{ ...base, dst, gateway, protocol: 'ra', scope: 'global', metric: 1024, origin: { by: 'ra' } }];
  return [
    {
      ...base,
      dst,
      gateway,
      protocol: 'boot',
      scope: 'global',
      ...(pod === undefined ? {} : { prefsrc: vmAddress(4, pod) }),
    },
    { ...base, dst: cidrOf(gateway), protocol: 'boot', scope: 'link' },
  ];
}

function podRoute(pod: PodPlan, family: Family): readonly Route[] {
  return pod.addresses
    .filter((address) => familyOf(address) === family)
    .map((address) => ({
      type: 'unicast',
      family,
      dst: cidrOf(address, widthOf(family)),
      table: MAIN_TABLE,
      dev: pod.veth,
      ...(family === 4 ? { prefsrc: vmAddress(4, pod) } : {}),
      protocol: 'boot',
      scope: family === 4 ? 'link' : 'global',
      flags: [],
      origin: pod.origin,
    }));
}

function vmNeighbours(node: NodePlan, families: readonly Family[]): readonly Neighbour[] {
  const { primary, pods } = node;
  const origin = { by: 'kernel', because: 'ARP' } as const;
  const routers = families.map(
    (family): Neighbour => ({
      dst: routerOf(node, family),
      dev: primary.ifname,
      lladdr: primary.subnet.routerMac,
      state: 'REACHABLE',
      origin,
    }),
  );
  const inside = pods.flatMap(({ addresses, veth, mac }) =>
    addresses.map((dst): Neighbour => ({ dst, dev: veth, lladdr: mac, state: 'REACHABLE', origin })),
  );
  return [...routers, ...inside];
}

function vmIptables(node: NodePlan, kubeProxy: KubeProxyOf): Iptables {
  return {
    variant: node.os.iptables,
    ip: mergeFragments([...kubeProxy(node, 4).iptables, compileKubelet(4), vmRules(node)]),
    ip6: mergeFragments([...kubeProxy(node, 6).iptables, compileKubelet(6)]),
  };
}
