import type { Ip, Protocol } from '../../net/index.ts';
import type { World } from '../../world/index.ts';
import type { FlowTable } from './load-balancer/flow-table.ts';
import type { NatTable } from './nat-table.ts';

/** Where ports are kept count of. */
interface Ports {
  readonly world: World;
  readonly flows: FlowTable;
  natTable(gateway: string): NatTable;
}

/** Flows of others hold `count` ports towards a destination: of every NAT gateway, and of the load balancer the destination is. */
export function occupyPorts(
  ports: Ports,
  { protocol, dst, dport }: { readonly protocol: Protocol; readonly dst: Ip; readonly dport: number },
  count: number,
): void {
  const { natGateways, enis } = ports.world.fabric;
  for (const { id } of natGateways) ports.natTable(id).occupy({ protocol: String(protocol), dst, dport }, count);
  for (const { owner, addresses, publicAddresses } of enis) {
    const own = owner.startsWith('lb/') && addresses.find((each) => each === dst || publicAddresses.get(each) === dst);
    if (own) ports.flows.occupy(protocol, { ip: own, port: dport }, count);
  }
}
