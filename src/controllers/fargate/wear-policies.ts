import { type Cluster, isTerminal, type NodeSpec, type Pod } from '../../cluster/index.ts';
import { groupsOfPods } from '../branch-enis/groups-of-pods.ts';
import { own } from '../labels.ts';

/** Which groups a live pod got when it was made, between commas. */
const POD_SG = 'fargate.amazonaws.com/pod-sg';

/**
 * On Fargate a SecurityGroupPolicy's groups take the place of the cluster security group on the pod's one interface: no branch
 * is made (amazon-vpc-resource-controller-k8s `webhooks/core/pod_webhook.go`, HandleFargatePod).
 */
export function wearPolicies(cluster: Cluster): Cluster {
  const groupsOf = groupsOfPods(cluster);
  const worn = new Map<string, readonly string[]>();
  for (const pod of cluster.pods) {
    const groups = isTerminal(pod) ? [] : groupsFor(pod, groupsOf);
    if (groups.length > 0) worn.set(pod.spec.nodeName ?? '', groups);
  }
  if (worn.size === 0) return cluster;
  const nodeSpecs = cluster.nodeSpecs.map((spec) =>
    spec.computeType === undefined ? spec : wear(spec, worn.get(spec.name)),
  );
  return nodeSpecs.every((spec, i) => spec === cluster.nodeSpecs[i]) ? cluster : { ...cluster, nodeSpecs };
}

function groupsFor(pod: Pod, groupsOf: (pod: Pod) => readonly string[]): readonly string[] {
  const given = own(pod.metadata.annotations, POD_SG);
  if (given !== undefined) return given.split(',').filter((id) => id !== '');
  return pod.metadata.uid === undefined ? groupsOf(pod) : [];
}

function wear(spec: NodeSpec, groups: readonly string[] | undefined): NodeSpec {
  if (groups === undefined || spec.enis.every((eni) => eni.securityGroups.join() === groups.join())) return spec;
  return { ...spec, enis: spec.enis.map((eni) => ({ ...eni, securityGroups: groups })) };
}
