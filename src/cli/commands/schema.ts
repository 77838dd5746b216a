import { jsonSchemaOf, ownKinds } from '../../cluster/index.ts';
import { traceResultSchema } from '../../render/index.ts';
import { CommandError, type Io } from '../io.ts';

/** `schema [KIND]`: what editors and consumers validate against. Without a kind, the list. */
export function schema(kind: string | undefined, io: Io): number {
  const schemas: Readonly<Record<string, unknown>> = {
    ...Object.fromEntries(ownKinds.map((name) => [name, jsonSchemaOf(name)])),
    TraceResult: traceResultSchema,
  };
  if (kind === undefined) {
    io.stdout(`${Object.keys(schemas).join('\n')}\n`);
    return 0;
  }
  const found = Object.entries(schemas).find(([name]) => name.toLowerCase() === kind.toLowerCase());
  if (found === undefined)
    throw new CommandError(`No schema for "${kind}"; there are ${Object.keys(schemas).join(', ')}`);
  io.stdout(`${JSON.stringify(found[1], null, 2)}\n`);
  return 0;
}
