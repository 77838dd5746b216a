import type { Cluster, ObjectMeta, Pod, Unacted } from '../../cluster/index.ts';
import type { Unmodelled } from '../../linux/index.ts';
import { policyReasons } from '../network-policy-agent/said.ts';
import { selects } from '../node/label-selector.ts';
import type { PathSettings } from '../vpc-cni/settings.ts';
import { agentsOf } from './agents.ts';
import { ofNetns } from './say.ts';

const KUBERNETES = 'networking.k8s.io';

/** Policies that act on a pod: found once a cluster, asked for every pod. */
export function actingPolicies(cluster: Cluster, settings: PathSettings): (pod: Pod) => readonly Unmodelled[] {
  const others = agentsOf(cluster).filters !== undefined;
  const own = policyReasons(cluster, settings);
  const acting = cluster.unacted.filter(({ does, group }) => {
    if (does !== 'filter') return false;
    // The CNI's own agent is compiled.
    return group !== KUBERNETES || others;
  });
  const local = new Map<string, Unacted[]>();
  for (const object of acting) {
    const { namespace } = object.metadata;
    const known = local.get(namespace);
    if (known === undefined) local.set(namespace, [object]);
    else known.push(object);
  }
  const wide = local.get('') ?? [];
  const namespaces = new Map(cluster.namespaces.map(({ metadata }) => [metadata.name, metadata]));
  return (pod) => [
    ...(local.get(pod.metadata.namespace) ?? [])
      .filter((policy) => selects(podSelector(policy.spec), pod.metadata.labels))
      .map(said),
    ...wide.filter((policy) => mayConcern(policy.spec, pod.metadata, namespaces.get(pod.metadata.namespace))).map(said),
    ...own(pod),
  ];
}

const said = ({ kind, metadata, source }: Unacted): Unmodelled => {
  const name = metadata.namespace === '' ? metadata.name : `${metadata.namespace}/${metadata.name}`;
  return ofNetns(`${kind} ${name} selects this pod and is not modelled`, source);
};

/** A selector of another form (an expression in text) is taken to select every pod of its namespace. */
const podSelector = (spec: unknown): unknown => field(spec, 'podSelector');

/**
 * The subject of a cluster-wide policy (network-policy-api, AdminNetworkPolicySubject): namespaces, or pods of namespaces.
 * One of another form may concern any pod.
 */
function mayConcern(spec: unknown, pod: ObjectMeta, namespace: ObjectMeta | undefined): boolean {
  const subject = field(spec, 'subject');
  const pods = field(subject, 'pods');
  const inNamespaces = field(subject, 'namespaces') ?? field(pods, 'namespaceSelector');
  const labels = { ...namespace?.labels, 'kubernetes.io/metadata.name': pod.namespace };
  // Labels of a namespace nobody described are not known, save the one every namespace has.
  const known = namespace !== undefined || onlyByName(inNamespaces);
  return (!known || selects(inNamespaces, labels)) && selects(field(pods, 'podSelector'), pod.labels);
}

const onlyByName = (selector: unknown): boolean =>
  field(selector, 'matchExpressions') === undefined &&
  Object.keys(Object(field(selector, 'matchLabels'))).every((key) => key === 'kubernetes.io/metadata.name');

const field = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
