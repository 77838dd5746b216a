import type { Cluster } from '../../cluster/index.ts';
import { namedAddresses, PrivateAddressPool } from './private-address-pool.ts';
import { PublicAddressPool } from './public-address-pool.ts';

/** Addresses for what the input gives none. One after the other takes from them, so that no two get the same. */
export interface AddressPools {
  readonly privates: PrivateAddressPool;
  readonly publics: PublicAddressPool;
}

export const addressPools = (cluster: Cluster): AddressPools => ({
  privates: new PrivateAddressPool(namedAddresses(cluster)),
  publics: new PublicAddressPool(cluster.mentioned),
});
