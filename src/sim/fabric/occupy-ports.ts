import type { Ip, Protocol } from '../../net/index.ts';
import type { SessionState } from '../session-state.ts';

/** Where flows lead. */
export interface Destination {
  readonly protocol: Protocol;
  readonly dst: Ip;
  readonly dport: number;
}

/**
 * Other flows to a destination, open all the time: they hold as many ports of a NAT gateway on the way, and at a node of a
 * network load balancer their part of the ports towards each target.
 */
export function occupyPorts(state: SessionState, { protocol, dst, dport }: Destination, count: number): void {
  const { natGateways, enis } = state.world.fabric;
  for (const { id } of natGateways) state.natTable(id).occupy({ protocol: String(protocol), dst, dport }, count);
  for (const { owner, addresses, publicAddresses } of enis) {
    const own = addresses.find((each) => each === dst || publicAddresses.get(each) === dst);
    if (own !== undefined && owner.startsWith('lb/')) state.flows.occupy(protocol, { ip: own, port: dport }, count);
  }
}
