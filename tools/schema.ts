import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jsonSchema } from '../src/cluster/index.ts';
import { traceResultSchema } from '../src/render/index.ts';

/** The published schemas, generated from what the readers and renderers themselves use. */
export const root = resolve(import.meta.dirname, '..');

export function schemaFiles(): { readonly path: string; readonly text: string }[] {
  const print = (schema: unknown): string => `${JSON.stringify(schema, null, 2)}\n`;
  return [
    { path: 'schema/packetwalk.dev-v1alpha1.json', text: print(jsonSchema()) },
    { path: 'schema/trace-result.json', text: print(traceResultSchema) },
  ];
}

export function writeSchemas(): void {
  for (const { path, text } of schemaFiles()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeSchemas();
