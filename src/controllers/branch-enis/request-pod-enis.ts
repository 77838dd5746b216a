import { fewOf, type Issue, type Parsed } from '../../base/index.ts';
import { type Cluster, FARGATE_PROFILE, isTerminal, POD_ENI, type Pod } from '../../cluster/index.ts';
import { type Ip, PrefixTrie } from '../../net/index.ts';
import { assume } from '../assume.ts';
import { keyOf, own } from '../labels.ts';
import { groupsOfPods, serviceAccountOf } from './groups-of-pods.ts';

/**
 * The mutating webhook of EKS (amazon-vpc-resource-controller-k8s `webhooks/core/pod_webhook.go`): a pod that a
 * SecurityGroupPolicy selects asks for a branch interface from the moment it is made, whatever the CNI is told. Pods on the
 * host network, on Fargate and on Windows are left alone; one an API server already has is as it is, and so is one whose
 * address the input says to be another interface's. Live pods with branch interfaces show that the CNI makes them, where the
 * input does not have its variables.
 */
export function requestPodEnis(cluster: Cluster): Parsed<Cluster> {
  const groups = groupsOfPods(cluster);
  let isSeated: ((pod: Pod) => boolean) | undefined;
  const before: string[] = [];
  let changed = false;
  const pods = cluster.pods.map((pod) => {
    if (pod.spec.podEni === true || !asks(pod, groups)) return pod;
    isSeated ??= seatedElsewhere(cluster);
    if (!hasBranch(pod) && isSeated(pod)) {
      before.push(keyOf(pod));
      return pod;
    }
    changed = true;
    return { ...pod, spec: { ...pod.spec, podEni: true as const } };
  });
  const value = shownByPods(changed ? { ...cluster, pods } : cluster);
  return { value: before.length === 0 ? value : assume(value, thereBefore(before)), issues: unknownAccounts(cluster) };
}

const thereBefore = (pods: readonly string[]): string =>
  `taken to have been there before the SecurityGroupPolicy that selects them, for their addresses are of their nodes' interfaces: ${fewOf(pods, MAX_NAMED)}`;

const MAX_NAMED = 4;

/** Whether a pod's address is one the input gives to an interface of a node. */
function seatedElsewhere({ nodeSpecs, placements }: Cluster): (pod: Pod) => boolean {
  const enis = nodeSpecs.flatMap((spec) => spec.enis);
  const addresses = new Set(enis.flatMap((eni) => eni.addresses));
  const prefixes = new PrefixTrie<true>();
  for (const { prefixes: blocks } of enis) for (const block of blocks) prefixes.add(block, true);
  const placed = new Map(placements.map(({ namespace, pod, ip }) => [`${namespace}/${pod}`, ip]));
  const isOfEni = (address: Ip | undefined): boolean =>
    address !== undefined && (addresses.has(address) || prefixes.longest(address) !== undefined);
  return (pod) => isOfEni(placed.get(keyOf(pod))) || pod.status.podIPs.some(isOfEni);
}

function asks(pod: Pod, groups: (pod: Pod) => readonly string[]): boolean {
  if (pod.spec.hostNetwork || isWindows(pod) || own(pod.metadata.labels, FARGATE_PROFILE) !== undefined) return false;
  return hasBranch(pod) || (pod.metadata.uid === undefined && groups(pod).length > 0);
}

export const hasBranch = (pod: Pod): boolean => own(pod.metadata.annotations, POD_ENI) !== undefined;

const isWindows = ({ spec }: Pod): boolean =>
  [own(spec.nodeSelector, 'kubernetes.io/os'), own(spec.nodeSelector, 'beta.kubernetes.io/os')].includes('windows');

function shownByPods(cluster: Cluster): Cluster {
  const { cni } = cluster;
  if (cni.settings.podEni || !cluster.pods.some((pod) => hasBranch(pod) && !isTerminal(pod))) return cluster;
  const said = `pods of the input have branch interfaces (${POD_ENI}): ENABLE_POD_ENI is taken to be true`;
  return assume({ ...cluster, cni: { ...cni, settings: { ...cni.settings, podEni: true } } }, said);
}

/** A policy that selects by service accounts, where the input lacks those of the pods beside it. */
function unknownAccounts({ securityGroupPolicies, serviceAccounts, pods }: Cluster): readonly Issue[] {
  const known = new Set(serviceAccounts.map(keyOf));
  return securityGroupPolicies.flatMap((policy): Issue[] => {
    const { serviceAccountSelector: selector } = policy.spec;
    if (selector === undefined || Object.keys(selector.matchLabels).length + selector.matchExpressions.length === 0)
      return [];
    const { namespace } = policy.metadata;
    const missing = pods.find((pod) => pod.metadata.namespace === namespace && !known.has(serviceAccountOf(pod)));
    if (missing === undefined) return [];
    return [
      {
        code: 'service-account-unknown',
        severity: 'warning',
        at: policy.source,
        message: `SecurityGroupPolicy "${keyOf(policy)}" selects by the labels of service accounts, and "${serviceAccountOf(missing)}" of pod "${keyOf(missing)}" is not in the input: taken to have no labels`,
        expected: 'the ServiceAccount objects of its namespace',
      },
    ];
  });
}
