import type { ConfigMap, EniConfig, Namespace, PriorityClass, ServiceAccount, Unacted } from '../objects.ts';
import type { Fields } from '../read/fields.ts';
import { priorityClassFields } from './api-fields.ts';
import { readMetadata } from './metadata.ts';

export const readNamespace = (fields: Fields): Namespace => ({
  kind: 'Namespace',
  metadata: readMetadata(fields, false),
  source: fields.document.source,
});

export const readServiceAccount = (fields: Fields): ServiceAccount => ({
  kind: 'ServiceAccount',
  metadata: readMetadata(fields, true),
  source: fields.document.source,
});

export const readConfigMap = (fields: Fields): ConfigMap => ({
  kind: 'ConfigMap',
  metadata: readMetadata(fields, true),
  source: fields.document.source,
  data: fields.record('data'),
});

/** Whether a pod's spec or a PriorityClass says so; `PreemptLowerPriority` is the default of both. */
export const neverPreempts = (fields: Fields): boolean =>
  fields.oneOf('preemptionPolicy', ['PreemptLowerPriority', 'Never']) === 'Never';

export function readPriorityClass(fields: Fields): PriorityClass {
  fields.known(priorityClassFields, 'warning');
  const value = fields.integer('value');
  if (value === undefined && !fields.has('value')) fields.missing('value');
  return {
    kind: 'PriorityClass',
    metadata: readMetadata(fields, false),
    source: fields.document.source,
    value: value ?? 0,
    globalDefault: fields.boolean('globalDefault') ?? false,
    ...(neverPreempts(fields) ? { preemptionPolicy: 'Never' } : {}),
  };
}

/** `crd.k8s.amazonaws.com/v1alpha1` ENIConfig: where custom networking puts pods. */
export function readEniConfig(fields: Fields): EniConfig {
  const spec = fields.child('spec');
  if (spec === undefined && !fields.has('spec')) fields.missing('spec');
  return {
    kind: 'ENIConfig',
    metadata: readMetadata(fields, false),
    source: fields.document.source,
    spec: { subnet: spec?.required('subnet') ?? '', securityGroups: spec?.strings('securityGroups') ?? [] },
  };
}

export const readUnacted = (fields: Fields, group: string, does: Unacted['does'], namespaced: boolean): Unacted => ({
  kind: fields.document.kind,
  group,
  does,
  metadata: readMetadata(fields, namespaced),
  source: fields.document.source,
  spec: fields.get('spec') ?? {},
  status: fields.get('status') ?? {},
});
