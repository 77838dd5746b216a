import { assertNever } from '../../base/index.ts';

import type { Ip } from '../../net/index.ts';
import type { Listener, ListenerCondition, ListenerRule } from '../load-balancers.ts';
import { anyHolds, type KnownStandIn, tellStandIn } from '../stand-ins.ts';
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
  /** `unless`: whether a rule before it, which does the same, takes the request is not known. */
  | { readonly kind: 'matched'; readonly rule: ListenerRule; readonly unless?: string }
  /** Whether `rule` takes the request is not known. */
  | { readonly kind: 'undecided'; readonly rule: ListenerRule; readonly what: string };

/** The other end of the client's connection, and whose address it stands in for, if the input does not give it. */
export interface ListenerPeer {
  readonly ip: Ip;
  readonly standIn: KnownStandIn | undefined;
}

/**
 * The first rule by priority all of whose conditions hold; the default rule has none (ALB guide, listener rules). One that is
 * for a made-up address, or not, decides nothing where the first that surely holds does the same.
 */
export function matchRule(
  { rules }: Pick<Listener, 'rules'>,
  request: ListenerRequest,
  peer: ListenerPeer,
): Match | undefined {
  const maybe: ListenerRule[] = [];
  for (const rule of rules) {
    const answers = rule.conditions.map((condition) => holds(condition, request, peer));
    if (answers.includes('no')) continue;
    if (answers.includes('undecided')) return { kind: 'undecided', rule, what: UNDECIDED };
    if (answers.includes('unsure')) maybe.push(rule);
    else return surely(rule, maybe, peer);
  }
  const [first] = maybe;
  return first === undefined ? undefined : { kind: 'undecided', rule: first, what: unsureOf(first, peer) };
}

function surely(rule: ListenerRule, maybe: readonly ListenerRule[], peer: ListenerPeer): Match {
  const action = JSON.stringify(rule.action);
  const other = maybe.find((each) => JSON.stringify(each.action) !== action);
  if (other !== undefined) return { kind: 'undecided', rule: other, what: unsureOf(other, peer) };
  const [first] = maybe;
  return first === undefined ? { kind: 'matched', rule } : { kind: 'matched', rule, unless: unsureOf(first, peer) };
}

function unsureOf({ priority, conditions }: ListenerRule, { ip, standIn }: ListenerPeer): string {
  const blocks = conditions.flatMap((each) => (each.field === 'source-ip' ? each.values.map(({ text }) => text) : []));
  const told = standIn === undefined ? '' : `${tellStandIn(ip, standIn)}; `;
  return `${told}whether rule ${priority}, source-ip ${blocks.join(' or ')}, is for it is not known`;
}

/** `unsure`: of an address that nobody gave. */
type Answer = 'yes' | 'no' | 'unsure' | 'undecided';
const answer = (held: boolean): Answer => (held ? 'yes' : 'no');

/**
 * Hosts, headers and query strings are compared without case, paths and methods with it; the path has no query, and the
 * source is the connection's other end (ALB guide, rule condition types).
 */
function holds(condition: ListenerCondition, request: ListenerRequest, peer: ListenerPeer): Answer {
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
      return anyHolds(condition.values, peer.ip, peer.standIn);
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
