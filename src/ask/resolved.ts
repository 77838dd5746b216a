import type { AskProblem } from './question.ts';

/** What a part of a question stands for, or what is wrong with it. */
export type Resolved<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: AskProblem };

export const found = <T>(value: T): Resolved<T> => ({ ok: true, value });
export const missing = (message: string, hint?: string): Resolved<never> => ({
  ok: false,
  problem: { message, ...(hint === undefined ? {} : { hint }) },
});
