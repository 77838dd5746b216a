import { type SourceRef, showSource } from './source.ts';

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
}

/** `cluster.yaml:5:13: Unknown field "privateNetworkin" (did you mean "privateNetworking"?)` */
export function showIssue(issue: Issue): string {
  const wish = [issue.expected, issue.hint].filter((part) => part !== undefined).join('; ');
  return `${showSource(issue.at)}: ${issue.message}${wish === '' ? '' : ` (${wish})`}`;
}

export interface Parsed<T> {
  readonly value: T;
  readonly issues: readonly Issue[];
}
