import type { Bpf, Classifier, ClassifierState, Origin, PrefixEntries } from '../../linux/index.ts';
import { type Family, familyOf, type Ip } from '../../net/index.ts';
import type { ClusterPlan, NodePlan, PodPlan } from '../node/plan-types.ts';
import { atLeast } from '../vpc-cni/version.ts';
import { type AgentView, agentViewOf, type Enforced } from './agent-view.ts';
import { hasAgent } from './has-agent.ts';
import { podIdentifier } from './pod-identifier.ts';
import type { RuleSet } from './rule-set.ts';

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
  const sharing = new Map<RuleSet, { readonly enforced: Enforced; readonly identifiers: Set<string> }>();
  for (const pod of node.pods) {
    const { namespace, name } = pod.pod.metadata;
    const enforced = view.of(pod.pod.metadata);
    if (!always && enforced?.selected.has(`${namespace}/${name}`) !== true) continue;
    classifiers.push(...ofPod(pod, enforced, family, idle));
    if (enforced === undefined) continue;
    const known = sharing.get(enforced.rules) ?? { enforced, identifiers: new Set() };
    sharing.set(enforced.rules, known);
    known.identifiers.add(enforced.identifier);
  }
  const entries = [...sharing.values()].flatMap((each) => mapEntries(each.enforced, [...each.identifiers], nodeIp));
  return { classifiers, entries };
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

/** What the maps of pods under the same policies hold on one node. */
const mapEntries = (
  { rules, source }: Enforced,
  identifiers: readonly string[],
  nodeIp: Ip,
): readonly PrefixEntries[] =>
  (['ingress', 'egress'] as const).flatMap((direction) => {
    const maps = identifiers.map((identifier) => `${identifier}_${direction}_map`);
    return rules.map(direction, nodeIp).map(({ keys, values, policies }) => ({
      maps,
      keys,
      values,
      origin: { by: BY, because: whose(policies), at: source },
    }));
  });

function whose(policies: readonly string[]): string {
  if (policies.length === 0) return 'the node itself may always';
  const real = policies.filter((policy) => policy !== '');
  return real.length === 0 ? 'no policy is for this direction' : named(real);
}

const named = (policies: readonly string[]): string =>
  `${policies.length === 1 ? 'NetworkPolicy' : 'NetworkPolicies'} ${policies.join(', ')}`;
