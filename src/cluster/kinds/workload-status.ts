import type { Workload } from '../objects.ts';
import { type Fields, maybe } from '../read/fields.ts';
import { MAX_OBJECTS } from '../read/limits.ts';
import type { JobProgress, WorkloadStatus } from '../workload-progress.ts';

/** Where each kind says how many pods it has, how many are ready, and that its controller has looked at it. */
const counters = {
  Deployment: ['replicas', 'readyReplicas', 'observedGeneration'],
  ReplicaSet: ['replicas', 'readyReplicas', 'observedGeneration'],
  StatefulSet: ['replicas', 'readyReplicas', 'observedGeneration'],
  DaemonSet: ['currentNumberScheduled', 'numberReady', 'observedGeneration'],
  Job: ['active', 'ready', 'startTime'],
} as const;

/**
 * A count of 0 is left out of the JSON (`omitempty`): where the controller has looked, absent is none. Where no API server was,
 * a 0 is what a program printed that writes out every field, as manifests made of Go types have it.
 */
export function readStatus(fields: Fields, kind: Workload['kind']): WorkloadStatus | undefined {
  const status = fields.child('status');
  if (status === undefined) return undefined;
  const [there, well, seen] = counters[kind];
  const pods = status.integer(there, 0, MAX_OBJECTS);
  const ready = status.integer(well, 0, MAX_OBJECTS);
  if (!status.has(seen)) {
    if (pods === undefined) return undefined;
    if (pods === 0 && fields.child('metadata')?.has('uid') !== true) return undefined;
  }
  // A Job of before 1.24 does not count which of its pods are ready.
  return { pods: pods ?? 0, ready: Math.min(pods ?? 0, ready ?? (kind === 'Job' ? (pods ?? 0) : 0)) };
}

/** Conditions with which a Job makes no more pods and ends those it has (`pkg/controller/job` syncJob). */
const ENDS: ReadonlySet<string> = new Set(['Complete', 'Failed', 'SuccessCriteriaMet', 'FailureTarget']);

export function readProgress(fields: Fields): JobProgress {
  const completions = fields.child('spec')?.integer('completions', 0);
  const status = fields.child('status');
  const conditions = status?.children('conditions') ?? [];
  return {
    ...maybe('completions', completions),
    succeeded: status?.integer('succeeded', 0) ?? 0,
    finished: conditions.some((each) => ENDS.has(each.string('type') ?? '') && each.string('status') === 'True'),
    done: ['completedIndexes', 'failedIndexes'].flatMap((key) => readIndexes(status, key)),
  };
}

/** `1,3-5,7` */
function readIndexes(status: Fields | undefined, key: string): JobProgress['done'] {
  const text = status?.string(key) ?? '';
  if (text === '') return [];
  const rows = text.split(',').map((row) => /^(\d{1,10})(?:-(\d{1,10}))?$/.exec(row));
  if (rows.includes(null)) {
    status?.wrong(key, text, 'indexes such as "1,3-5,7"');
    return [];
  }
  return rows.flatMap((row) => (row === null ? [] : [[Number(row[1]), Number(row[2] ?? row[1])] as const]));
}
