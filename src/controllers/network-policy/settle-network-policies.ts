import type { Parsed } from '../../base/index.ts';
import type { Cluster, NetworkPolicy, PolicyEndpoint, PolicyPod } from '../../cluster/index.ts';
import { parseIp } from '../../net/index.ts';
import { assume } from '../assume.ts';
import { keyOf } from '../labels.ts';
import { safeString } from '../seeded-names.ts';
import { egressEndpoints } from './egress-endpoints.ts';
import { ingressEndpoints } from './ingress-endpoints.ts';
import { PolicyView } from './policy-view.ts';

/**
 * A PolicyEndpoint for each NetworkPolicy that has none (amazon-network-policy-controller-k8s, pkg/policyendpoints/manager.go):
 * who a policy selects and whom it lets through, in addresses. Only where the CNI's agents enforce them.
 */
export function settleNetworkPolicies(cluster: Cluster): Parsed<Cluster> {
  if (!cluster.cni.enableNetworkPolicy) return { value: cluster, issues: [] };
  const shown = new Set(
    cluster.policyEndpoints.map(({ spec: { policyRef } }) => `${policyRef.namespace}/${policyRef.name}`),
  );
  const open = cluster.networkPolicies.filter((policy) => !shown.has(keyOf(policy)));
  if (open.length === 0) return { value: cluster, issues: [] };
  const view = new PolicyView(cluster);
  const made = open.map((policy) => resolve(policy, view));
  const settled = { ...cluster, policyEndpoints: [...cluster.policyEndpoints, ...made] };
  return { value: assume(settled, ...view.assumptions), issues: [] };
}

function resolve(policy: NetworkPolicy, view: PolicyView): PolicyEndpoint {
  const { metadata, spec, source } = policy;
  const { namespace, name } = metadata;
  return {
    kind: 'PolicyEndpoint',
    metadata: {
      name: `${name}-${safeString(`${namespace}/${name}`, 5)}`,
      namespace,
      labels: {},
      annotations: {},
      ownerReferences: [{ kind: 'NetworkPolicy', name, controller: true }],
    },
    source,
    spec: {
      policyRef: { namespace, name },
      podIsolation: spec.policyTypes,
      podSelectorEndpoints: selectedPods(policy, view),
      ingress: ingressEndpoints(policy, view),
      egress: egressEndpoints(policy, view),
    },
  };
}

/** pkg/resolvers/endpoints.go computePodSelectorEndpoints: pods of the host network are the node, and no policy is for them. */
const selectedPods = ({ metadata, spec }: NetworkPolicy, view: PolicyView): readonly PolicyPod[] =>
  view
    .readyPods(metadata.namespace, spec.podSelector)
    .filter(({ pod }) => !pod.spec.hostNetwork)
    .map(({ pod, address }) => {
      const hostIP = pod.status.hostIP === undefined ? undefined : parseIp(pod.status.hostIP);
      return {
        namespace: pod.metadata.namespace,
        name: pod.metadata.name,
        podIP: address,
        ...(hostIP === undefined ? {} : { hostIP }),
      };
    });
