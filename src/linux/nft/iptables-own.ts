import { BUILTIN_CHAINS, type Hook, SAVE_ORDER, type TableName } from '../iptables/types.ts';
import type { ChainHead } from './chain.ts';
import type { NftTable } from './types.ts';

/** The table of iptables an nft table has the name of. */
export const iptablesNamed = ({ family, name }: Pick<NftTable, 'family' | 'name'>): TableName | undefined =>
  family === 'ip' || family === 'ip6' ? SAVE_ORDER.find((table) => table === name) : undefined;

/**
 * Whether a base chain is one iptables-nft makes and saves: of its name, hook, type and priority. A chain in one of its tables
 * that differs in any is somebody else's, hangs beside it, and iptables-save says no more than that there is one
 * (iptables/nft.c, xtables_ipv4, nft_chain_builtin; measured with 1.8.9).
 */
export function isIptablesOwn(table: TableName, { name, hangs }: ChainHead): boolean {
  if (hangs?.kind !== 'base') return false;
  const { hook, type, priority } = hangs.base;
  if (hook !== name || !BUILTIN_CHAINS[table].includes(hook)) return false;
  return type === typeOf(table, hook) && prioritiesOf(table, hook).includes(priority);
}

function typeOf(table: TableName, hook: Hook): 'filter' | 'nat' | 'route' {
  if (table === 'nat') return 'nat';
  return table === 'mangle' && hook === 'OUTPUT' ? 'route' : 'filter';
}

/** iptables-nft hangs the security table at 150, the kernel's own at 50. */
function prioritiesOf(table: TableName, hook: Hook): readonly number[] {
  switch (table) {
    case 'raw':
      return [-300];
    case 'mangle':
      return [-150];
    case 'filter':
      return [0];
    case 'security':
      return [50, 150];
    case 'nat':
      return [hook === 'PREROUTING' || hook === 'OUTPUT' ? -100 : 100];
  }
}

/** Chains some of these lead to, by jump, goto or a map's verdicts, these among them. */
export function reachable(from: readonly ChainHead[], all: readonly ChainHead[]): ReadonlySet<ChainHead> {
  const byName = new Map(all.map((chain) => [chain.name, chain]));
  const found = new Set(from);
  for (const chain of found)
    for (const { head } of chain.rules)
      for (const [, name = ''] of head.matchAll(/\b(?:jump|goto) ([^\s,{}]+)/g)) {
        const next = byName.get(name);
        if (next !== undefined) found.add(next);
      }
  return found;
}
