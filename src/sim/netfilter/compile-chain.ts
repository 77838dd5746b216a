import type { Chain, Match, Rule } from '../../linux/index.ts';
import type { Ip } from '../../net/index.ts';
import type { Packet } from '../packet.ts';
import { indexRules, type RuleIndex } from './index-rules.ts';
import { compileMatch } from './matches/compile-match.ts';
import { ALWAYS } from './matches/modules.ts';
import { compileHead, isHeadMatch } from './rule-head.ts';
import { runChain } from './run-chain.ts';
import { compileTarget } from './targets/compile-target.ts';
import type { CompiledChain, CompiledRule, Frame, MatchEval, RuleVerdict } from './types.ts';

/** Below this many rules reading them all is as fast as looking up which to read. */
const INDEX_FROM = 8;

/**
 * A chain of one table, ready to evaluate. Rules are compiled when first read. The index only leaves out rules that cannot
 * match: what it yields is evaluated as ever.
 */
export function compileChain({ name, rules }: Chain): CompiledChain {
  if (rules.length < INDEX_FROM) return new ShortChain(rules.map((rule, at) => compileRule(rule, name, at + 1)));
  return new LongChain(name, rules);
}

class ShortChain implements CompiledChain {
  readonly all: readonly CompiledRule[];
  readonly goesByPort = false;
  readonly goesByPublic = false;

  constructor(all: readonly CompiledRule[]) {
    this.all = all;
  }
  candidates(): readonly CompiledRule[] {
    return this.all;
  }
  run(frame: Frame): RuleVerdict {
    return runChain(frame, this);
  }
}

class LongChain implements CompiledChain {
  private readonly name: string;
  private readonly rules: readonly Rule[];
  private readonly compiled: CompiledRule[] = [];
  private index: RuleIndex | undefined;
  /** By destination, where nothing else counts. */
  private readonly known = new Map<Ip, readonly CompiledRule[]>();
  /** For destinations no rule names. */
  private others: readonly CompiledRule[] | undefined;

  constructor(name: string, rules: readonly Rule[]) {
    this.name = name;
    this.rules = rules;
  }

  get all(): readonly CompiledRule[] {
    return this.rules.map((rule, at) => this.at(rule, at));
  }

  run(frame: Frame): RuleVerdict {
    return runChain(frame, this);
  }

  get goesByPort(): boolean {
    this.index ??= indexOf(this.rules);
    return this.index.goesByPort;
  }

  get goesByPublic(): boolean {
    this.index ??= indexOf(this.rules);
    return this.index.goesByPublic;
  }

  candidates(packet: Packet): readonly CompiledRule[] {
    this.index ??= indexOf(this.rules);
    const { index } = this;
    if (index.destinations === undefined) return this.find(index, packet);
    const known = this.known.get(packet.dst);
    if (known !== undefined) return known;
    if (!index.destinations.has(packet.dst)) {
      this.others ??= this.find(index, packet);
      return this.others;
    }
    const found = this.find(index, packet);
    this.known.set(packet.dst, found);
    return found;
  }

  private find(index: RuleIndex, packet: Packet): readonly CompiledRule[] {
    const found: CompiledRule[] = [];
    for (const at of index.candidates(packet)) {
      const rule = this.rules[at];
      if (rule !== undefined) found.push(this.at(rule, at));
    }
    return found;
  }

  private at(rule: Rule, at: number): CompiledRule {
    let compiled = this.compiled[at];
    if (compiled === undefined) {
      compiled = compileRule(rule, this.name, at + 1);
      this.compiled[at] = compiled;
    }
    return compiled;
  }
}

/** Many namespaces have one and the same long chain: it is indexed once. */
const indexes = new WeakMap<readonly Rule[], RuleIndex>();

function indexOf(rules: readonly Rule[]): RuleIndex {
  let index = indexes.get(rules);
  if (index === undefined) {
    index = indexRules(rules);
    indexes.set(rules, index);
  }
  return index;
}

function compileRule(rule: Rule, chain: string, index: number): CompiledRule {
  const modules = rule.matches.filter((match) => !isHeadMatch(match));
  const compiled = modules.map((match) => compileMatch(match, rule));
  const undecided = compiled.findIndex((each) => each.eval === undefined);
  const matches: MatchEval[] = [];
  const last: MatchEval[] = [];
  for (const { eval: evaluate, sideEffect, byPort } of compiled) {
    if (evaluate === undefined || evaluate === ALWAYS || (undecided >= 0 && sideEffect)) continue;
    // What a match does to others comes after what stands before it.
    if (sideEffect) matches.push(...last.splice(0), evaluate);
    else (byPort ? last : matches).push(evaluate);
  }
  matches.push(...last);
  const target = rule.target === undefined ? undefined : compileTarget(rule.target, rule);
  const limits = target === undefined ? compiled : [...compiled, target];
  const head = compileHead(rule.matches);
  return {
    // First what every packet reads, so that it lies together.
    asks: head.asks,
    invflags: head.invflags,
    dst: head.dst,
    src: head.src,
    proto: head.proto,
    matches: allOf(matches),
    unsupported: undecided < 0 ? undefined : textOf(modules[undecided]),
    hooks: limits.find((each) => each.hooks !== undefined)?.hooks,
    tables: limits.find((each) => each.tables !== undefined)?.tables,
    target: target?.eval,
    dstBlock: head.dstBlock,
    srcBlock: head.srcBlock,
    iniface: head.iniface,
    outiface: head.outiface,
    inifaceStart: head.inifaceStart,
    outifaceStart: head.outifaceStart,
    matters: target?.eval !== undefined || compiled.some((each) => each.sideEffect),
    kind: 'iptables',
    rule,
    chain,
    index,
    evidence: undefined,
  };
}

function allOf(matches: readonly MatchEval[]): MatchEval | undefined {
  if (matches.length <= 1) return matches[0];
  return (frame) => {
    for (const match of matches) if (!match(frame)) return false;
    return true;
  };
}

const textOf = (match: Match | undefined): string =>
  match === undefined ? '' : match.kind === 'unsupported' ? match.text : `-m ${match.kind}`;
