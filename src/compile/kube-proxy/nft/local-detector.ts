import type { KubeProxyConfig } from '../../../cluster/index.ts';
import { type NftStatement, nftb } from '../../../linux/index.ts';
import type { Family } from '../../../net/index.ts';

/**
 * "Is this packet from a pod of mine?", or with `not`, is it from elsewhere (pkg/proxy/util/localdetector.go, IfLocalNFT).
 * undefined: there is no detector. One that goes by devices is written with `iif`, which names a device by its index and is
 * not compiled.
 */
export function fromPods(config: KubeProxyConfig, family: Family, not: boolean): NftStatement | undefined {
  if (config.detectLocal.kind !== 'cluster-cidr') return undefined;
  const block = config.clusterCIDR.find((each) => each.family === family);
  return block === undefined ? undefined : nftb.address('saddr', block, not);
}
