import type { Admission, GuardOrder, PeerSpec, SubnetSpec } from '../../cluster/index.ts';
import type { TargetGroup } from '../../fabric/index.ts';
import type { Cidr } from '../../net/index.ts';
import { peersOf, tooBigFrom } from '../guards/admitted.ts';
import { admit, onePort, targetTraffic } from '../guards/target-traffic.ts';
import type { Annotations } from './annotations.ts';

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
  const clients = peersOf({ cidrs: ranges, prefixLists: undefined }, false);
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

/**
 * A Classic Load Balancer has a group of its own, or those an annotation names, and more beside it; whatever it sends is let
 * in to the nodes (pkg/providers/v1/aws.go, buildELBSecurityGroupList, updateInstanceSecurityGroupsForLoadBalancer).
 */
export function classicGuard(
  id: string,
  groups: readonly TargetGroup[],
  ports: readonly number[],
  ranges: readonly Cidr[],
  annotations: Annotations,
): { readonly securityGroups: readonly string[]; readonly guard: GuardOrder } {
  const named = annotations.list('security-groups') ?? [];
  const name = `k8s-elb-${id}`;
  const clients = peersOf({ cidrs: ranges, prefixLists: undefined }, false);
  const ingress: readonly Admission[] = [
    ...admit(
      ports.map((port) => onePort('tcp', port)),
      clients,
    ),
    ...tooBigFrom(clients),
  ];
  const peer: PeerSpec = { kind: 'security-group', id: named[0] ?? name };
  return {
    securityGroups: [...named, ...(annotations.list('extra-security-groups') ?? [])],
    guard: {
      ...(named.length > 0 ? {} : { own: { name, ingress } }),
      targets: groups.map((group) => ({ targetGroup: group.id, ingress: [{ protocol: 'all', peer }] })),
    },
  };
}
