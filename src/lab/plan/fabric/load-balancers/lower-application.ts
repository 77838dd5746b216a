import { CARD, planCard } from '../gateways.ts';
import type { Lowering } from '../lowering.ts';
import { block, table } from '../nft-text.ts';
import type { VpcNetns } from '../vpc.ts';
import type { BalancerNode } from './balancer-nodes.ts';

/**
 * A node of an application or a Classic Load Balancer: a host of its VPC on which a proxy listens. Where it has no listener it is silent, as its
 * security groups make it; a segment of no connection is reset.
 */
export function lowerApplicationNode(on: Lowering, vpc: VpcNetns, node: BalancerNode): void {
  const { eni, subnet, loadBalancer, label } = node;
  const at = on.netns(`${loadBalancer.id}-${node.zone}`, label, 'counted');
  const far = on.wiring.device({ netns: at.name, wanted: CARD, mac: eni.mac, mtu: eni.mtu });
  vpc.plug(eni, far);
  planCard(at, { dev: CARD, addresses: eni.addresses, router: subnet.router, routerMac: subnet.routerMac });
  const ports = [...new Set(loadBalancer.listeners.map(({ port }) => port))];
  const elsewhere = ports.length === 0 ? '' : ` tcp dport != { ${ports.join(', ')} }`;
  at.nft.push(
    table('inet', 'node', [
      block('chain input', [
        'type filter hook input priority 0; policy drop',
        `tcp flags & (syn | ack) == syn${elsewhere} drop`,
        'meta l4proto tcp accept',
        'ct state related accept',
        'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept',
      ]),
      block('chain forward', ['type filter hook forward priority 0; policy drop']),
    ]),
  );
}
