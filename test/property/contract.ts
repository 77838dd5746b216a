import { traceResultSchema } from '../../src/render/index.ts';
import type { TraceResult } from '../../src/trace/index.ts';

/** Where an answer, as `-o json` prints it, breaks the published schema. */
export const contractViolations = (result: TraceResult): string[] =>
  violations(JSON.parse(JSON.stringify(result)), traceResultSchema, '$');

type Schema = Readonly<Record<string, unknown>>;

/** The part of JSON Schema the contract uses: type, const, enum, anyOf, $ref, properties, required, items, minimum, maximum. */
function violations(value: unknown, schema: Schema, at: string): string[] {
  const ref = schema['$ref'];
  if (typeof ref === 'string')
    return violations(
      value,
      (traceResultSchema['$defs'] as Record<string, Schema>)[ref.replace('#/$defs/', '')] ?? {},
      at,
    );
  const anyOf = schema['anyOf'] as readonly Schema[] | undefined;
  if (anyOf !== undefined)
    return anyOf.some((each) => violations(value, each, at).length === 0) ? [] : [`${at}: fits none of anyOf`];
  if ('const' in schema && schema['const'] !== value) return [`${at}: not ${String(schema['const'])}`];
  const options = schema['enum'] as readonly unknown[] | undefined;
  if (options !== undefined && !options.includes(value)) return [`${at}: ${String(value)} is not in the list`];
  const types = [schema['type'] ?? []].flat() as string[];
  if (types.length > 0 && !types.some((type) => isType(value, type))) return [`${at}: not ${types.join(' or ')}`];
  if (Array.isArray(value))
    return value.flatMap((item, i) => violations(item, (schema['items'] ?? {}) as Schema, `${at}[${i}]`));
  if (typeof value !== 'object' || value === null) return [];
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
  const missing = ((schema['required'] ?? []) as string[])
    .filter((name) => !(name in value))
    .map((name) => `${at}.${name}: missing`);
  const surplus =
    schema['additionalProperties'] === false
      ? Object.keys(value)
          .filter((name) => !(name in properties))
          .map((name) => `${at}.${name}: not in the contract`)
      : [];
  return [
    ...missing,
    ...surplus,
    ...Object.entries(value).flatMap(([name, field]) =>
      properties[name] === undefined ? [] : violations(field, properties[name], `${at}.${name}`),
    ),
  ];
}

function isType(value: unknown, type: string): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}
