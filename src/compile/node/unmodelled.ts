import type { Cluster, Pod, Unacted } from '../../cluster/index.ts';
import type { Unmodelled } from '../../linux/index.ts';
import type { PathSettings } from '../vpc-cni/settings.ts';
import { selects } from './label-selector.ts';
import type { NodePlan } from './plan-types.ts';

const FARGATE_LABEL = 'eks.amazonaws.com/compute-type';

/** Objects that change a pod's path and that nothing here compiles, by namespace: found once, asked for every pod. */
export interface ActingPolicies {
  readonly byNamespace: ReadonlyMap<string, readonly Unacted[]>;
}

export function actingPolicies(cluster: Cluster, settings: PathSettings): ActingPolicies {
  const byNamespace = new Map<string, Unacted[]>();
  for (const object of cluster.unacted) {
    const acts =
      (object.kind === 'NetworkPolicy' && cluster.cni.enableNetworkPolicy) ||
      (object.kind === 'SecurityGroupPolicy' && settings.podEni);
    if (!acts) continue;
    const known = byNamespace.get(object.metadata.namespace);
    if (known === undefined) byNamespace.set(object.metadata.namespace, [object]);
    else known.push(object);
  }
  return { byNamespace };
}

export function podUnmodelled(pod: Pod, policies: ActingPolicies): readonly Unmodelled[] {
  const candidates = policies.byNamespace.get(pod.metadata.namespace) ?? [];
  return candidates
    .filter((object) => selects(podSelector(object.spec), pod.metadata.labels))
    .map((object) => ({
      scope: { kind: 'netns' },
      what: `${object.kind} ${object.metadata.namespace}/${object.metadata.name} selects this pod and is not modelled`,
      at: object.source,
    }));
}

/** A selector this cannot read (a service account's, a malformed one) is taken to select every pod of its namespace. */
function podSelector(spec: unknown): unknown {
  return typeof spec === 'object' && spec !== null && 'podSelector' in spec ? spec.podSelector : undefined;
}

export function nodeUnmodelled(node: NodePlan, cluster: Cluster): readonly Unmodelled[] {
  const { mode, source } = cluster.kubeProxy;
  const entries: Unmodelled[] = [];
  if (mode !== 'iptables') {
    entries.push({
      scope: { kind: 'netns' },
      what: `kube-proxy mode ${mode} is not modelled`,
      ...(source === undefined ? {} : { at: source }),
    });
  }
  const labels = { ...node.spec.labels, ...node.object?.metadata.labels };
  if (labels[FARGATE_LABEL] === 'fargate') {
    entries.push({ scope: { kind: 'netns' }, what: 'A Fargate node is not modelled', at: node.spec.source });
  }
  return entries;
}
