import type { Hook, Rule, TableName } from '../linux/index.ts';

/**
 * What one component keeps in one family's iptables. `compile/node` merges the fragments of a node in the order real
 * nodes end up with: every `head` in front, then every `tail`, whoever started first.
 */
export interface Fragment {
  /** User chains the component owns. The maps and the rules in them may be shared by many nodes: never copy per rule. */
  readonly chains: ReadonlyMap<TableName, ReadonlyMap<string, readonly Rule[]>>;
  /** Rules it inserts at the head of built-in chains, in their final order. */
  readonly head: readonly BuiltinRules[];
  /** Rules it appends to built-in chains. */
  readonly tail: readonly BuiltinRules[];
}

export interface BuiltinRules {
  readonly table: TableName;
  readonly chain: Hook;
  readonly rules: readonly Rule[];
}
