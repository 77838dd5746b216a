import type { Workload } from '../objects.ts';
import { type Fields, maybe } from '../read/fields.ts';
import { MAX_OBJECTS } from '../read/limits.ts';
import { metadataFields, objectFields, ordinalsFields, templateFields, workloadSpecFields } from './api-fields.ts';
import { readMetadata, readSelector } from './metadata.ts';
import { checkLabels } from './names.ts';
import { readPodSpec } from './pod.ts';
import { readProgress, readStatus } from './workload-status.ts';

/** Deployment, ReplicaSet, StatefulSet, DaemonSet, Job. `replicas` of a DaemonSet is 0: it has one pod a node. */
export function readWorkload(fields: Fields, kind: Workload['kind']): Workload {
  fields.known(objectFields, 'warning');
  const metadata = readMetadata(fields, true);
  const spec = fields.child('spec');
  if (spec === undefined && !fields.has('spec')) fields.missing('spec');
  spec?.known(workloadSpecFields[kind], 'warning');
  const template = spec?.child('template');
  if (spec !== undefined && !spec.has('template')) spec.missing('template');
  template?.known(templateFields, 'warning');
  const labels = template?.child('metadata');
  labels?.known(metadataFields, 'warning');
  checkLabels(labels, 'labels');
  return {
    kind,
    metadata,
    source: fields.document.source,
    replicas: readReplicas(spec, kind),
    selector: readSelector(spec?.child('selector')),
    template: {
      labels: labels?.record('labels') ?? {},
      annotations: labels?.record('annotations') ?? {},
      spec: readPodSpec(template ?? fields),
    },
    ...maybe('firstOrdinal', kind === 'StatefulSet' ? readOrdinals(spec) : undefined),
    ...maybe('indexed', kind === 'Job' && spec !== undefined && isIndexed(spec) ? true : undefined),
    ...maybe('progress', kind === 'Job' ? readProgress(fields) : undefined),
    ...maybe('status', readStatus(fields, kind)),
    ...maybe('serviceName', kind === 'StatefulSet' ? spec?.string('serviceName') : undefined),
  };
}

function readOrdinals(spec: Fields | undefined): number | undefined {
  const ordinals = spec?.child('ordinals');
  ordinals?.known(ordinalsFields, 'warning');
  return ordinals?.integer('start', 0);
}

/** The API server takes no Indexed Job without a number of completions (`pkg/apis/batch/validation`). */
function isIndexed(spec: Fields): boolean {
  const indexed = spec.oneOf('completionMode', ['NonIndexed', 'Indexed']) === 'Indexed';
  if (indexed && !spec.has('completions')) spec.missing('completions');
  return indexed;
}

/** A Job runs `parallelism` pods at once, none while suspended, and never more than `completions` in all. */
function readReplicas(spec: Fields | undefined, kind: Workload['kind']): number {
  if (spec === undefined || kind === 'DaemonSet') return 0;
  if (kind !== 'Job') return spec.integer('replicas', 0, MAX_OBJECTS) ?? 1;
  if (spec.boolean('suspend') === true) return 0;
  const parallelism = spec.integer('parallelism', 0, MAX_OBJECTS) ?? 1;
  return Math.min(parallelism, spec.integer('completions', 0) ?? parallelism);
}
