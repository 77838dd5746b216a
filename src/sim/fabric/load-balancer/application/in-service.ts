import { showTarget, type Target, type TargetGroup, targetsOf, unsureOf } from '../../../../fabric/index.ts';
import type { InService } from '../../../../world/index.ts';
import type { CheckTarget, LoadBalancerNode } from '../health-types.ts';

/** By the node's own health checks: all targets, or those of its zone where the group does not cross zones. */
export function inService(
  node: LoadBalancerNode,
  group: TargetGroup,
  check: CheckTarget,
  assumptions: Set<string>,
): InService {
  const unsure = unsureOf(group);
  if (unsure !== undefined) return { kind: 'unknown', what: unsure };
  const registered = targetsOf(node.loadBalancer, group, node.zone);
  const healthy: Target[] = [];
  const out: { target: string; because: string }[] = [];
  for (const target of registered) {
    const health = check(node, group, target);
    if (health.kind === 'unknown')
      return { kind: 'unknown', what: `whether target ${showTarget(target)} is healthy is not known: ${health.what}` };
    if (health.kind === 'unhealthy') out.push({ target: showTarget(target), because: health.because });
    else healthy.push(target);
    if (health.kind === 'healthy' && health.assumed !== undefined) assumptions.add(health.assumed);
  }
  // A Classic Load Balancer has nobody then and answers 503 (its user guide, HTTP 503).
  const failsOpen = healthy.length === 0 && registered.length > 0 && node.loadBalancer.type !== 'classic';
  const { unregistered } = group;
  const elsewhere = registered.length === 0 && group.targets.length > 0 ? { zone: node.zone } : {};
  const missing = unregistered === undefined ? elsewhere : { unregistered };
  return { kind: 'known', targets: failsOpen ? registered : healthy, out, failsOpen, missing };
}
