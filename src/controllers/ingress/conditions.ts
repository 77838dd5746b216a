import type { ListenerCondition } from '../../fabric/index.ts';
import { parseCidr } from '../../net/index.ts';
import type { Annotations } from './annotations.ts';
import { isRecord, textsOf } from './json.ts';

type Globs = Extract<ListenerCondition, { field: 'host-header' | 'path-pattern' | 'http-request-method' }>;

/** What `conditions.NAME` adds: hosts and paths are ORed into those of the rule, the others stand beside them. */
export interface ExtraConditions {
  readonly hosts: readonly string[];
  readonly paths: readonly string[];
  readonly others: readonly ListenerCondition[];
}

const NONE: ExtraConditions = { hosts: [], paths: [], others: [] };
const CONFIGS = {
  'host-header': 'hostHeaderConfig',
  'path-pattern': 'pathPatternConfig',
  'http-header': 'httpHeaderConfig',
  'http-request-method': 'httpRequestMethodConfig',
  'query-string': 'queryStringConfig',
  'source-ip': 'sourceIPConfig',
} as const;
type Field = keyof typeof CONFIGS;

/** `conditions.NAME` of an Ingress (config_types.go RuleCondition, enhanced_backend_builder.go buildConditions). */
export function extraConditions(annotations: Annotations, backend: string): ExtraConditions {
  const key = `conditions.${backend}`;
  const value = annotations.json(key);
  if (value === undefined) return NONE;
  if (!Array.isArray(value)) {
    annotations.complain(key, annotations.text(key) ?? '', 'a list of conditions');
    return NONE;
  }
  const read = (value as readonly unknown[]).flatMap((item) => readCondition(annotations, key, item) ?? []);
  const valuesOf = (field: Globs['field']): readonly string[] =>
    read.flatMap((each) => (each.field === field ? each.values : []));
  return {
    hosts: valuesOf('host-header'),
    paths: valuesOf('path-pattern'),
    others: read.filter(({ field }) => field !== 'host-header' && field !== 'path-pattern'),
  };
}

function readCondition(annotations: Annotations, key: string, item: unknown): ListenerCondition | undefined {
  const wrong = (expected: string): undefined => annotations.complain(key, JSON.stringify(item) ?? '', expected);
  if (!isRecord(item)) return wrong('conditions as {"field": "http-header", "httpHeaderConfig": {...}}');
  const field = Object.keys(CONFIGS).find((each): each is Field => each === item.field);
  if (field === undefined) return wrong(`a field of ${Object.keys(CONFIGS).join(', ')}`);
  const config = item[CONFIGS[field]];
  if (!isRecord(config) || !Array.isArray(config.values) || config.values.length === 0)
    return wrong(`"${CONFIGS[field]}" with a list of "values"`);
  if (field === 'query-string') return queryString(config.values, wrong);
  const values = textsOf(config.values);
  if (values === undefined) return wrong(`"values" of ${field} as texts`);
  switch (field) {
    case 'source-ip': {
      const blocks = values.map(parseCidr).filter((block) => block !== undefined);
      return blocks.length === values.length ? { field, values: blocks } : wrong('"values" of source-ip as CIDRs');
    }
    case 'http-header':
      return typeof config.httpHeaderName === 'string'
        ? { field, name: config.httpHeaderName, values }
        : wrong('"httpHeaderName"');
    case 'host-header':
    case 'path-pattern':
    case 'http-request-method':
      return { field, values };
  }
}

function queryString(items: readonly unknown[], wrong: (expected: string) => undefined): ListenerCondition | undefined {
  const values: { readonly key?: string; readonly value: string }[] = [];
  for (const item of items) {
    if (!isRecord(item) || typeof item.value !== 'string' || item.value === '') return wrong('"value" of query-string');
    values.push({ ...(typeof item.key === 'string' ? { key: item.key } : {}), value: item.value });
  }
  return { field: 'query-string', values };
}
