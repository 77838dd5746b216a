import type { Pod, Workload } from '../cluster/index.ts';
import { byText, own } from './labels.ts';

const COST = 'controller.kubernetes.io/pod-deletion-cost';
const PHASES: readonly (string | undefined)[] = ['Pending', 'Unknown', 'Running'];

/**
 * Pods in the order a controller ends them: of a StatefulSet the highest ordinal first; of any other one without a node, one
 * that is further from running, one that is not ready; of a ReplicaSet then the one that costs less, and one of a node with
 * more of them (pkg/controller/controller_utils.go, ActivePodsWithRanks.Less; replicaset/replica_set.go,
 * getPodsRankedByRelatedPodsOnSameNode). What is left goes by how long they were ready: here by their names.
 */
export function endedFirst({ kind }: Workload, pods: readonly Pod[]): readonly Pod[] {
  const byName = (a: Pod, b: Pod): number => byText(b.metadata.name, a.metadata.name);
  if (kind === 'StatefulSet') return pods.toSorted((a, b) => ordinalOf(b) - ordinalOf(a) || byName(a, b));
  const ranked = kind !== 'Job';
  const perNode = new Map<string | undefined, number>();
  for (const { spec } of pods) perNode.set(spec.nodeName, (perNode.get(spec.nodeName) ?? 0) + 1);
  const rank = ({ spec }: Pod): number => perNode.get(spec.nodeName) ?? 0;
  return pods.toSorted(
    (a, b) =>
      placed(a) - placed(b) ||
      phase(a) - phase(b) ||
      isReady(a) - isReady(b) ||
      (ranked ? cost(a) - cost(b) || rank(b) - rank(a) : 0) ||
      byName(a, b),
  );
}

const ordinalOf = ({ metadata }: Pod): number => Number(/-(\d+)$/.exec(metadata.name)?.[1] ?? 0);
const placed = ({ spec }: Pod): number => (spec.nodeName === undefined ? 0 : 1);
const phase = ({ status }: Pod): number => PHASES.indexOf(status.phase ?? 'Running');
const isReady = ({ status }: Pod): number => (status.ready === false ? 0 : 1);

/** An int32, of which a text that is none counts as 0 (pkg/apis/core/helper, GetDeletionCostFromPodAnnotations). */
function cost({ metadata }: Pod): number {
  const text = own(metadata.annotations, COST) ?? '';
  const value = /^(?:0|-?[1-9]\d{0,9})$/.test(text) ? Number(text) : 0;
  return value === (value | 0) ? value : 0;
}
