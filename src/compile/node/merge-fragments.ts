import { LayeredMap, MapView } from '../../base/index.ts';
import { BUILTIN_CHAINS, type Chain, type Rule, type Ruleset, type Table, type TableName } from '../../linux/index.ts';
import type { BuiltinRules, Fragment } from '../types.ts';

/** What the node's own components have rules in; `raw` is there when somebody adds one. */
const TABLES: readonly TableName[] = ['mangle', 'filter', 'nat'];

/**
 * One family's iptables of a node from what each component keeps there, strongest first. In a built-in chain every head
 * stands in front of every tail, heads in the order of the list; of two chains with one name the earlier component's is
 * taken. Chains are shared with the other nodes, never copied: only a handful are a node's own.
 */
export function mergeFragments(fragments: readonly Fragment[]): Ruleset {
  const raw = fragments.some(({ tail }) => tail.some(({ table }) => table === 'raw'));
  const tables = [...(raw ? (['raw'] as const) : []), ...TABLES].map((name): readonly [TableName, Table] => [
    name,
    { name, chains: tableChains(name, fragments) },
  ]);
  return new Map(tables);
}

function tableChains(table: TableName, fragments: readonly Fragment[]): ReadonlyMap<string, Chain> {
  const builtin = new Map<string, Rule[]>(BUILTIN_CHAINS[table].map((name) => [name, []]));
  for (const { head } of fragments) addTo(builtin, table, head);
  for (const { tail } of fragments) addTo(builtin, table, tail);
  const own = new Map<string, Chain>();
  for (const [name, rules] of builtin) own.set(name, { name, policy: 'ACCEPT', rules });
  // The first fragment (kube-proxy's) is the large one: it becomes the shared layer as it is.
  const [first, ...rest] = fragments.map(
    (fragment) => fragment.chains.get(table) ?? new Map<string, readonly Rule[]>(),
  );
  if (first === undefined) return own;
  for (const chains of rest) {
    for (const [name, rules] of chains) {
      if (!first.has(name) && !own.has(name)) own.set(name, { name, rules });
    }
  }
  return new LayeredMap<string, Chain>(chainView(first), own);
}

function addTo(chains: ReadonlyMap<string, Rule[]>, table: TableName, parts: readonly BuiltinRules[]): void {
  for (const part of parts) {
    if (part.table !== table) continue;
    const rules = chains.get(part.chain);
    if (rules !== undefined) for (const rule of part.rules) rules.push(rule);
  }
}

/** One Chain object a rule list, however many nodes hold the list. */
const made = new WeakMap<readonly Rule[], Map<string, Chain>>();

function chainOf(name: string, rules: readonly Rule[]): Chain {
  const named = made.get(rules);
  const known = named?.get(name);
  if (known !== undefined) return known;
  const chain: Chain = { name, rules };
  if (named === undefined) made.set(rules, new Map([[name, chain]]));
  else named.set(name, chain);
  return chain;
}

const views = new WeakMap<ReadonlyMap<string, readonly Rule[]>, ReadonlyMap<string, Chain>>();

function chainView(chains: ReadonlyMap<string, readonly Rule[]>): ReadonlyMap<string, Chain> {
  const known = views.get(chains);
  if (known !== undefined) return known;
  const view = new ChainView(chains);
  views.set(chains, view);
  return view;
}

/** Rule lists read as chains, without a second map of them. */
class ChainView extends MapView<string, Chain> {
  private readonly rules: ReadonlyMap<string, readonly Rule[]>;
  constructor(rules: ReadonlyMap<string, readonly Rule[]>) {
    super();
    this.rules = rules;
  }
  get size(): number {
    return this.rules.size;
  }
  has(name: string): boolean {
    return this.rules.has(name);
  }
  get(name: string): Chain | undefined {
    const rules = this.rules.get(name);
    return rules === undefined ? undefined : chainOf(name, rules);
  }
  keys(): MapIterator<string> {
    return this.rules.keys();
  }
}
