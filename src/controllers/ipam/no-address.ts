import type { Issue } from '../../base/index.ts';
import type { Pod } from '../../cluster/index.ts';
import { keyOf } from '../labels.ts';

/** What the kubelet reports of such a pod (cmd/routed-eni-cni-plugin/cni.go, add). */
const WHY = 'ContainerCreating: failed to assign an IP address to container';

/** A pod that its node has no address for: there, and not running until another one ends. */
export const withoutAddress = (pod: Pod): Pod => ({ ...pod, status: { ...pod.status, phase: 'Pending', why: WHY } });

/** More pods than a node has addresses for, told once a node: max-pods counts what the interfaces cannot hold. */
export function noAddressLeft(pods: readonly Pod[], node: string): readonly Issue[] {
  const [first] = pods;
  if (first === undefined) return [];
  const alone = pods.length === 1;
  const who = alone ? `Pod "${keyOf(first)}" stays` : `${pods.length} pods stay`;
  const which = alone ? '' : ` (the first is "${keyOf(first)}")`;
  return [
    {
      code: 'pod-without-address',
      severity: 'warning',
      at: first.source,
      message: `${who} Pending: no address is left on node "${node}"${which}`,
      hint: "an ENI with room in the address's subnet and the node's zone, ENABLE_PREFIX_DELEGATION, or fewer pods a node",
    },
  ];
}
