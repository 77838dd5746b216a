import type { Cluster } from '../../cluster/index.ts';
import { clusterSubnets } from '../nodes.ts';
import { heldAddresses } from './held-addresses.ts';
import { SubnetPool } from './subnet-pool.ts';

/** What the subnets of the cluster's VPC still have to give, by their ids. */
export function subnetPools(cluster: Cluster): ReadonlyMap<string, SubnetPool> {
  const held = heldAddresses(cluster);
  const pools = new Map(clusterSubnets(cluster).map((subnet) => [subnet.id, new SubnetPool(subnet, held)]));
  for (const spec of cluster.nodeSpecs) {
    for (const eni of spec.enis) for (const block of eni.prefixes) pools.get(eni.subnet)?.claimPrefix(block, held);
  }
  return pools;
}
