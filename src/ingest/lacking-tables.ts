import type { Issue } from '../base/index.ts';
import { type Iptables, type Netns, type NftTable, SAVE_ORDER, type Unmodelled } from '../linux/index.ts';
import type { NamedText } from '../world/index.ts';

/** Beside native tables `nft list ruleset` prints those of iptables-nft, of which a kubelet's canaries make some on every node. */
const OF_IPTABLES = new RegExp(`^table ip6? (?:${SAVE_ORDER.join('|')}) \\{`, 'm');

export const isWholeRuleset = (text: string): boolean => OF_IPTABLES.test(text);

/**
 * Tables the compiled node has and a text of nft lacks. `nft list ruleset` without a table says that it is gone; `nft list
 * table ip aws-cni` says nothing of another. The first prints the tables of iptables-nft too, so a text with one of them is
 * whole; of any other nobody can tell, and what hangs where such a table does is not known.
 */
export function lackingTables(
  compiled: Netns,
  dumped: readonly NftTable[],
  variant: Iptables['variant'],
  { path, text }: NamedText,
): { readonly unmodelled: readonly Unmodelled[]; readonly issues: readonly Issue[] } {
  const key = ({ family, name }: NftTable): string => `${family} ${name}`;
  const had = new Set(dumped.map(key));
  const lacking = compiled.nft.filter((table) => !had.has(key(table)));
  const [first] = lacking.map(key);
  if (first === undefined) return { unmodelled: [], issues: [] };
  const names = lacking.map(key).join(', ');
  const at = { file: path };
  if (variant === 'nft' && isWholeRuleset(text)) {
    const message = `This ruleset has no table ${names}, which the cluster's components keep on this node: it is taken to be gone`;
    return { unmodelled: [], issues: [{ code: 'nft-table-gone', severity: 'warning', at, message }] };
  }
  const issue: Issue = {
    code: 'nft-incomplete',
    severity: 'warning',
    at,
    message: `This text has no table ${names}, which the cluster's components keep on this node: a walk that meets it ends unknown`,
    hint: `collect "nft list ruleset" as root; a table that is gone is written "table ${first} {" and "}"`,
  };
  return { unmodelled: lacking.flatMap((table) => hooksOf(table, path)), issues: [issue] };
}

function hooksOf({ family, name, chains }: NftTable, path: string): readonly Unmodelled[] {
  const families = family === 'inet' ? ([4, 6] as const) : family === 'ip' ? ([4] as const) : ([6] as const);
  const hooks = new Set(chains.flatMap(({ base }) => base?.hook ?? []));
  return families.flatMap((of) =>
    [...hooks].map((hook) => ({
      scope: { kind: 'hook', family: of, hook } as const,
      what: `${path} leaves out table ${family} ${name}: what its rules would do is not known`,
      at: { file: path },
    })),
  );
}
