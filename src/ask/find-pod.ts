import { fewOf, nearest } from '../base/index.ts';
import type { AbsentPod, Directory, PodEntry } from '../world/index.ts';
import { findAbsent } from './absent-pod.ts';
import type { End } from './end.ts';
import { found, missing, type Resolved } from './resolved.ts';

/** A pod by its name, by its workload's, or by a name that begins one pod's: `toolbox-a` for `toolbox-a-6fb5b9b786-lszr4`. */
export function findPod(
  directory: Directory,
  end: End & { readonly kind: 'pod' | 'deploy' },
): Resolved<PodEntry | AbsentPod> {
  const pods = directory.pods.filter((pod) => pod.namespace === end.namespace);
  const exact = pods.find((pod) => pod.name === end.name);
  if (end.kind === 'pod' && exact !== undefined) return found(exact);
  const ofWorkload = pods.filter((pod) => pod.workload?.slice(pod.workload.indexOf('/') + 1) === end.name);
  const absent = findAbsent(directory, end);
  if (end.kind === 'pod' && absent?.name === end.name) return found(absent);
  const candidates = ofWorkload.length > 0 ? ofWorkload : pods.filter((pod) => pod.name.startsWith(`${end.name}-`));
  const running = candidates.find((pod) => pod.addresses.length > 0) ?? candidates[0];
  if (running !== undefined) return found(running);
  if (absent !== undefined) return found(absent);
  const all = [...directory.pods, ...directory.absent];
  const what = end.kind === 'pod' ? 'No pod' : 'No pods of a workload';
  return missing(`${what} "${end.namespace}/${end.name}" in the input`, nearHint(end.kind, all, end));
}

/** The nearest name there is, or some of those there are. */
export function nearHint(
  kind: string,
  entries: readonly { readonly namespace: string; readonly name: string }[],
  asked: { readonly namespace: string; readonly name: string },
): string | undefined {
  const elsewhere = entries.find((entry) => entry.name === asked.name || entry.name.startsWith(`${asked.name}-`));
  if (elsewhere !== undefined && elsewhere.namespace !== asked.namespace)
    return `did you mean "${kind}/${elsewhere.namespace}/${elsewhere.name}"?`;
  const near = nearest(
    `${asked.namespace}/${asked.name}`,
    entries.flatMap((entry) => shortForms(entry.name).map((name) => `${entry.namespace}/${name}`)),
  );
  if (near !== undefined) return `did you mean "${kind}/${near}"?`;
  const some = entries.map((entry) => `${entry.namespace}/${entry.name}`);
  return some.length === 0 ? undefined : `the input has ${fewOf(some, 4)}`;
}

/** A pod's name, and the names of the ReplicaSet and Deployment in front of its hashes: each of them finds the pod. */
function shortForms(name: string): string[] {
  const parts = name.split('-');
  return [name, parts.slice(0, -1).join('-'), parts.slice(0, -2).join('-')].filter((form) => form !== '');
}
