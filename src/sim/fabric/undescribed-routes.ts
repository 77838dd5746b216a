import { showSource } from '../../base/index.ts';
import { type Subnet, UNDESCRIBED, type VpcRoute } from '../../fabric/index.ts';

/** A route that stands for all those of a table nobody described. */
export const isUndescribed = ({ target }: VpcRoute): boolean =>
  target.kind === 'unsupported' && target.text === UNDESCRIBED;

/** Why nobody knows what becomes of a packet between a subnet and whatever lies beyond such a route of its table. */
export const undescribedRoutes = ({ id, routeTable }: Subnet, { destination, origin }: VpcRoute): string =>
  `the route table of subnet ${id} is not in the input: give its routes, and the gateways and peerings they lead to, in a Network (${routeTable}: ${destination.text} → ${UNDESCRIBED}${origin?.at === undefined ? '' : `, ${showSource(origin.at)}`})`;
