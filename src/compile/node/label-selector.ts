/**
 * Whether a label selector as written selects `labels` (apimachinery LabelSelectorAsSelector). Empty selects everything;
 * so does one that cannot be read: a policy may then act, and the answer must not pretend it does not.
 */
export function selects(selector: unknown, labels: Readonly<Record<string, string>>): boolean {
  if (!isRecord(selector)) return true;
  const { matchLabels, matchExpressions } = selector;
  if (isRecord(matchLabels)) {
    for (const [key, value] of Object.entries(matchLabels)) if (own(labels, key) !== value) return false;
  }
  if (Array.isArray(matchExpressions)) {
    for (const expression of matchExpressions) if (!holds(expression, labels)) return false;
  }
  return true;
}

function holds(expression: unknown, labels: Readonly<Record<string, string>>): boolean {
  if (!isRecord(expression) || typeof expression.key !== 'string') return true;
  const value = own(labels, expression.key);
  const values: readonly unknown[] = Array.isArray(expression.values) ? expression.values : [];
  switch (expression.operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return true;
  }
}

const own = (labels: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(labels, key) ? labels[key] : undefined;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
