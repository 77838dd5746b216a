import type { Issue } from '../base/index.ts';
import type { Cluster, Pod } from '../cluster/index.ts';
import { byText, keyOf } from './labels.ts';

/** The classes every cluster has (`pkg/apis/scheduling/types.go`, SystemPriorityClasses). */
const SYSTEM: readonly (readonly [name: string, value: number])[] = [
  ['system-cluster-critical', 2_000_000_000],
  ['system-node-critical', 2_000_001_000],
];

/** Priorities of a cluster's pods, and what is said of those whose class is not in the input. */
export interface PodPriorities {
  readonly of: (pod: Pod) => number;
  /** Whether a pod may take the place of others of lower priority. */
  readonly preempts: (pod: Pod) => boolean;
  /** One warning for each class that pods name and nobody gave, whose pods count as those without a class. */
  readonly unknown: (pods: readonly Pod[]) => readonly Issue[];
}

/**
 * The number of a pod that has one; else that of its class; else that of the class which is the default of all, the lowest
 * where several say so; else 0 (plugin/pkg/admission/priority/admission.go).
 */
export function podPriorities({ priorityClasses }: Cluster): PodPriorities {
  const classes = new Map([
    ...SYSTEM,
    ...priorityClasses.map(({ metadata, value }) => [metadata.name, value] as const),
  ]);
  const patient = new Set(
    priorityClasses.filter((given) => given.preemptionPolicy === 'Never').map(({ metadata }) => metadata.name),
  );
  const [fallback] = priorityClasses
    .filter(({ globalDefault }) => globalDefault)
    .toSorted((a, b) => a.value - b.value || byText(a.metadata.name, b.metadata.name));
  const classOf = ({ spec }: Pod): string | undefined => spec.priorityClassName ?? fallback?.metadata.name;
  const standard = fallback?.value ?? 0;
  return {
    of: ({ spec: { priority, priorityClassName } }) =>
      priority ?? (priorityClassName === undefined ? standard : (classes.get(priorityClassName) ?? standard)),
    preempts: (pod) => pod.spec.preemptionPolicy !== 'Never' && !patient.has(classOf(pod) ?? ''),
    unknown: (pods) => {
      const named = new Map<string, Pod>();
      for (const pod of pods) {
        const { priority, priorityClassName: name } = pod.spec;
        if (priority !== undefined || name === undefined || classes.has(name) || named.has(name)) continue;
        named.set(name, pod);
      }
      return [...named].map(([name, pod]) => unknownClass(name, pod));
    },
  };
}

const unknownClass = (name: string, pod: Pod): Issue => ({
  code: 'unknown-reference',
  severity: 'warning',
  at: pod.source,
  message: `PriorityClass "${name}" of pod "${keyOf(pod)}" is not in the input: where nodes are full it waits like a pod without one`,
  hint: 'add the PriorityClass: an API server refuses pods whose class it does not know',
});
