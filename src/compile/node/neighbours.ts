import { IPV6_ROUTER } from '../../fabric/index.ts';
import type { Neighbour, Origin } from '../../linux/index.ts';
import { familyOf, linkLocal } from '../../net/index.ts';
import { setUpAddress } from '../vpc-cni/interfaces.ts';
import type { NodePlan } from './plan-types.ts';

const origin: Origin = { by: 'kernel', because: 'ARP' };

/**
 * A node in use has resolved its gateway on every ENI and its own pods behind their pairs: the host side asks for a pod
 * by ARP like for any neighbour; only the pod's entry for its gateway is permanent.
 */
export function nodeNeighbours(node: NodePlan): readonly Neighbour[] {
  const gateways = [...node.enis, ...node.branches].map(
    (eni): Neighbour => ({
      dst: familyOf(setUpAddress(eni)) === 4 ? eni.subnet.router : IPV6_ROUTER,
      dev: eni.ifname,
      lladdr: eni.subnet.routerMac,
      state: 'REACHABLE',
      origin,
    }),
  );
  const ipv6 = node.addresses.some((address) => familyOf(address) === 6);
  const { primary } = node;
  const router6: readonly Neighbour[] = ipv6
    ? [
        {
          dst: linkLocal(primary.subnet.routerMac),
          dev: primary.ifname,
          lladdr: primary.subnet.routerMac,
          state: 'REACHABLE',
          origin,
        },
      ]
    : [];
  const pods = node.pods.flatMap(({ addresses, veth, mac }) =>
    addresses.map((dst): Neighbour => ({ dst, dev: veth, lladdr: mac, state: 'REACHABLE', origin })),
  );
  return [...gateways, ...router6, ...pods];
}
