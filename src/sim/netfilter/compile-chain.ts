import type { Chain, Match, Rule } from '../../linux/index.ts';
import { cidrFirst, isHostCidr } from '../../net/index.ts';
import type { Packet } from '../packet.ts';
import { compileMatch } from './matches/compile-match.ts';
import { portsOf } from './matches/ports.ts';
import { compileTarget } from './targets/compile-target.ts';
import type { CompiledChain, CompiledRule, MatchEval } from './types.ts';

/** Below this many rules reading them all is as fast as looking up which to read. */
const INDEX_FROM = 8;

const chains = new WeakMap<Chain, CompiledChain>();

/**
 * A chain ready to evaluate, compiled once for all the namespaces that share it: nothing here knows whose it is. Rules are
 * compiled when first read. The index only leaves out rules that cannot match: what it yields is evaluated as ever.
 */
export function compileChain(chain: Chain): CompiledChain {
  let compiled = chains.get(chain);
  if (compiled === undefined) {
    compiled = build(chain);
    chains.set(chain, compiled);
  }
  return compiled;
}

function build(chain: Chain): CompiledChain {
  const rules: CompiledRule[] = [];
  const rule = (at: number): CompiledRule => {
    let compiled = rules[at];
    if (compiled === undefined) {
      compiled = compileRule(chain.rules[at] ?? EMPTY, at + 1);
      rules[at] = compiled;
    }
    return compiled;
  };
  let index: RuleIndex | undefined;
  return {
    chain,
    rule,
    each(frame, visit) {
      const count = chain.rules.length;
      if (frame.linear || count < INDEX_FROM) {
        for (let at = 0; at < count; at++) if (visit(rule(at))) return;
        return;
      }
      index ??= indexRules(chain.rules);
      eachCandidate(index, frame.skb.packet, (at) => visit(rule(at)));
    },
  };
}

const EMPTY: Rule = { matches: [], target: undefined };

function compileRule(rule: Rule, index: number): CompiledRule {
  const compiled = rule.matches.map((match) => compileMatch(match, rule));
  const undecided = compiled.findIndex((each) => each.eval === undefined);
  const matches: MatchEval[] = [];
  for (const { eval: evaluate, sideEffect } of compiled) {
    if (evaluate !== undefined && (undecided < 0 || !sideEffect)) matches.push(evaluate);
  }
  const target = rule.target === undefined ? undefined : compileTarget(rule.target, rule);
  const limits = target === undefined ? compiled : [...compiled, target];
  return {
    rule,
    index,
    matches,
    unsupported: undecided < 0 ? undefined : textOf(rule.matches[undecided]),
    matters: target?.eval !== undefined || compiled.some((each) => each.sideEffect),
    hooks: limits.find((each) => each.hooks !== undefined)?.hooks,
    tables: limits.find((each) => each.tables !== undefined)?.tables,
    target: target?.eval,
  };
}

const textOf = (match: Match | undefined): string =>
  match === undefined ? '' : match.kind === 'unsupported' ? match.text : `-m ${match.kind}`;

// ---- the index -------------------------------------------------------------------------------------------------------

/** Positions of rules, ascending, by the one thing each demands of a packet: an address, else a port, else nothing. */
interface RuleIndex {
  readonly byDestination: ReadonlyMap<string, readonly number[]>;
  readonly bySource: ReadonlyMap<string, readonly number[]>;
  readonly byPort: ReadonlyMap<string, readonly number[]>;
  readonly always: readonly number[];
}

const NONE: readonly number[] = [];

function indexRules(rules: readonly Rule[]): RuleIndex {
  const byDestination = new Map<string, number[]>();
  const bySource = new Map<string, number[]>();
  const byPort = new Map<string, number[]>();
  const always: number[] = [];
  const add = (map: Map<string, number[]>, key: string, at: number): void => {
    const bucket = map.get(key);
    if (bucket === undefined) map.set(key, [at]);
    else bucket.push(at);
  };
  for (const [at, { matches }] of rules.entries()) {
    const destination = hostOf(matches, 'destination');
    const source = hostOf(matches, 'source');
    const port = portOf(matches);
    if (destination !== undefined) add(byDestination, destination, at);
    else if (port !== undefined) add(byPort, port, at);
    else if (source !== undefined) add(bySource, source, at);
    else always.push(at);
  }
  return { byDestination, bySource, byPort, always };
}

function hostOf(matches: readonly Match[], kind: 'source' | 'destination'): string | undefined {
  for (const match of matches) {
    if (match.kind === kind && !match.not && isHostCidr(match.cidr)) return cidrFirst(match.cidr);
  }
  return undefined;
}

function portOf(matches: readonly Match[]): string | undefined {
  for (const match of matches) {
    if (match.kind !== 'transport' || match.dport === undefined || match.dport.not) continue;
    const { from, to } = match.dport.range;
    if (from === to) return `${match.protocol} ${from}`;
  }
  return undefined;
}

/** Merges the four ascending lists, so that candidates come in the order of the chain. */
function eachCandidate(index: RuleIndex, packet: Packet, visit: (at: number) => boolean): void {
  const ports = index.byPort.size === 0 ? undefined : portsOf(packet);
  const lists = [
    index.byDestination.get(packet.dst) ?? NONE,
    index.bySource.get(packet.src) ?? NONE,
    ports === undefined ? NONE : (index.byPort.get(`${packet.protocol} ${ports.dport}`) ?? NONE),
    index.always,
  ].filter((list) => list.length > 0);
  const cursors = lists.map(() => 0);
  for (;;) {
    let best = -1;
    let lowest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < lists.length; i++) {
      const at = lists[i]?.[cursors[i] ?? 0];
      if (at !== undefined && at < lowest) {
        lowest = at;
        best = i;
      }
    }
    if (best < 0 || visit(lowest)) return;
    cursors[best] = (cursors[best] ?? 0) + 1;
  }
}
