import type { Eni } from '../../../fabric/index.ts';
import type { Packet } from '../../packet.ts';
import type { FabricIndex } from '../fabric-index.ts';
import type { Crossing, FabricWalk, Next, Whence } from '../fabric-walk.ts';
import { atApplicationLoadBalancer } from './application/accept.ts';
import type { LoadBalancerNode } from './health-types.ts';
import { caughtAnswer, intoNetworkLoadBalancer } from './network.ts';

const OWNER = 'lb/';

/** The zone of a load balancer that an ENI is; undefined for an ENI of anything else. */
export function nodeBehind(index: FabricIndex, eni: Eni): LoadBalancerNode | undefined {
  const of = eni.owner.startsWith(OWNER) ? index.loadBalancer(eni.owner.slice(OWNER.length)) : undefined;
  const zone = of?.zones.find((each) => each.eni === eni.id);
  const subnet = index.subnet(eni.subnet);
  if (of === undefined || zone === undefined || subnet === undefined) return undefined;
  return { loadBalancer: of, zone: zone.zone, eni, subnet };
}

/** A packet delivered to a node of a load balancer. */
export function intoLoadBalancer(on: FabricWalk, node: LoadBalancerNode, packet: Packet): Crossing | Next {
  const { type } = node.loadBalancer;
  return type === 'network' ? intoNetworkLoadBalancer(on, node, packet) : atApplicationLoadBalancer(on, node, packet);
}

/** The answer of a target whose client's address was kept, as it leaves the target's interface; undefined for any other packet. */
export const answerThroughNode = (on: FabricWalk, from: Whence, packet: Packet): Crossing | Next | undefined =>
  on.index.fabric.loadBalancers.length === 0
    ? undefined
    : caughtAnswer(on, from, packet, (eni) => nodeBehind(on.index, eni));
