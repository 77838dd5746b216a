import { hooks } from './hooks.case.ts';
import type { Group } from './parse-cases.ts';

/** Every group of rows. */
export const ALL_CASES: readonly Group[] = [...hooks];
