import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Cluster, GuardOrder, PeerSpec } from '../../cluster/index.ts';
import type { TargetGroup } from '../../fabric/index.ts';
import { admit, targetTraffic } from './target-traffic.ts';

/**
 * The group the AWS Load Balancer Controller puts on all its load balancers (pkg/networking/backend_sg_provider.go,
 * getBackendSGName).
 */
export function sharedGroupName({ name }: Pick<Cluster, 'name'>): string {
  const hash = bytesToHex(sha256(utf8ToBytes(name))).slice(0, 10);
  return `k8s-traffic-${name.replaceAll(/[^0-9A-Za-z]/g, '').slice(0, 232)}-${hash}`;
}

/** Targets let in what carries the shared group: their own port, and the health check's (buildTargetGroupBindingNetworking). */
export function fromSharedGroup(
  shared: string,
  groups: readonly TargetGroup[],
): Pick<GuardOrder, 'shared' | 'targets'> {
  const peer: PeerSpec = { kind: 'security-group', id: shared };
  const targets = groups.map((group) => {
    const { requests, healthChecks } = targetTraffic(group);
    return { targetGroup: group.id, ingress: admit([...requests, ...healthChecks], [peer]) };
  });
  return { shared, targets };
}
