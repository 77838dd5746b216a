import type { ResolvConf } from '../linux/index.ts';
import type { Ip, Protocol } from '../net/index.ts';
import type { DnsQuery, HttpRequest, SilentServer, TraceResult } from '../trace/index.ts';
import type { ChoicePolicy, HostsLine, World } from '../world/index.ts';

/** A question about one flow, in the user's words. */
export interface Question {
  readonly from: string;
  readonly to: string;
  readonly protocol?: Protocol;
  readonly fromPort?: number;
  readonly choice?: ChoicePolicy;
  readonly size?: number;
  readonly df?: boolean;
  readonly ttl?: number;
  /** Headers of the request, beside Host. Given, a request is made even where TO is no URL. */
  readonly headers?: HttpRequest['headers'];
  /** true: resolve names and Services through DNS; false: never; absent: for names, and for Services where the sender has cluster DNS. */
  readonly dns?: boolean;
}

/** Something in the question that the World does not have: told like an input problem, exit 2. */
export interface AskProblem {
  readonly message: string;
  readonly hint?: string;
}

export type Answer =
  | { readonly ok: true; readonly result: TraceResult }
  | { readonly ok: false; readonly problems: readonly AskProblem[] };

/** What the resolver library hands to the program, and how it came to it. */
export interface Resolution {
  readonly queries: readonly DnsQuery[];
  /** As getaddrinfo sorts them. */
  readonly addresses: readonly Ip[];
  /** Any of them may be the first: the order of an answer changes. */
  readonly first: readonly Ip[];
  /** The rule of RFC 6724 that puts them before the others. */
  readonly rule?: 1 | 2 | 5 | 6 | 8 | 9;
  readonly unknowns: readonly string[];
  readonly silent: readonly SilentServer[];
  /** Seconds spent on servers that said nothing. */
  readonly waited: number;
}

/** Files of a program that are not those of the namespace it runs in. */
export interface OwnFiles {
  readonly resolvConf?: ResolvConf;
  readonly hosts?: readonly HostsLine[];
}

/** Name resolution from a namespace, by its files or others that are given: walks the queries. */
export type Resolve = (world: World, from: string, name: string, own?: OwnFiles) => Resolution;
