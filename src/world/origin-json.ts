import type { SourceRef } from '../base/index.ts';
import type { FabricOrigin } from '../fabric/index.ts';
import { type Decode, object, text, whole } from './decode.ts';

export const source: Decode<SourceRef> = object<SourceRef>({ file: text, line: whole, column: whole }, [
  'line',
  'column',
]);
export const origin: Decode<FabricOrigin> = object<FabricOrigin>({ by: text, at: source }, ['at']);
