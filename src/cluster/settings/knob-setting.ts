import type { SourceRef } from '../../base/index.ts';

/** One `--set KEY=VALUE`. */
export interface KnobSetting {
  readonly key: string;
  readonly value: string;
  readonly source: SourceRef;
}
