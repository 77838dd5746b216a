import type { NetnsId } from '../linux/index.ts';
import type { Ip } from '../net/index.ts';
import type { UrlParts } from './end.ts';
import type { AskProblem } from './question.ts';

/** Where a walk starts. */
export interface Sender {
  readonly kind: string;
  readonly name: string;
  readonly netns: NetnsId;
  readonly address: Ip | undefined;
}

/** Where it is sent. `dnsName` is set where a program would look a name up first. */
export interface Target {
  readonly kind: string;
  readonly name: string;
  readonly address: Ip | undefined;
  readonly dnsName: string | undefined;
  readonly port: number | undefined;
  readonly notes: readonly string[];
  /** The request to make once the connection is open. */
  readonly url?: UrlParts | undefined;
}

export type Resolved<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: AskProblem };
