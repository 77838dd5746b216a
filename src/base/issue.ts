import { oneLine } from './printable.ts';
import { type SourceRef, showSource } from './source.ts';

/** Parts of an input that what is said elsewhere leans on. */
export const GROUNDS = [
  'network',
  'nodes',
  'pods',
  'services',
  'load-balancers',
  'filters',
  'connections',
  'patches',
] as const;
export type Ground = (typeof GROUNDS)[number];

/**
 * One problem in a user's input. Problems are collected, never thrown: a command reports all of them at once and exits 2.
 * `code` is stable and greppable; the words follow "state, then wish".
 */
export interface Issue {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly at: SourceRef;
  /** What is wrong, upper-case first letter, no full stop, quoting the offending text. */
  readonly message: string;
  /** What would be right: `expected a CIDR such as "10.0.0.0/16"`. */
  readonly expected?: string;
  /** A near miss or the next thing to do: `did you mean "privateNetworking"?`. */
  readonly hint?: string;
  /** The parts it is true of only where they are understood: without them it may be an echo. Absent: its own place says all. */
  readonly rests?: readonly Ground[];
}

/** `cluster.yaml:5:13: Unknown field "privateNetworkin" (did you mean "privateNetworking"?)` */
export function showIssue(issue: Issue): string {
  const wish = [issue.expected, issue.hint].filter((part) => part !== undefined).join('; ');
  return oneLine(`${showSource(issue.at)}: ${issue.message}${wish === '' ? '' : ` (${wish})`}`);
}

export interface Parsed<T> {
  readonly value: T;
  readonly issues: readonly Issue[];
}
