import type { LabelSelector, Node, NodeSelectorTerm, Taint, Toleration } from '../cluster/index.ts';

type Labels = Readonly<Record<string, string>>;
type Requirement = LabelSelector['matchExpressions'][number];

/** apimachinery `metav1.LabelSelectorAsSelector`: all terms ANDed, an empty selector matches everything. */
export function selectorMatches(selector: LabelSelector, labels: Labels): boolean {
  return (
    mapMatches(selector.matchLabels, labels) && selector.matchExpressions.every((r) => requirementMatches(r, labels))
  );
}

/** Every key of `wanted` is there with that value (Service selectors, nodeSelector). */
export function mapMatches(wanted: Labels, labels: Labels): boolean {
  for (const key in wanted) if (own(labels, key) !== wanted[key]) return false;
  return true;
}

/** apimachinery `labels.Requirement.Matches`: NotIn also matches an absent key, Gt and Lt compare integers. */
function requirementMatches(requirement: Requirement, labels: Labels): boolean {
  const value = own(labels, requirement.key);
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && requirement.values.includes(value);
    case 'NotIn':
      return value === undefined || !requirement.values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
    case 'Lt': {
      const bound = requirement.values[0];
      if (!isInteger(value) || !isInteger(bound)) return false;
      return requirement.operator === 'Gt' ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound);
    }
  }
}

/** component-helpers `nodeaffinity.NewNodeSelector`: terms ORed, a term without any requirement matches nothing. */
export function nodeTermsMatch(terms: readonly NodeSelectorTerm[], node: Node): boolean {
  return terms.some((term) => {
    if (term.matchExpressions.length + term.matchFields.length === 0) return false;
    const fields = { 'metadata.name': node.metadata.name };
    return (
      term.matchExpressions.every((r) => requirementMatches(r, node.metadata.labels)) &&
      term.matchFields.every((r) => requirementMatches(r, fields))
    );
  });
}

/** core/v1 `Toleration.ToleratesTaint`: an empty key with Exists tolerates all, an absent effect any effect. */
export function tolerates(tolerations: readonly Toleration[], taint: Taint): boolean {
  return tolerations.some((toleration) => {
    if (toleration.effect !== undefined && toleration.effect !== taint.effect) return false;
    const key = toleration.key ?? '';
    if (key === '') return toleration.operator === 'Exists';
    if (key !== taint.key) return false;
    return toleration.operator === 'Exists' || toleration.value === taint.value;
  });
}

/** The first taint that keeps a pod off a node, as plugin TaintToleration looks for it. */
export const untolerated = (tolerations: readonly Toleration[], taints: readonly Taint[]): Taint | undefined =>
  taints.find((taint) => taint.effect !== 'PreferNoSchedule' && !tolerates(tolerations, taint));

export const keyOf = (object: { readonly metadata: { readonly namespace: string; readonly name: string } }): string =>
  `${object.metadata.namespace}/${object.metadata.name}`;

export const own = (record: Labels, key: string): string | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;

const isInteger = (text: string | undefined): text is string => text !== undefined && /^-?\d+$/.test(text);

/** Order of strings by code unit: the same on every machine, unlike localeCompare. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
