import { type Cluster, COMPUTE_TYPE, FARGATE_PROFILE, type FargateProfileSpec, type Pod } from '../../cluster/index.ts';
import { byText, own } from '../labels.ts';

/**
 * Which Fargate profile takes a pod as it is admitted: one whose namespace and labels match, the first by name where several
 * do, and of those the one the pod's own label names (EKS user guide, Fargate profiles). What the pod asks of nodes is not
 * looked at. A DaemonSet's pods are bound to nodes and are not taken; nor is one that says it is for EC2.
 */
export function profileOf({ fargateProfiles }: Cluster): (pod: Pod) => FargateProfileSpec | undefined {
  const profiles = fargateProfiles
    .toSorted((a, b) => byText(a.name, b.name))
    .map((profile) => ({ profile, matches: profile.selectors.map(matcher) }));
  return ({ metadata }) => {
    if (profiles.length === 0 || metadata.ownerReferences.some(({ kind }) => kind === 'DaemonSet')) return undefined;
    if ((own(metadata.annotations, COMPUTE_TYPE) ?? 'fargate') !== 'fargate') return undefined;
    const wanted = own(metadata.labels, FARGATE_PROFILE);
    return profiles.find(
      ({ profile, matches }) =>
        (wanted === undefined || wanted === profile.name) && matches.some((match) => match(metadata)),
    )?.profile;
  };
}

type Match = (metadata: Pod['metadata']) => boolean;

function matcher({ namespace, labels }: FargateProfileSpec['selectors'][number]): Match {
  const inNamespace = shellPattern(namespace);
  const wanted = Object.entries(labels).map(([key, value]) => [shellPattern(key), shellPattern(value)] as const);
  return (metadata) =>
    inNamespace.test(metadata.namespace) &&
    wanted.every(([key, value]) =>
      Object.entries(metadata.labels).some((label) => key.test(label[0]) && value.test(label[1])),
    );
}

/** `*` and `?` stand for any letters and for one, in namespaces, labels and their values. */
const shellPattern = (text: string): RegExp =>
  new RegExp(
    `^${text
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll(/\*+/g, '.*')
      .replaceAll('?', '.')}$`,
  );
