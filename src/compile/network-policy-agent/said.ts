import { showSource } from '../../base/index.ts';
import type { Cluster, Pod } from '../../cluster/index.ts';
import type { Unmodelled } from '../../linux/index.ts';
import type { ClusterPlan } from '../node/plan-types.ts';
import { ofNetns } from '../unmodelled/say.ts';
import type { PathSettings } from '../vpc-cni/settings.ts';
import { showVersion } from '../vpc-cni/version.ts';
import { agentViewOf } from './agent-view.ts';
import { comesWithAgent, hasAgent } from './has-agent.ts';

/** What of the policy agent's work on a pod is not sure, prepared once a cluster. */
export function policyReasons(cluster: Cluster, { vethPrefix }: PathSettings): (pod: Pod) => readonly Unmodelled[] {
  if (!hasAgent(cluster.cni)) return () => [];
  const view = agentViewOf(cluster);
  return ({ metadata, spec, source }) => {
    if (spec.hostNetwork) return [];
    // pkg/ebpf/bpf_client.go POD_VETH_PREFIX: it looks for no other, and the plugin then fails to make the pod.
    if (vethPrefix !== 'eni') {
      const what = `The policy agent looks for devices named eni..., and AWS_VPC_K8S_CNI_VETHPREFIX is "${vethPrefix}"`;
      return [ofNetns(what, source)];
    }
    const enforced = view.of(metadata);
    const unsure = enforced?.rules.unsure;
    return enforced === undefined || unsure === undefined ? [] : [ofNetns(unsure, enforced.source)];
  };
}

/** What an answer rests on where policies are enforced, or are not. */
export function policyAssumptions({ cluster, nodes }: ClusterPlan): readonly string[] {
  const policies = [...cluster.networkPolicies, ...cluster.policyEndpoints];
  const [first] = policies;
  if (first === undefined) return [];
  if (!hasAgent(cluster.cni)) {
    const count = cluster.networkPolicies.length === 0 ? policies.length : cluster.networkPolicies.length;
    const why = comesWithAgent(cluster.cni)
      ? 'the VPC CNI enforces them only with enableNetworkPolicy=true'
      : `VPC CNI ${showVersion(cluster.cni.version)} has no policy agent, which comes with 1.14`;
    return [`NetworkPolicy objects have no effect: ${why} (${count}, first at ${showSource(first.source)})`];
  }
  const lines = [
    'The policy agent has loaded every policy, and every pod started after them: in standard mode a new pod is open until then',
  ];
  const view = agentViewOf(cluster);
  for (const { pods } of nodes.filter(({ spec }) => spec.computeType === undefined)) {
    for (const { pod } of pods) {
      const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
      const enforced = view.of(pod.metadata);
      if (enforced === undefined || enforced.selected.has(name)) continue;
      lines.push(
        `Pod ${name} is under ${enforced.policies.join(', ')} with pods the policy selects: the policy agent tells pods by their name up to its last "-"`,
      );
    }
  }
  return lines;
}
