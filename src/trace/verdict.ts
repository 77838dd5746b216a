import { type Disposition, isSuccess } from './disposition.ts';
import type { Verdict } from './types.ts';

/** `unknown` if any round trip is, else `delivered` if all are good, `failed` if none is, else `mixed`. */
export function verdictOf(dispositions: readonly Disposition[]): Verdict {
  if (dispositions.some((disposition) => disposition === 'unknown')) return 'unknown';
  const good = dispositions.filter(isSuccess).length;
  if (good === 0) return 'failed';
  return good === dispositions.length ? 'delivered' : 'mixed';
}

/** 0 delivered, 1 failed or mixed, 3 unknown (design: exit codes). */
export function exitCodeOf(verdict: Verdict): 0 | 1 | 3 {
  if (verdict === 'delivered') return 0;
  return verdict === 'unknown' ? 3 : 1;
}
