import { expect, test } from 'vitest';
import { jsonSchema, jsonSchemaOf, ownKinds } from './json-schema.ts';

test.each(ownKinds)('%s has a schema that is strict and of its own kind', (kind) => {
  const schema = jsonSchemaOf(kind);
  expect(schema).toMatchObject({
    type: 'object',
    additionalProperties: false,
    properties: { kind: { const: kind }, apiVersion: { const: 'packetwalk.dev/v1alpha1' } },
  });
});

test('one schema for all', () => {
  expect(jsonSchema().oneOf).toHaveLength(ownKinds.length);
});
