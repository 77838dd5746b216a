import type { Bpf, Classifier, ClassifierState, Origin, PrefixEntry } from '../../linux/index.ts';
import { type Family, familyOf, type Ip } from '../../net/index.ts';
import type { ClusterPlan, NodePlan, PodPlan } from '../node/plan-types.ts';
import { atLeast } from '../vpc-cni/version.ts';
import { type AgentView, agentViewOf, type Enforced } from './agent-view.ts';
import { hasAgent } from './has-agent.ts';
import { podIdentifier } from './pod-identifier.ts';

const BY = 'aws-network-policy-agent';

/** The policy agent on every node of a cluster, prepared once; undefined where it is off or its CNI has none. */
export function policyAgent({ cluster, settings }: ClusterPlan): ((node: NodePlan) => Bpf | undefined) | undefined {
  const { version } = settings.config;
  if (!hasAgent(settings.config)) return undefined;
  const view = agentViewOf(cluster);
  const family: Family = cluster.ipFamily === 'IPv4' ? 4 : 6;
  // Before, the plugin did not ask for it (NETWORK_POLICY_ENFORCING_MODE): a pod without policies had no classifier.
  const always = atLeast(version, '1.17.1');
  const idle = settings.networkPolicyMode === 'strict' && always ? 'DEFAULT_DENY' : 'DEFAULT_ALLOW';
  return (node) => nodeBpf(node, view, family, always, idle);
}

/**
 * The agent's classifiers on the host end of each pod's pair, and their maps (pkg/ebpf/bpf_client.go AttacheBPFProbes). What
 * a pod sends comes in by that device, what it is sent goes out:
 *
 *     pod eth0 ── eniaee705c1f69   tc ingress: handle_egress    tc egress: handle_ingress
 */
function nodeBpf(
  node: NodePlan,
  view: AgentView,
  family: Family,
  always: boolean,
  idle: ClassifierState,
): Bpf | undefined {
  const nodeIp = node.addresses.find((address) => familyOf(address) === family);
  if (nodeIp === undefined) return undefined;
  const classifiers: Classifier[] = [];
  const maps = new Map<string, readonly PrefixEntry[]>();
  for (const pod of node.pods) {
    const { namespace, name } = pod.pod.metadata;
    const enforced = view.of(pod.pod.metadata);
    if (!always && enforced?.selected.has(`${namespace}/${name}`) !== true) continue;
    classifiers.push(...ofPod(pod, enforced, family, idle));
    if (enforced !== undefined && !maps.has(enforced.identifier))
      maps.set(enforced.identifier, mapEntries(enforced, nodeIp));
  }
  return { classifiers, entries: [...maps.values()].flat() };
}

const SIDES = [
  ['ingress', 'handle_egress', 'egress'],
  ['egress', 'handle_ingress', 'ingress'],
] as const;

function ofPod(
  { pod, veth, origin }: PodPlan,
  enforced: Enforced | undefined,
  family: Family,
  idle: ClassifierState,
): readonly Classifier[] {
  const { namespace, name } = pod.metadata;
  const policies = enforced === undefined ? 'no NetworkPolicy' : named(enforced.policies);
  const at = enforced?.source ?? origin.at;
  const by: Origin = { by: BY, because: `pod ${namespace}/${name}: ${policies}`, ...(at === undefined ? {} : { at }) };
  return SIDES.map(([side, program, direction]) => ({
    dev: veth,
    side,
    program,
    family,
    map: `${podIdentifier(pod.metadata)}_${direction}_map`,
    state: enforced === undefined ? idle : 'POLICIES_APPLIED',
    origin: by,
  }));
}

const mapEntries = (enforced: Enforced, nodeIp: Ip): readonly PrefixEntry[] =>
  (['ingress', 'egress'] as const).flatMap((direction) =>
    enforced.rules.map(direction, nodeIp).map(({ key, values, policies }) => ({
      map: `${enforced.identifier}_${direction}_map`,
      key,
      values,
      origin: { by: BY, because: whose(key.text, nodeIp, policies), at: enforced.source },
    })),
  );

function whose(key: string, nodeIp: Ip, policies: readonly string[]): string {
  if (key.startsWith(`${nodeIp}/`) && policies.length === 0) return 'the node itself may always';
  const real = policies.filter((policy) => policy !== '');
  return real.length === 0 ? 'no policy is for this direction' : named(real);
}

const named = (policies: readonly string[]): string =>
  `${policies.length === 1 ? 'NetworkPolicy' : 'NetworkPolicies'} ${policies.join(', ')}`;
