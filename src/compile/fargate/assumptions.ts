import { showSource } from '../../base/index.ts';
import type { ClusterPlan } from '../node/plan-types.ts';

/** What of Fargate nobody outside AWS can look up. */
export function fargateAssumptions({ cluster, nodes }: ClusterPlan): readonly string[] {
  const vms = nodes.filter(({ spec }) => spec.computeType === 'fargate');
  if (vms.length === 0) return [];
  const lines = [
    'The inside of a Fargate micro-VM is inferred from what is seen of it: the pod alone has the VPC address, the VM forwards for it from 169.254.175.250 (docs/concepts/fargate-nat.md)',
    "kube-proxy on Fargate is AWS's own, not the cluster's DaemonSet: taken to be in iptables mode, with EKS's defaults",
  ];
  if (cluster.ipFamily === 'IPv6')
    lines.push(
      'A Fargate micro-VM of an IPv6 cluster is taken to forward for its pod as in an IPv4 one; what it sends itself is not known',
    );
  const [policy] = cluster.networkPolicies;
  if (policy !== undefined)
    lines.push(`NetworkPolicy objects have no effect on pods of Fargate (first at ${showSource(policy.source)})`);
  return lines;
}
