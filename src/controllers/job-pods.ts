import type { Pod, Workload } from '../cluster/index.ts';
import { podOf, replicaPods } from './made-pods.ts';
import { freeName } from './seeded-names.ts';

const INDEX = 'batch.kubernetes.io/job-completion-index';

/**
 * How many pods a Job wants (`pkg/controller/job` manageJob): none once it is finished, never more than are left to succeed.
 * Those that have and are in the input count, also where the Job has no status.
 */
export function jobWants({ replicas, progress }: Workload, ended: readonly Pod[]): number {
  if (progress === undefined) return replicas;
  const succeeded = Math.max(progress.succeeded, ended.length);
  if (progress.finished) return 0;
  if (progress.completions === undefined) return succeeded > 0 ? 0 : replicas;
  return Math.max(0, Math.min(replicas, progress.completions - succeeded));
}

/**
 * `pkg/controller/job`: pods carry their Job's name as the labels the API server adds to the template; of an Indexed one the
 * lowest indexes that are left run first, each in the pod's name, hostname, label and annotation (`indexed_job_utils.go`).
 */
export function jobPods(
  job: Workload,
  count: number,
  ended: readonly Pod[],
  taken: ReadonlySet<string>,
): readonly Pod[] {
  const { namespace, name } = job.metadata;
  const mine = { 'batch.kubernetes.io/job-name': name, 'job-name': name };
  const labels = { ...job.template.labels, ...mine };
  const labelled = { ...job, template: { ...job.template, labels } };
  if (job.indexed !== true) return replicaPods(labelled, count, taken);
  const here = new Set<string>();
  const used = { has: (pod: string) => here.has(pod) || taken.has(`${namespace}/${pod}`) };
  return openIndexes(job, count, ended).map((i) => {
    const index = { [INDEX]: String(i) };
    const prefix = `${name.slice(0, 58 - `-${i}-`.length)}-${i}-`;
    const pod = freeName(prefix, `${namespace}/${name}/${i}`, used);
    here.add(pod);
    const template = {
      ...job.template,
      labels: { ...labels, ...index },
      annotations: { ...job.template.annotations, ...index },
    };
    return podOf({ ...job, template }, pod, prefix, { ...template.spec, hostname: `${name}-${i}` });
  });
}

/** The lowest indexes that have neither succeeded nor failed for good. */
function openIndexes({ progress }: Workload, count: number, ended: readonly Pod[]): readonly number[] {
  const rows = [...(progress?.done ?? [])];
  for (const { metadata } of ended) {
    const index = Number(metadata.annotations[INDEX] ?? metadata.labels[INDEX] ?? Number.NaN);
    if (Number.isInteger(index)) rows.push([index, index]);
  }
  const behind = rows.toSorted(([a], [b]) => a - b);
  const open: number[] = [];
  const limit = progress?.completions ?? count;
  let at = 0;
  for (const [first, last] of [...behind, [limit, limit] as const]) {
    for (; at < Math.min(first, limit) && open.length < count; at++) open.push(at);
    at = Math.max(at, last + 1);
  }
  return open;
}
