import type { Packet } from '../../packet.ts';
import type { FabricPacket } from '../fabric-walk.ts';
import type { LoadBalancerNode } from './health-types.ts';

/** A packet that starts at a node: by its interface, past its groups. */
export const fromNode = ({ loadBalancer, subnet, eni }: LoadBalancerNode, packet: Packet): FabricPacket => ({
  vpc: subnet.vpc,
  subnet,
  eni,
  place: { kind: 'load-balancer', name: loadBalancer.id },
  packet,
});
