import type { Cluster, LabelSelector, Pod, SecurityGroupPolicy } from '../../cluster/index.ts';
import { keyOf, selectorMatches } from '../labels.ts';

type Objects = Pick<Cluster, 'securityGroupPolicies' | 'serviceAccounts'>;

/**
 * The security groups that policies give a pod, each once, in the order of the policies; none where no policy selects it.
 * Every policy of its namespace counts; of one with both selectors both must match (amazon-vpc-resource-controller-k8s
 * `pkg/utils/helper.go`, filterPodSecurityGroups). A service account nobody described is taken to have no labels.
 */
export function groupsOfPods(cluster: Objects): (pod: Pod) => readonly string[] {
  const local = new Map<string, SecurityGroupPolicy[]>();
  for (const policy of cluster.securityGroupPolicies) {
    const { podSelector, serviceAccountSelector } = policy.spec;
    if (podSelector === undefined && serviceAccountSelector === undefined) continue;
    const known = local.get(policy.metadata.namespace);
    if (known === undefined) local.set(policy.metadata.namespace, [policy]);
    else known.push(policy);
  }
  const accounts = new Map(cluster.serviceAccounts.map((account) => [keyOf(account), account.metadata.labels]));
  return (pod) => {
    const policies = local.get(pod.metadata.namespace);
    if (policies === undefined) return NONE;
    const account = accounts.get(serviceAccountOf(pod)) ?? {};
    const matches = (selector: LabelSelector | undefined, labels: Readonly<Record<string, string>>): boolean =>
      selector === undefined || selectorMatches(selector, labels);
    const selecting = policies.filter(
      ({ spec }) => matches(spec.podSelector, pod.metadata.labels) && matches(spec.serviceAccountSelector, account),
    );
    return selecting.length === 0 ? NONE : [...new Set(selecting.flatMap(({ spec }) => spec.groupIds))];
  };
}

const NONE: readonly string[] = [];

export const serviceAccountOf = ({ metadata, spec }: Pod): string =>
  `${metadata.namespace}/${spec.serviceAccountName ?? 'default'}`;
