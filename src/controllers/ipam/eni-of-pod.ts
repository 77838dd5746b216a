import type { EniSpec, NodeSpec } from '../../cluster/index.ts';
import { cidrContains, type Ip } from '../../net/index.ts';

/**
 * The ENI a pod's address belongs to: the one that lists it, or whose prefix holds it, or the branch interface it is of.
 * @example eniOfPod(nodeSpec, ip('10.0.1.51'))?.deviceIndex // 1
 */
export function eniOfPod(node: Pick<NodeSpec, 'enis' | 'branches'>, address: Ip): EniSpec | undefined {
  return (
    node.enis.find((eni) => eni.addresses.includes(address)) ??
    node.enis.find((eni) => eni.prefixes.some((block) => cidrContains(block, address))) ??
    node.branches?.find((branch) => branch.primaryIp === address || branch.addresses.includes(address))
  );
}
