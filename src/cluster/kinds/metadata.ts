import type { LabelSelector, ObjectMeta } from '../objects.ts';
import type { Fields } from '../read/fields.ts';
import { metadataFields, requirementFields } from './api-fields.ts';
import { checkLabels, checkName, LABEL, LABEL_1035, type NameRule, SUBDOMAIN } from './names.ts';

const emptyRecord: Readonly<Record<string, string>> = Object.freeze(Object.create(null));

/** Kinds whose names are no subdomains (pkg/apis/core/validation: ValidateNamespaceName, ValidateServiceName). */
const NAMED: Readonly<Record<string, NameRule>> = { Namespace: LABEL, Service: LABEL_1035 };

/** metadata of an object; `default` is filled in for namespaced kinds, as kubectl and the API server do. */
export function readMetadata(fields: Fields, namespaced: boolean): ObjectMeta {
  const metadata = fields.child('metadata');
  if (metadata === undefined) {
    if (!fields.has('metadata')) fields.missing('metadata.name');
    return {
      name: '',
      namespace: namespaced ? 'default' : '',
      labels: emptyRecord,
      annotations: emptyRecord,
      ownerReferences: [],
    };
  }
  metadata.known(metadataFields, 'warning');
  const generateName = metadata.string('generateName');
  const name = generateName === undefined ? metadata.required('name') : (metadata.string('name') ?? '');
  const namespace = metadata.string('namespace');
  checkName(metadata, 'name', name, NAMED[fields.document.kind] ?? SUBDOMAIN);
  if (namespaced) checkName(metadata, 'namespace', namespace, LABEL);
  checkLabels(metadata, 'labels');
  const read: { -readonly [K in keyof ObjectMeta]: ObjectMeta[K] } = {
    name,
    namespace: namespaced ? (namespace === undefined || namespace === '' ? 'default' : namespace) : '',
    labels: metadata.record('labels'),
    annotations: metadata.record('annotations'),
    ownerReferences: metadata.each('ownerReferences', (owner) => ({
      kind: owner.string('kind') ?? '',
      name: owner.string('name') ?? '',
      controller: owner.boolean('controller') ?? false,
    })),
  };
  const uid = metadata.string('uid');
  const creationTimestamp = metadata.string('creationTimestamp');
  const deletionTimestamp = metadata.string('deletionTimestamp');
  if (uid !== undefined) read.uid = uid;
  if (generateName !== undefined) read.generateName = generateName;
  if (creationTimestamp !== undefined) read.creationTimestamp = creationTimestamp;
  if (deletionTimestamp !== undefined) read.deletionTimestamp = deletionTimestamp;
  return read;
}

const selectorFields: ReadonlySet<string> = new Set(['matchLabels', 'matchExpressions']);

export function readSelector(fields: Fields | undefined): LabelSelector {
  if (fields === undefined) return { matchLabels: emptyRecord, matchExpressions: [] };
  fields.known(selectorFields, 'warning');
  checkLabels(fields, 'matchLabels');
  return { matchLabels: fields.record('matchLabels'), matchExpressions: readExpressions(fields, 'matchExpressions') };
}

/** Where a selector that is not there selects nothing (`metav1.LabelSelectorAsSelector` of nil). */
export const readSelectorOrNone = (fields: Fields | undefined): LabelSelector =>
  fields === undefined ? nothing : readSelector(fields);

const nothing: LabelSelector = {
  matchLabels: emptyRecord,
  matchExpressions: [{ key: '', operator: 'In', values: [] }],
};

export function readExpressions(fields: Fields, key: string): LabelSelector['matchExpressions'] {
  return fields.each(key, (expression) => {
    expression.known(requirementFields, 'warning');
    return {
      key: expression.required('key'),
      operator: expression.oneOf('operator', ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt']) ?? 'In',
      values: expression.strings('values'),
    };
  });
}

/** metav1.ConditionStatus of one condition; undefined where nobody has said. */
export function conditionOf(status: Fields | undefined, type: string): Condition | undefined {
  const found = status?.children('conditions').find((condition) => condition.get('type') === type);
  const is = found?.oneOf('status', ['True', 'False', 'Unknown']);
  return found === undefined || is === undefined ? undefined : { is, fields: found };
}

interface Condition {
  readonly is: 'True' | 'False' | 'Unknown';
  readonly fields: Fields;
}
