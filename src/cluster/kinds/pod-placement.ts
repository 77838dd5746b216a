import type {
  NodeSelectorTerm,
  PodAffinityTerm,
  PodPlacement,
  Toleration,
  TopologySpreadConstraint,
} from '../objects.ts';
import { type Fields, maybe } from '../read/fields.ts';
import {
  affinityFields,
  affinityKindFields,
  nodeSelectorFields,
  nodeTermFields,
  podTermFields,
  spreadFields,
  tolerationFields,
} from './api-fields.ts';
import { readExpressions, readSelectorOrNone } from './metadata.ts';
import { checkLabels } from './names.ts';

const NONE: readonly never[] = [];

/** `open`: the pod has no node yet, so every term counts. */
export function readPodPlacement(spec: Fields, open: boolean): PodPlacement {
  const affinity = spec.child('affinity');
  checkLabels(spec, 'nodeSelector');
  return {
    nodeSelector: spec.record('nodeSelector'),
    requiredNodeAffinity: readNodeAffinity(affinity?.child('nodeAffinity')),
    podAffinity: readAffinityTerms(affinity?.child('podAffinity'), open),
    podAntiAffinity: readAffinityTerms(affinity?.child('podAntiAffinity'), open),
    tolerations: spec.each('tolerations', readToleration),
    topologySpreadConstraints: spec.each('topologySpreadConstraints', readSpread),
    ...(affinity !== undefined && prefersIn(affinity) ? { prefers: true } : {}),
  };
}

function readNodeAffinity(fields: Fields | undefined): readonly NodeSelectorTerm[] {
  const required = fields?.child('requiredDuringSchedulingIgnoredDuringExecution');
  required?.known(nodeSelectorFields, 'warning');
  const read = (term: Fields): NodeSelectorTerm => {
    term.known(nodeTermFields, 'warning');
    return {
      matchExpressions: readExpressions(term, 'matchExpressions'),
      matchFields: readExpressions(term, 'matchFields'),
    };
  };
  return required?.each('nodeSelectorTerms', read) ?? NONE;
}

/** Reports fields of affinity that nobody knows; true where a term only weighs. */
function prefersIn(affinity: Fields): boolean {
  affinity.known(affinityFields, 'warning');
  return ['nodeAffinity', 'podAffinity', 'podAntiAffinity'].some((kind) => {
    const fields = affinity.child(kind);
    fields?.known(affinityKindFields, 'warning');
    return (fields?.list('preferredDuringSchedulingIgnoredDuringExecution').length ?? 0) > 0;
  });
}

function readSpread(fields: Fields): TopologySpreadConstraint {
  fields.known(spreadFields, 'warning');
  const policies = ['Honor', 'Ignore'] as const;
  const keys = fields.strings('matchLabelKeys');
  return {
    maxSkew: fields.integer('maxSkew', 1) ?? 1,
    topologyKey: fields.required('topologyKey'),
    whenUnsatisfiable: fields.oneOf('whenUnsatisfiable', ['DoNotSchedule', 'ScheduleAnyway']) ?? 'DoNotSchedule',
    labelSelector: readSelectorOrNone(fields.child('labelSelector')),
    ...maybe('minDomains', fields.integer('minDomains', 1)),
    ...maybe('matchLabelKeys', keys.length === 0 ? undefined : keys),
    ...maybe('nodeAffinityPolicy', fields.oneOf('nodeAffinityPolicy', policies)),
    ...maybe('nodeTaintsPolicy', fields.oneOf('nodeTaintsPolicy', policies)),
  };
}

const UNREAD_TERMS = ['namespaceSelector', 'matchLabelKeys', 'mismatchLabelKeys'];

/** `open`: the pod has no node yet, so every term counts. */
function readAffinityTerms(fields: Fields | undefined, open: boolean): readonly PodAffinityTerm[] {
  const read = (term: Fields): PodAffinityTerm => {
    term.known(podTermFields, 'warning');
    for (const key of open ? UNREAD_TERMS : NONE) sayUnread(term, key);
    return {
      labelSelector: readSelectorOrNone(term.child('labelSelector')),
      namespaces: term.strings('namespaces'),
      topologyKey: term.required('topologyKey'),
    };
  };
  return fields?.each('requiredDuringSchedulingIgnoredDuringExecution', read) ?? NONE;
}

/** A field that decides which node a pod gets, and that nothing here reads. */
function sayUnread(fields: Fields, key: string): void {
  if (!fields.has(key)) return;
  const message = `Field "${fields.name(key)}" is not read: the scheduler may choose another node`;
  fields.complain([key], { code: 'not-modelled', severity: 'warning', message });
}

function readToleration(fields: Fields): Toleration {
  fields.known(tolerationFields, 'warning');
  return {
    ...maybe('key', fields.string('key')),
    operator: fields.oneOf('operator', ['Equal', 'Exists']) ?? 'Equal',
    value: fields.string('value') ?? '',
    ...maybe('effect', fields.get('effect') === '' ? undefined : fields.oneOf('effect', taintEffects)),
  };
}

export const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] as const;
