import { isFargate, type Node, type Pod, type Toleration, type Workload } from '../cluster/index.ts';
import { byText, mapMatches, nodeTermsMatch, untolerated } from './labels.ts';
import { podOf } from './made-pods.ts';
import { freeName } from './seeded-names.ts';

/** One pod per node it may run on, bound to that node by affinity (`daemon_controller.go` NodeShouldRunDaemonPod, `util.ReplaceDaemonSetPodNodeNameNodeAffinity`). */
export function daemonPods(set: Workload, nodes: readonly Node[], taken: ReadonlySet<string>): readonly Pod[] {
  const { namespace, name } = set.metadata;
  const { spec } = set.template;
  const tolerations = [...spec.tolerations, ...daemonTolerations(spec.hostNetwork)];
  const here = new Set<string>();
  const used = { has: (pod: string) => here.has(pod) || taken.has(`${namespace}/${pod}`) };
  return nodes
    .filter(
      (node) =>
        !isFargate(node) &&
        mapMatches(spec.nodeSelector, node.metadata.labels) &&
        (spec.requiredNodeAffinity.length === 0 || nodeTermsMatch(spec.requiredNodeAffinity, node)) &&
        untolerated(tolerations, node.spec.taints) === undefined &&
        (spec.nodeName === undefined || spec.nodeName === node.metadata.name),
    )
    .toSorted((a, b) => byText(a.metadata.name, b.metadata.name))
    .map((node) => {
      const pod = freeName(`${name}-`, `${namespace}/${name}/${node.metadata.name}`, used);
      here.add(pod);
      const field = { key: 'metadata.name', operator: 'In', values: [node.metadata.name] } as const;
      const affinity = [{ matchExpressions: [], matchFields: [field] }];
      return podOf(set, pod, `${name}-`, { ...spec, tolerations, requiredNodeAffinity: affinity });
    });
}

/** `daemon/util.AddOrUpdateDaemonPodTolerations`. */
function daemonTolerations(hostNetwork: boolean): readonly Toleration[] {
  const on = (name: string, effect: 'NoExecute' | 'NoSchedule'): Toleration => ({
    key: `node.kubernetes.io/${name}`,
    operator: 'Exists',
    value: '',
    effect,
  });
  const always = [on('not-ready', 'NoExecute'), on('unreachable', 'NoExecute'), on('disk-pressure', 'NoSchedule')];
  const more = [
    on('memory-pressure', 'NoSchedule'),
    on('pid-pressure', 'NoSchedule'),
    on('unschedulable', 'NoSchedule'),
  ];
  return [...always, ...more, ...(hostNetwork ? [on('network-unavailable', 'NoSchedule')] : [])];
}
