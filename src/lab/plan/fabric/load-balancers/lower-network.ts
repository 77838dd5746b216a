import type { Listener } from '../../../../fabric/index.ts';
import { familyOf } from '../../../../net/index.ts';
import type { FabricNetns } from '../fabric-netns.ts';
import { CARD, planCard } from '../gateways.ts';
import type { Lowering } from '../lowering.ts';
import type { VpcNetns } from '../vpc.ts';
import { balanceTables, familiesOf, heard, type L4 } from './balance-text.ts';
import type { BalancerNode } from './balancer-nodes.ts';
import type { Idle } from './kept-clients.ts';

/** Seconds an idle flow is remembered (NLB user guide, listeners). */
const IDLE = { tcp: 350, udp: 120 } as const;

/**
 * A node of a network load balancer: an ENI of its VPC, and no hop. Where it keeps the client's address, the VPC brings it the
 * targets' answers, which are addressed to the client.
 */
export function lowerNetworkNode(on: Lowering, vpc: VpcNetns, node: BalancerNode): void {
  const { eni, subnet, loadBalancer, label } = node;
  const at = on.netns(`${loadBalancer.id}-${node.zone}`, label);
  const far = on.wiring.device({ netns: at.name, wanted: CARD, mac: eni.mac, mtu: eni.mtu });
  vpc.plug({ ...eni, sourceDestCheck: false }, far);
  planCard(at, { dev: CARD, addresses: eni.addresses, router: subnet.router, routerMac: subnet.routerMac });
  const idle = idleOf(at, loadBalancer.listeners);
  at.set('net.netfilter.nf_conntrack_tcp_timeout_established', String(idle.tcp));
  for (const name of ['udp_timeout', 'udp_timeout_stream'])
    at.set(`net.netfilter.nf_conntrack_${name}`, String(idle.udp));
  at.set('net.netfilter.nf_conntrack_tcp_loose', '0');
  at.set('net.netfilter.nf_conntrack_tcp_be_liberal', '1');
  at.nft.push(...balanceTables(node, () => true));
  const keeps = node.groups.some(({ group }) => group.preserveClientIp);
  if (keeps) vpc.bringAnswers(eni, idle);
  tellGaps(at, vpc, node);
}

/** One time for all listeners of a protocol: the kernel has one a namespace. */
function idleOf(at: FabricNetns, listeners: readonly Listener[]): Idle {
  const of = (l4: L4): number => {
    const times = listeners.filter((each) => heard(each).includes(l4)).map((each) => each.idleTimeout);
    const [first = IDLE[l4], ...rest] = times;
    if (rest.some((each) => each !== first))
      at.gap(`idle timeouts of ${l4}`, `its listeners have several, and the lab uses the first, ${first} s`);
    return first;
  };
  return { tcp: of('tcp'), udp: of('udp') };
}

/** What the cloud's node does and a kernel's rules do not. */
function tellGaps(at: FabricNetns, vpc: VpcNetns, node: BalancerNode): void {
  for (const { protocol, port, rules } of node.loadBalancer.listeners) {
    if (rules.at(-1)?.action.kind !== 'forward') at.gap(`listener ${protocol} ${port}`, 'it does not forward');
    if (protocol === 'TLS') at.gap(`listener ${protocol} ${port}`, 'the lab passes TLS on to the targets as it is');
  }
  for (const { group, targets } of node.groups) {
    if (group.proxyProtocolV2)
      at.gap(`proxy protocol of ${group.id}`, 'no rule of the kernel puts a header before the data of a connection');
    if (targets.some(({ ip }) => !familiesOf(node).includes(familyOf(ip))))
      at.gap(`targets of ${group.id}`, 'the kernel does not translate between IPv4 and IPv6');
    if (group.preserveClientIp && group.vpc !== vpc.id)
      at.gap(`targets of ${group.id}`, `they are outside ${vpc.id}, where the lab does not catch their answers`);
  }
}
