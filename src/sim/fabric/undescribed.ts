import { showSource } from '../../base/index.ts';
import { reservedFor, type Subnet, UNDESCRIBED, type VpcRoute } from '../../fabric/index.ts';
import type { Ip } from '../../net/index.ts';
import type { FabricWalk } from './fabric-walk.ts';

/** A route that stands for all those of a table nobody described. */
export const isUndescribed = ({ target }: VpcRoute): boolean =>
  target.kind === 'unsupported' && target.text === UNDESCRIBED;

/** Why nobody knows what becomes of a packet between a subnet and whatever lies beyond such a route of its table. */
export const undescribedRoutes = ({ id, routeTable }: Subnet, { destination, origin }: VpcRoute): string =>
  `the route table of subnet ${id} is not in the input: give its routes, and the gateways and peerings they lead to, in a Network (${routeTable}: ${destination.text} → ${UNDESCRIBED}${origin?.at === undefined ? '' : `, ${showSource(origin.at)}`})`;

/** Why nobody knows who has an address that the input gives to nobody; undefined where it says all there is. */
export function undescribedOwner({ index }: FabricWalk, id: string, address: Ip): string | undefined {
  const shown = index.shownIn(id);
  if (shown === undefined || shown.has(address) || reservedFor(index.fabric, address) !== undefined) return undefined;
  return `who has ${address} is not in the input, which speaks of nodes and pods and not of what else is in their VPC: describe the VPC in a Network, and who has the address as a Server`;
}
