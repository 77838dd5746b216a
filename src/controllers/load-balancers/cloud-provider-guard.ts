import type { Admission, GuardOrder, PeerSpec, SubnetSpec } from '../../cluster/index.ts';
import type { TargetGroup } from '../../fabric/index.ts';
import type { Cidr } from '../../net/index.ts';
import { peersOf, tooBigFrom } from '../guards/admitted.ts';
import { admit, targetTraffic } from '../guards/target-traffic.ts';

/**
 * The rules the cloud controller manager writes into the groups of nodes behind a network load balancer, which has no group
 * itself: the clients at the node ports, the load balancer's subnets at the health check's, and messages that a packet was
 * too big (cloud-provider-aws pkg/providers/v1/aws_loadbalancer.go, updateInstanceSecurityGroupsForNLB).
 */
export function nodeRules(
  groups: readonly TargetGroup[],
  subnets: readonly SubnetSpec[],
  ranges: readonly Cidr[],
): GuardOrder {
  const clients = peersOf({ cidrs: ranges, prefixLists: [] }, false);
  const nearby = subnets
    .flatMap(({ cidrs }) => cidrs)
    .filter(({ family }) => family === 4)
    .map((cidr): PeerSpec => ({ kind: 'cidr', cidr }));
  const targets = groups.map((group) => {
    const { requests, healthChecks } = targetTraffic(group);
    const ingress: readonly Admission[] = [
      ...admit(requests, clients),
      ...admit(healthChecks, nearby),
      ...tooBigFrom(clients),
    ];
    return { targetGroup: group.id, ingress };
  });
  return { targets };
}
