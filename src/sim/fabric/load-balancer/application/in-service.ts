import type { Target, TargetGroup } from '../../../../fabric/index.ts';
import type { ProxyEnd } from './accept.ts';

/** The targets a node of the load balancer spreads requests over: all, or where the group says so those of its own zone. */
export function targetsInService(
  { loadBalancer, eni }: ProxyEnd,
  { crossZone, targets }: TargetGroup,
): readonly Target[] {
  const spread = crossZone === 'use_load_balancer_configuration' ? loadBalancer.crossZone : crossZone === 'true';
  const zone = loadBalancer.zones.find((each) => each.eni === eni.id)?.zone;
  return spread ? targets : targets.filter((target) => target.zone === zone || target.zone === 'all');
}
