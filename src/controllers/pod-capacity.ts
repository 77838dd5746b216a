import type { NodeSpec } from '../cluster/index.ts';
import { instanceLimits } from './ipam/instance-types.ts';
import { maxPodsOf } from './ipam/max-pods.ts';
import type { IpamSettings } from './ipam/settings.ts';

/**
 * Pods kubelet accepts: what the node says, else what its type allows, else kubelet's own default 110
 * (`apis/config/v1beta1/defaults.go`).
 */
export function podCapacity(spec: NodeSpec | undefined, settings: IpamSettings): number {
  if (spec?.maxPods !== undefined) return spec.maxPods;
  const limits = spec === undefined ? undefined : instanceLimits(spec.instanceType);
  return limits === undefined ? 110 : maxPodsOf(limits, settings);
}
