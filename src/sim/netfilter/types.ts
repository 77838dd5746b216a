import type { KnownStandIn } from '../../fabric/index.ts';
import type {
  Hook,
  Match,
  NftElement,
  NftRule,
  NftTable,
  NftVerdict,
  PortRange,
  Rule,
  Ruleset,
  Table,
  TableName,
  Target,
} from '../../linux/index.ts';
import type { Cidr, Family, Ip } from '../../net/index.ts';
import type { Evidence } from '../../trace/index.ts';
import type { Packet, Skb } from '../packet.ts';
import type { HookExtras, HookResult, Host, Walk } from '../types.ts';
import type { RuleHead } from './rule-head.ts';

/**
 * What one rule, or one chain, says. `stop` ends the packet; how, is in `Frame.result`. A chain says `continue` when it
 * was left by its end or by RETURN.
 */
export type RuleVerdict = 'continue' | 'return' | 'accept' | 'stop';

/** One packet in one hook: what matches and targets read. Fields below `family` follow the rule being evaluated. */
export interface Frame extends HookExtras {
  readonly host: Host;
  readonly skb: Skb;
  readonly walk: Walk;
  readonly hook: Hook;
  readonly family: Family;
  /** True: chains are read rule by rule, without their index. */
  readonly linear: boolean;
  depth: number;
  /** The table being run: where jumps lead. */
  table: LoadedTable | undefined;
  /** The rule being evaluated. */
  at: RuleAt | undefined;
  /** Evidence of the rule that set up a translation, until it is carried out. */
  natRule: Evidence | undefined;
  /** A made-up address that a match of the rule may be for: the rule takes the packet, or does not. */
  unsure: UnsureOf | undefined;
  /** What such a rule of this table would have done, until a rule that surely is for the packet does the same. */
  maybe: Maybe | undefined;
  result: HookResult | undefined;
}

export interface UnsureOf {
  readonly address: Ip;
  readonly standIn: KnownStandIn;
  /** The rule takes the packet where the true address is in one of them. None: it hangs on more, or on what they leave out. */
  readonly blocks: readonly Cidr[];
}

/** Rules that may have taken the packet, and do the same. */
export interface Maybe {
  readonly what: string;
  readonly evidence: Evidence;
  /** Their target, or the rest of their statements, in one word. */
  readonly does: string;
  readonly depth: number;
  /** The address they compare. */
  readonly address: Ip;
  /** One of them took it where the true address is in any of these. */
  readonly blocks: readonly Cidr[];
  /** The last of them. */
  readonly at: RuleAt | undefined;
}

export type TableSource =
  | { readonly kind: 'iptables'; readonly ruleset: Ruleset; readonly table: Table }
  | { readonly kind: 'nft'; readonly table: NftTable };

/** A chain ready to be run. */
export interface RunnableChain {
  run(frame: Frame): RuleVerdict;
}

/** A table of one namespace, ready to be run. */
export interface LoadedTable {
  /** As steps name it: `nat`, `ip aws-cni`. */
  readonly name: string;
  readonly source: TableSource;
  /** Undefined: it has no chain of that name. */
  chain(name: string): RunnableChain | undefined;
}

/** A chain that hangs on a hook. */
export interface BaseChain extends RunnableChain {
  /** After it a packet this host sends is routed again, if what routing depends on has changed. */
  readonly reroutes: boolean;
}

export type RuleAt = CompiledRule | CompiledNftRule;

/** What a rule asks of nf_nat (struct nf_nat_range2). An address or ports left out are kept as they are. */
export interface WantedNat {
  readonly from: Ip | undefined;
  readonly to: Ip | undefined;
  readonly ports: PortRange | undefined;
  /** The port that becomes the first of `ports`, the next one the second and so on. */
  readonly basePort?: number;
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
  readonly byPort?: boolean;
  /** Undefined: this model cannot decide it. */
  eval(match: M, rule: Rule): MatchEval | undefined;
}

export interface TargetModule<T extends Target> {
  readonly hooks?: readonly Hook[];
  readonly tables?: readonly TableName[];
  eval(target: T, rule: Rule): TargetEval;
}

/** Its head is asked before the modules. */
export interface CompiledRule extends RuleHead {
  readonly kind: 'iptables';
  /** All modules, asked in order; undefined where there is nothing to ask. Where `unsupported` is set, only those that change nothing: they may still show that the rule does not match. */
  readonly matches: MatchEval | undefined;
  /** Text of the first match this model cannot decide. */
  readonly unsupported: string | undefined;
  /** False: whether the rule matches makes no difference a walk can see. */
  readonly matters: boolean;
  readonly hooks: readonly Hook[] | undefined;
  readonly tables: readonly TableName[] | undefined;
  readonly target: TargetEval | undefined;
  readonly rule: Rule;
  readonly chain: string;
  /** 1-based, as `iptables -L --line-numbers` counts. */
  readonly index: number;
  /** Made when it is first asked for. */
  evidence: Evidence | undefined;
}

export interface CompiledChain extends RunnableChain {
  readonly all: readonly CompiledRule[];
  /** Candidates hang on the destination port: for one that was drawn, what others would meet is missing among them. */
  readonly goesByPort: boolean;
  /** Candidates hang on public addresses: those for others may be for a made-up one. */
  readonly goesByPublic: boolean;
  /** The rules that may match, in order. */
  candidates(packet: Packet): readonly CompiledRule[];
}

/** A verdict a rule names, or a map has for the packet; a jump is told before what it leads to, so it is taken by the rule. */
export interface NamedVerdict {
  readonly verdict: NftVerdict;
  /** Of the map. */
  readonly element: NftElement | undefined;
}

/** What an nft statement does with its rule: goes on, leaves the rule (NFT_BREAK), or decides. */
export type StatementVerdict = 'next' | 'break' | RuleVerdict | NamedVerdict;
export type StatementEval = (frame: Frame) => StatementVerdict;

export interface CompiledNftRule {
  readonly kind: 'nft';
  readonly rule: NftRule;
  readonly chain: string;
  /** 1-based. */
  readonly index: number;
  readonly statements: readonly StatementEval[];
  /** Set: the rule cannot be decided, unless one of `statements`, then only its leading matches, fails. */
  readonly unsupported: string | undefined;
  /** Made when it is first asked for. */
  evidence: Evidence | undefined;
}

export type Manip = 'src' | 'dst';
