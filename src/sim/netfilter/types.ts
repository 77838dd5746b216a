import type {
  Chain,
  Hook,
  Match,
  NftTable,
  PortRange,
  Rule,
  Ruleset,
  Table,
  TableName,
  Target,
} from '../../linux/index.ts';
import type { Family, Ip } from '../../net/index.ts';
import type { Evidence } from '../../trace/index.ts';
import type { Skb } from '../packet.ts';
import type { HookCall, HookResult, Host, Walk } from '../types.ts';

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
  /** A chain of the table being run, ready to be run; undefined where there is none of that name. */
  readonly chainNamed: (frame: Frame, name: string) => (() => RuleVerdict) | undefined;
  depth: number;
  /** Evidence of the rule being evaluated. */
  evidence: () => Evidence;
  tableName: string;
  chainName: string;
  /** Where jumps lead: an iptables table, or a native nft one. */
  place: Place;
  /** Evidence of the rule that set up a translation, until it is carried out. */
  natRule: Evidence | undefined;
  result: HookResult | undefined;
}

export type Place =
  | { readonly kind: 'iptables'; readonly ruleset: Ruleset; readonly table: Table }
  | { readonly kind: 'nft'; readonly table: NftTable }
  | { readonly kind: 'none' };

/** What a rule asks of nf_nat (struct nf_nat_range2). An address or ports left out are kept as they are. */
export interface WantedNat {
  readonly from: Ip | undefined;
  readonly to: Ip | undefined;
  readonly ports: PortRange | undefined;
  /** `--random` and `--random-fully`: a port is drawn even where the present one would do. */
  readonly random: boolean;
  /** The flag as written, for the reader. */
  readonly flag: string;
  readonly persistent: boolean;
}

/** One that cannot be decided for this packet is false, and leaves an `unknown` in `Frame.result`. */
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
  /** In order. Where `unsupported` is set, only those that change nothing: they may still show that the rule does not match. */
  readonly matches: readonly MatchEval[];
  /** Text of the first match this model cannot decide. */
  readonly unsupported: string | undefined;
  /** False: whether the rule matches makes no difference a walk can see. */
  readonly matters: boolean;
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
