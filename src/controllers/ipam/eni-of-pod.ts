import type { EniSpec, NodeSpec } from '../../cluster/index.ts';
import { cidrContains, type Ip } from '../../net/index.ts';

/**
 * The ENI a pod's address belongs to: the one that lists it, or whose prefix holds it.
 * @example eniOfPod(nodeSpec, ip('10.0.1.51'))?.deviceIndex // 1
 */
export function eniOfPod(node: Pick<NodeSpec, 'enis'>, address: Ip): EniSpec | undefined {
  return (
    node.enis.find((eni) => eni.addresses.includes(address)) ??
    node.enis.find((eni) => eni.prefixes.some((block) => cidrContains(block, address)))
  );
}
