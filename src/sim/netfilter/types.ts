import type { Chain, Hook, Match, Rule, Ruleset, Table, TableName, Target } from '../../linux/index.ts';
import type { Family, Ip } from '../../net/index.ts';
import type { Evidence } from '../../trace/index.ts';
import type { Skb } from '../packet.ts';
import type { Host, HookCall, HookResult, Walk } from '../types.ts';

/**
 * What one rule, or one chain, says. `stop` ends the packet; how, is in `Frame.result`. A chain says `continue` when it
 * was left by its end or by RETURN.
 */
export type RuleVerdict = 'continue' | 'return' | 'accept' | 'stop';

/** One packet in one hook: what matches and targets read. Fields below `family` follow the rule being evaluated. */
export interface Frame {
  readonly call: HookCall;
  readonly host: Host;
  readonly skb: Skb;
  readonly walk: Walk;
  readonly hook: Hook;
  readonly family: Family;
  /** True: chains are read rule by rule, without their index. */
  readonly linear: boolean;
  depth: number;
  /** Evidence of the rule being evaluated. */
  evidence: (() => Evidence) | undefined;
  tableName: string;
  chainName: string;
  result: HookResult | undefined;
}

/** The same, inside an iptables table. */
export interface TableFrame extends Frame {
  table: Table;
  ruleset: Ruleset;
}

export type MatchEval = (frame: Frame) => boolean;
export type TargetEval = (frame: Frame) => RuleVerdict;

/**
 * One match module. `hooks` and `tables`, where given, are the only ones the kernel loads it in. `sideEffect` says that
 * evaluating it changes or spends something (a list, a counter, a draw).
 */
export interface MatchModule<M extends Match> {
  readonly hooks?: readonly Hook[];
  readonly tables?: readonly TableName[];
  readonly sideEffect?: boolean;
  /** Undefined: this model cannot decide it. */
  eval(match: M, rule: Rule): MatchEval | undefined;
}

export interface TargetModule<T extends Target> {
  readonly hooks?: readonly Hook[];
  readonly tables?: readonly TableName[];
  eval(target: T, rule: Rule): TargetEval;
}

export interface CompiledRule {
  readonly rule: Rule;
  /** 1-based, as `iptables -L --line-numbers` counts. */
  readonly index: number;
  readonly matches: readonly MatchEval[];
  /** Text of the first match this model cannot decide. */
  readonly unsupported: string | undefined;
  readonly sideEffects: boolean;
  readonly hooks: readonly Hook[] | undefined;
  readonly tables: readonly TableName[] | undefined;
  readonly target: TargetEval | undefined;
}

export interface CompiledChain {
  readonly chain: Chain;
  rule(index: number): CompiledRule;
  /** Calls `visit` for every rule that may match, in order, until it returns true. */
  each(frame: Frame, visit: (rule: CompiledRule) => boolean): void;
}

export type Manip = 'src' | 'dst';

/** The address MASQUERADE gives a packet that leaves by `oif` towards `nexthop` (nf_nat_masquerade.c). */
export type MasqueradeAddress = (host: Host, oif: string, nexthop: Ip) => Ip | undefined;
