import type { Ip } from '../../net/index.ts';
import type { FabricIndex } from './fabric-index.ts';

/** The Amazon-provided DNS server. */
export const isVpcResolver = (index: FabricIndex, vpc: string, address: Ip): boolean =>
  index.resolvers(vpc).has(address);
