import { baseRank } from './matches/base.ts';
import { saveMatch } from './matches/registry.ts';
import { saveTarget } from './targets/registry.ts';
import {
  BUILTIN_CHAINS,
  type Chain,
  type Match,
  type Rule,
  type Ruleset,
  SAVE_ORDER,
  type Table,
  type TableName,
} from './types.ts';

/**
 * The text iptables-nft-save prints (measured with 1.8.9), without its two comment lines and with zero counters: tables
 * in SAVE_ORDER, built-in chains in hook order, user chains by name, rules chain by chain in that order.
 */
export function printIptablesSave(ruleset: Ruleset): string {
  const lines: string[] = [];
  for (const name of SAVE_ORDER) {
    const table = ruleset.get(name);
    if (table === undefined) continue;
    const chains = orderedChains(table);
    lines.push(`*${name}`);
    for (const chain of chains) lines.push(`:${chain.name} ${chain.policy ?? '-'} [0:0]`);
    for (const chain of chains) {
      const head = `-A ${chain.name}`;
      for (const rule of chain.rules) lines.push(head + ruleBody(rule));
    }
    lines.push('COMMIT');
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

const bodies = new WeakMap<Rule, string>();

/** One `-A CHAIN ...` line. Remembered a rule: a walk prints the same few rules many times. */
export function printRule(chain: string, rule: Rule): string {
  let body = bodies.get(rule);
  if (body === undefined) {
    body = ruleBody(rule);
    bodies.set(rule, body);
  }
  return `-A ${chain}${body}`;
}

const firstLines = new WeakMap<Ruleset, ReadonlyMap<TableName, ReadonlyMap<string, number>>>();

/** The line (from 1) that the rule at `index` (from 0) has in `printIptablesSave(ruleset)`; the whole is not printed to know it. */
export function ruleLine(ruleset: Ruleset, table: TableName, chain: string, index: number): number {
  let found = firstLines.get(ruleset);
  if (found === undefined) {
    found = countLines(ruleset);
    firstLines.set(ruleset, found);
  }
  return (found.get(table)?.get(chain) ?? 0) + index;
}

function countLines(ruleset: Ruleset): ReadonlyMap<TableName, ReadonlyMap<string, number>> {
  const counted = new Map<TableName, ReadonlyMap<string, number>>();
  let line = 0;
  for (const name of SAVE_ORDER) {
    const table = ruleset.get(name);
    if (table === undefined) continue;
    const chains = orderedChains(table);
    line += 1 + chains.length;
    const starts = new Map<string, number>();
    for (const chain of chains) {
      starts.set(chain.name, line + 1);
      line += chain.rules.length;
    }
    counted.set(name, starts);
    line += 1;
  }
  return counted;
}

/** Built-in chains in hook order, then the others as strcmp(3) sorts them. A missing built-in chain is an empty ACCEPT. */
export function orderedChains(table: Table): readonly Chain[] {
  const builtin: readonly string[] = BUILTIN_CHAINS[table.name];
  const users = [...table.chains.values()].filter((chain) => !builtin.includes(chain.name));
  users.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return [...builtin.map((name) => table.chains.get(name) ?? { name, policy: 'ACCEPT' as const, rules: [] }), ...users];
}

function ruleBody(rule: Rule): string {
  let text = '';
  for (const match of canonicalOrder(rule.matches)) {
    const saved = saveMatch(match);
    if (saved !== '') text += ` ${saved}`;
  }
  return rule.target === undefined ? text : `${text} ${saveTarget(rule.target)}`;
}

/** Addresses, interfaces, protocol, fragment; then the modules as they were given (iptables/nft-shared.c, save_rule_details). */
export function canonicalOrder(matches: readonly Match[]): readonly Match[] {
  let last = 0;
  for (const match of matches) {
    const rank = baseRank(match);
    if (rank < last) return [...matches].sort((a, b) => baseRank(a) - baseRank(b));
    last = rank;
  }
  return matches;
}
