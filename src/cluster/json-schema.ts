import { z } from 'zod';
import { OWN_API_VERSION, type OwnKind, ownSchemas } from './own/schemas.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** JSON Schema (draft 2020-12) of one of our kinds, as a user writes it. */
export const jsonSchemaOf = (kind: OwnKind): JsonSchema =>
  z.toJSONSchema(ownSchemas[kind], { io: 'input' }) as JsonSchema;

export const ownKinds = Object.keys(ownSchemas) as readonly OwnKind[];

/** One schema for all our kinds, told apart by `kind`: what an editor is pointed at. */
export function jsonSchema(): JsonSchema {
  const definitions = Object.fromEntries(
    ownKinds.map((kind) => {
      const { $schema: _, ...schema } = jsonSchemaOf(kind);
      return [kind, schema];
    }),
  );
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: OWN_API_VERSION,
    oneOf: ownKinds.map((kind) => ({ $ref: `#/$defs/${kind}` })),
    $defs: definitions,
  };
}
