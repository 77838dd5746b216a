import { type Cluster, isTerminal, type Pod } from '../../cluster/index.ts';
import type { Unmodelled } from '../../linux/index.ts';
import { ofNetns, told } from './say.ts';

/** Why a pod that found no node here may well run: the cluster has nodes that nobody makes. */
export function mayRunElsewhere({ unmadeNodes }: Cluster, pod: Pod): string | undefined {
  return unmadeNodes !== undefined && waits(pod) ? told(unmadeNodes.what, unmadeNodes.at) : undefined;
}

/** What every node's state is unsure by: it has rules for pods that this cluster would run, and here does not. */
export function waitingForNodes({ unmadeNodes, pods }: Cluster): readonly Unmodelled[] {
  if (unmadeNodes === undefined) return [];
  const [first, ...more] = pods.filter(waits);
  if (first === undefined) return [];
  const { namespace, name } = first.metadata;
  const others = more.length === 0 ? '' : ` and ${more.length} more`;
  return [ofNetns(`Pod ${namespace}/${name}${others} fits on no node: ${unmadeNodes.what}`, unmadeNodes.at)];
}

/** An API server that shows a pod Pending, as its uid tells, has the last word; gates keep the scheduler off. */
const waits = (pod: Pod): boolean =>
  pod.spec.nodeName === undefined &&
  pod.spec.schedulingGates === undefined &&
  pod.metadata.uid === undefined &&
  !isTerminal(pod);
