import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Cluster, GuardOrder, PeerSpec } from '../../cluster/index.ts';
import type { TargetGroup } from '../../fabric/index.ts';
import { CONTROLLER, controllerOf, flagOf } from '../load-balancers/controller.ts';
import { admit, targetTraffic } from './target-traffic.ts';

/**
 * The group the AWS Load Balancer Controller puts on all its load balancers (pkg/networking/backend_sg_provider.go,
 * getBackendSGName).
 */
function sharedGroupName({ name }: Pick<Cluster, 'name'>): string {
  const hash = bytesToHex(sha256(utf8ToBytes(name))).slice(0, 10);
  return `k8s-traffic-${name.replaceAll(/[^0-9A-Za-z]/g, '').slice(0, 232)}-${hash}`;
}

/**
 * Targets let in what carries the shared group: their own port, and the health check's (buildTargetGroupBindingNetworking).
 * A controller may be given that group, or have none: then they let in the one that is the load balancer's `own`.
 */
export function fromBackendGroup(
  cluster: Cluster,
  own: string,
  groups: readonly TargetGroup[],
): Pick<GuardOrder, 'shared' | 'targets'> {
  const { backendGroup, sharesBackendGroup } = controllerOf(cluster);
  if (!sharesBackendGroup) return { targets: admitting(own, groups) };
  const shared = backendGroup === '' ? sharedGroupName(cluster) : backendGroup;
  return { shared, targets: admitting(shared, groups) };
}

/** Why the controller writes no rule of targets for groups of somebody else's (buildLoadBalancerSecurityGroups). */
export function needsSharedGroup(cluster: Cluster): string | undefined {
  const of = controllerOf(cluster);
  return of.sharesBackendGroup
    ? undefined
    : `${CONTROLLER} has no group they could name by ${flagOf(of, 'enable-backend-security-group', 'false')}`;
}

function admitting(id: string, groups: readonly TargetGroup[]): GuardOrder['targets'] {
  const peer: PeerSpec = { kind: 'security-group', id };
  return groups.map((group) => {
    const { requests, healthChecks } = targetTraffic(group);
    return { targetGroup: group.id, ingress: admit([...requests, ...healthChecks], [peer]) };
  });
}
