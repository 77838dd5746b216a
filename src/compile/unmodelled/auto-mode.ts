import { type Cluster, isTerminal, type Pod } from '../../cluster/index.ts';
import type { Unmodelled } from '../../linux/index.ts';
import { ofNetns, told } from './say.ts';

const WHAT = 'EKS Auto Mode starts a node for it, and its nodes are not modelled';

/** Why a pod that found no node here may well run: Auto Mode takes up what the scheduler finds no node for. */
export function mayRunOnAutoMode({ autoMode }: Cluster, pod: Pod): string | undefined {
  return autoMode !== undefined && waits(pod) ? told(WHAT, autoMode) : undefined;
}

/** What every node's state is unsure by: it has rules for pods that this cluster would run, and here does not. */
export function waitingForAutoMode({ autoMode, pods }: Cluster): readonly Unmodelled[] {
  const [first, ...more] = autoMode === undefined ? [] : pods.filter(waits);
  if (first === undefined) return [];
  const { namespace, name } = first.metadata;
  const others = more.length === 0 ? '' : ` and ${more.length} more`;
  return [ofNetns(`Pod ${namespace}/${name}${others} fits on no node: ${WHAT}`, autoMode)];
}

/** An API server that shows a pod Pending, as its uid tells, has the last word; gates keep the scheduler off. */
const waits = (pod: Pod): boolean =>
  pod.spec.nodeName === undefined &&
  pod.spec.schedulingGates === undefined &&
  pod.metadata.uid === undefined &&
  !isTerminal(pod);
