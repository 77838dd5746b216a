import { assertNever } from '../../base/index.ts';

import { cidrContains, type Ip } from '../../net/index.ts';
import type { Listener, ListenerCondition, ListenerRule } from '../load-balancers.ts';
import { matchesGlob, matchesGlobInAnyCase } from './glob.ts';

/** What the rules of a listener read of a request. */
export interface ListenerRequest {
  readonly method: string;
  /** The Host header without a port, lower case. */
  readonly host: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}

export type Match =
  | { readonly kind: 'matched'; readonly rule: ListenerRule }
  /** Whether `rule` takes the request is not known. */
  | { readonly kind: 'undecided'; readonly rule: ListenerRule; readonly what: string };

/** The first rule by priority all of whose conditions hold; the default rule has none (ALB guide, listener rules). */
export function matchRule({ rules }: Pick<Listener, 'rules'>, request: ListenerRequest, peer: Ip): Match | undefined {
  for (const rule of rules) {
    const answers = rule.conditions.map((condition) => holds(condition, request, peer));
    if (answers.includes('no')) continue;
    if (!answers.includes('undecided')) return { kind: 'matched', rule };
    return { kind: 'undecided', rule, what: UNDECIDED };
  }
  return undefined;
}

type Answer = 'yes' | 'no' | 'undecided';
const answer = (held: boolean): Answer => (held ? 'yes' : 'no');

/**
 * Hosts, headers and query strings are compared without case, paths and methods with it; the path has no query, and the
 * source is the connection's other end (ALB guide, rule condition types).
 */
function holds(condition: ListenerCondition, request: ListenerRequest, peer: Ip): Answer {
  switch (condition.field) {
    case 'host-header':
      return answer(condition.values.some((value) => matchesGlobInAnyCase(value, request.host)));
    case 'path-pattern':
      return answer(condition.values.some((value) => matchesGlob(value, request.path)));
    case 'host-regex':
    case 'path-regex':
    case 'http-header-regex':
      return 'undecided';
    case 'http-request-method':
      return answer(condition.values.includes(request.method));
    case 'http-header': {
      const name = condition.name.toLowerCase();
      const sent = request.headers.filter((header) => header.name.toLowerCase() === name);
      return answer(sent.some((header) => condition.values.some((value) => matchesGlobInAnyCase(value, header.value))));
    }
    case 'query-string':
      return queryHolds(condition.values, request.query);
    case 'source-ip':
      return answer(condition.values.some((block) => cidrContains(block, peer)));
    default:
      return assertNever(condition);
  }
}

const UNDECIDED =
  'how a regular expression matches a host, a path or a header, or a bare word of the query a key or value, is not modelled';

interface Pair {
  readonly key?: string;
  readonly value: string;
}

/** A word without `=` may be a key or a value: which one nobody says, so it decides only where both readings agree. */
function queryHolds(wanted: readonly Pair[], query: string): Answer {
  const words = query.split('&').filter((word) => word !== '');
  const has = (pair: Required<Pair>): boolean => wanted.some((each) => matchesPair(each, pair));
  const full = words.filter((word) => word.includes('=')).map((word) => pairAt(word, word.indexOf('=')));
  if (full.some(has)) return 'yes';
  const bare = words.filter((word) => !word.includes('='));
  const asKeys = bare.some((key) => has({ key, value: '' }));
  const asValues = bare.some((value) => has({ key: '', value }));
  return asKeys === asValues ? answer(asKeys) : 'undecided';
}

const pairAt = (word: string, at: number): Required<Pair> => ({ key: word.slice(0, at), value: word.slice(at + 1) });

const matchesPair = (wanted: Pair, { key, value }: Required<Pair>): boolean =>
  (wanted.key === undefined || matchesGlobInAnyCase(wanted.key, key)) && matchesGlobInAnyCase(wanted.value, value);
