import type { Parsed } from '../base/index.ts';
import type { Cluster } from '../cluster/index.ts';
import { admitPods } from './admit-pods.ts';
import { runAll } from './assume.ts';
import { requestPodEnis } from './branch-enis/request-pod-enis.ts';
import { settleEndpointSlices } from './endpoint-slices.ts';
import { settleEssentials } from './essentials.ts';
import { settleFargate } from './fargate/settle-fargate.ts';
import { settleGuards } from './guards/settle-guards.ts';
import { settleIngresses } from './ingress/settle-ingresses.ts';
import { settleIpam } from './ipam/settle-ipam.ts';
import { showEniConfigs } from './ipam/shown-eni-configs.ts';
import { showPrefixes } from './ipam/shown-prefixes.ts';
import { overQuota } from './load-balancers/quotas.ts';
import { settleLoadBalancers } from './load-balancers/settle-load-balancers.ts';
import { settleTargetGroupBindings } from './load-balancers/settle-target-group-bindings.ts';
import { settleNetworkPolicies } from './network-policy/settle-network-policies.ts';
import { settleNodes } from './nodes.ts';
import { schedulePods } from './schedule.ts';
import { settleServices } from './services.ts';
import { expandWorkloads } from './workloads.ts';

/**
 * Closes what the input left open: pods of workloads, their nodes and addresses, ENIs, ClusterIPs, node ports, endpoints, load
 * balancers and the security groups made for them.
 * A live object's own status is never overruled, and settling a settled cluster changes nothing.
 * @example const { value, issues } = settle(cluster);
 */
export function settle(cluster: Cluster): Parsed<Cluster> {
  return runAll(cluster, [
    settleNodes,
    settleEssentials,
    expandWorkloads,
    settleFargate,
    requestPodEnis,
    showEniConfigs,
    showPrefixes,
    schedulePods,
    admitPods,
    settleIpam,
    settleServices,
    settleEndpointSlices,
    settleLoadBalancers,
    settleIngresses,
    settleTargetGroupBindings,
    settleNetworkPolicies,
    settleGuards,
    (settled) => ({ value: settled, issues: overQuota(settled) }),
  ]);
}
