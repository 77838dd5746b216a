import { HOST } from './host-mutants.ts';
import type { Mutant } from './mutant.ts';
import { NETFILTER } from './netfilter-mutants.ts';

export type { Mutant } from './mutant.ts';

export const MUTANTS: readonly Mutant[] = [...NETFILTER, ...HOST];
