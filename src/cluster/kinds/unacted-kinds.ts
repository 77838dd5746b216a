import type { Unacted } from '../objects.ts';

interface UnactedKind {
  readonly does: Unacted['does'];
  readonly namespaced: boolean;
  /** Why it matters to a packet, for the warning; absent: no warning, its effect is said where a walk meets it. */
  readonly why?: string;
}

const filter = (namespaced: boolean): UnactedKind => ({ does: 'filter', namespaced });
const front = (why?: string, namespaced = true): UnactedKind => ({
  does: 'front',
  namespaced,
  ...(why === undefined ? {} : { why }),
});
const GATEWAY = 'the Gateway API configures load balancers';

/**
 * Kinds that change packet paths and that nothing compiles, by `group/Kind`. A filter stops packets of the pods it
 * selects; a front answers names and addresses. Of one kind in several groups Kubernetes' own stands last.
 */
export const unactedKinds: ReadonlyMap<string, UnactedKind> = new Map([
  ['crd.projectcalico.org/NetworkPolicy', filter(true)],
  ['projectcalico.org/NetworkPolicy', filter(true)],
  ['crd.projectcalico.org/GlobalNetworkPolicy', filter(false)],
  ['projectcalico.org/GlobalNetworkPolicy', filter(false)],
  ['crd.antrea.io/NetworkPolicy', filter(true)],
  ['networking.k8s.io/NetworkPolicy', filter(true)],
  ['cilium.io/CiliumNetworkPolicy', filter(true)],
  ['cilium.io/CiliumClusterwideNetworkPolicy', filter(false)],
  ['policy.networking.k8s.io/AdminNetworkPolicy', filter(false)],
  ['policy.networking.k8s.io/BaselineAdminNetworkPolicy', filter(false)],
  ['networking.k8s.aws/ClusterNetworkPolicy', filter(false)],
  ['crd.antrea.io/ClusterNetworkPolicy', filter(false)],
  ['policy.networking.k8s.io/ClusterNetworkPolicy', filter(false)],
  ['networking.k8s.aws/ApplicationNetworkPolicy', filter(true)],
  ['gateway.networking.k8s.io/Gateway', front(GATEWAY)],
  ['gateway.networking.k8s.io/HTTPRoute', front(GATEWAY)],
  ['gateway.networking.k8s.io/GRPCRoute', front(GATEWAY)],
  ['gateway.networking.k8s.io/TLSRoute', front(GATEWAY)],
  ['gateway.networking.k8s.io/TCPRoute', front(GATEWAY)],
  ['gateway.networking.k8s.io/UDPRoute', front(GATEWAY)],
  ['packetwalk.dev/VpcEndpoint', front('it is planned', false)],
  ['packetwalk.dev/OnPremises', front('it is planned', false)],
]);
