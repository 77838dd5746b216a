import type { Cidr } from '../net/index.ts';

/** Public addresses that AWS gives and the input does not: made up, so that packets have some. */
export interface StandIn {
  /** One address, or the block they are taken from. */
  readonly block: Cidr;
  /** Whose they are: `NAT gateway nat-a`. */
  readonly of: string;
  /** What of the input says the true ones: `natGateways.publicIp of a Network does`. */
  readonly give: string;
}
