import type { Issue } from '../../base/index.ts';
import type { NodeSpec, Pod } from '../../cluster/index.ts';
import { keyOf } from '../labels.ts';

/** What the kubelet reports of such a pod (cmd/routed-eni-cni-plugin/cni.go, add). */
const WHY = 'ContainerCreating: failed to assign an IP address to container';

/** A pod that its node has no address for: there, and not running until another one ends. */
export const withoutAddress = (pod: Pod): Pod => ({ ...pod, status: { ...pod.status, phase: 'Pending', why: WHY } });

/** More pods than a node has addresses for, told once a node: max-pods counts what the interfaces, or their subnet, cannot hold. */
export function noAddressLeft(pods: readonly Pod[], node: string, subnet: string | undefined): readonly Issue[] {
  const [first] = pods;
  if (first === undefined) return [];
  const alone = pods.length === 1;
  const who = alone ? `Pod "${keyOf(first)}" stays` : `${pods.length} pods stay`;
  const which = alone ? '' : ` (the first is "${keyOf(first)}")`;
  const where = `on node "${node}"${subnet === undefined ? '' : `, and too few are free in subnet "${subnet}"`}`;
  return [
    {
      code: 'pod-without-address',
      severity: 'warning',
      at: first.source,
      message: `${who} Pending: no address is left ${where}${which}`,
      hint:
        subnet === undefined
          ? "an ENI with room in the address's subnet and the node's zone, ENABLE_PREFIX_DELEGATION, or fewer pods a node"
          : 'a larger subnet, fewer nodes, or lower warm targets',
    },
  ];
}

/** Nodes whose subnet cannot give what the warm targets ask for: ipamd holds what it got, and asks again every two minutes. */
export function fewerThanWarm(subnet: string, nodes: readonly NodeSpec[]): readonly Issue[] {
  const [first] = nodes;
  if (first === undefined) return [];
  const alone = nodes.length === 1;
  const who = alone ? `node "${first.name}" holds` : `${nodes.length} nodes (the first is "${first.name}") hold`;
  return [
    {
      code: 'subnet-exhausted',
      severity: 'warning',
      at: first.source,
      message: `Subnet "${subnet}" has too few addresses: ${who} fewer than the VPC CNI's warm targets ask for`,
      hint: 'a larger subnet, fewer nodes, or lower warm targets',
    },
  ];
}
