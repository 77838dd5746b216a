import type { ListenerCondition } from '../../fabric/index.ts';
import { parseCidr } from '../../net/index.ts';
import type { Annotations } from './annotations.ts';
import { isRecord, textsOf } from './json.ts';

/** Values of a host or a path: globs or regular expressions. */
export interface Patterns {
  readonly globs: readonly string[];
  readonly regexes: readonly string[];
}

/** What `conditions.NAME` adds: hosts and paths are ORed into those of the rule, the others stand beside them. */
export interface ExtraConditions {
  readonly hosts: Patterns;
  readonly paths: Patterns;
  readonly others: readonly ListenerCondition[];
}

const NO_PATTERNS: Patterns = { globs: [], regexes: [] };
const NONE: ExtraConditions = { hosts: NO_PATTERNS, paths: NO_PATTERNS, others: [] };
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
  if (value === undefined || value === null) return NONE;
  if (!Array.isArray(value)) {
    annotations.complain(key, annotations.text(key) ?? '', 'a list of conditions');
    return NONE;
  }
  const read = (value as readonly unknown[]).flatMap((item) => readCondition(annotations, key, item) ?? []);
  const valuesOf = (field: Merged): readonly string[] =>
    read.flatMap((each) => (each.field === field ? each.values : []));
  return {
    hosts: { globs: valuesOf('host-header'), regexes: valuesOf('host-regex') },
    paths: { globs: valuesOf('path-pattern'), regexes: valuesOf('path-regex') },
    others: read.filter(({ field }) => !MERGED.some((each) => each === field)),
  };
}

const MERGED = ['host-header', 'host-regex', 'path-pattern', 'path-regex'] as const;
type Merged = (typeof MERGED)[number];

function readCondition(annotations: Annotations, name: string, item: unknown): ListenerCondition | undefined {
  const wrong = (expected: string): undefined => annotations.complain(name, JSON.stringify(item) ?? '', expected);
  if (!isRecord(item)) return wrong('conditions as {"field": "http-header", "httpHeaderConfig": {...}}');
  const field = Object.keys(CONFIGS).find((each): each is Field => each === item.field);
  if (field === undefined) return wrong(`a field of ${Object.keys(CONFIGS).join(', ')}`);
  const config = item[CONFIGS[field]];
  const key = keyOf(field, config);
  const given = isRecord(config) && key !== undefined ? config[key] : undefined;
  if (!isRecord(config) || !Array.isArray(given) || given.length === 0) return wrong(expectedIn(field));
  if (field === 'query-string') return queryString(given, wrong);
  const values = textsOf(given);
  if (values === undefined) return wrong(`"${key}" of ${field} as texts`);
  const regex = key === 'regexValues';
  switch (field) {
    case 'source-ip': {
      const blocks = values.map(parseCidr).filter((block) => block !== undefined);
      return blocks.length === values.length ? { field, values: blocks } : wrong('"values" of source-ip as CIDRs');
    }
    case 'http-header':
      return typeof config.httpHeaderName === 'string'
        ? { field: regex ? 'http-header-regex' : field, name: config.httpHeaderName, values }
        : wrong('"httpHeaderName"');
    case 'host-header':
      return { field: regex ? 'host-regex' : field, values };
    case 'path-pattern':
      return { field: regex ? 'path-regex' : field, values };
    case 'http-request-method':
      return { field, values };
  }
}

/** Fields that may have `regexValues` in place of `values` (config_types.go). */
const REGEX_TOO: ReadonlySet<Field> = new Set(['host-header', 'path-pattern', 'http-header']);

/** Where the values are; undefined: in neither place, or in both. */
function keyOf(field: Field, config: unknown): 'values' | 'regexValues' | undefined {
  const has = (key: string): boolean => isRecord(config) && Array.isArray(config[key]) && config[key].length > 0;
  if (!REGEX_TOO.has(field)) return 'values';
  if (has('values') === has('regexValues')) return undefined;
  return has('values') ? 'values' : 'regexValues';
}

const expectedIn = (field: Field): string =>
  REGEX_TOO.has(field)
    ? `"${CONFIGS[field]}" with a list of "values" or one of "regexValues"`
    : `"${CONFIGS[field]}" with a list of "values"`;

function queryString(items: readonly unknown[], wrong: (expected: string) => undefined): ListenerCondition | undefined {
  const values: { readonly key?: string; readonly value: string }[] = [];
  for (const item of items) {
    if (!isRecord(item) || typeof item.value !== 'string' || item.value === '') return wrong('"value" of query-string');
    values.push({ ...(typeof item.key === 'string' ? { key: item.key } : {}), value: item.value });
  }
  return { field: 'query-string', values };
}
