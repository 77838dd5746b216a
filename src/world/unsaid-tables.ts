import type { Issue } from '../base/index.ts';
import { leftOutOf, SAVE_ORDER, type TableName, type Unmodelled } from '../linux/index.ts';
import type { Family } from '../net/index.ts';
import type { NamedText, PartialNetns } from './read-netns.ts';

/**
 * Tables every kubelet makes and keeps, of both IP families: its canary is in each (pkg/kubelet/kubelet_network_linux.go,
 * initNetworkUtil). iptables-save prints a table that exists, however empty, so on a node its text has them, and where it has
 * not, it was made of one table (`-t nat`) or without the right to see any.
 */
const KUBELET_TABLES: readonly TableName[] = ['mangle', 'filter', 'nat'];

const TEXTS: readonly (readonly [string, Family])[] = [
  ['iptables-save', 4],
  ['ip6tables-save', 6],
];

/**
 * What a namespace's texts of iptables leave out: by what they say themselves, and for a node, of what every kubelet has.
 * Nothing is added where nothing of the namespace is known.
 */
export function unsaidTables(
  files: ReadonlyMap<string, NamedText>,
  read: PartialNetns,
  isNode: boolean,
): { readonly unmodelled: readonly Unmodelled[]; readonly issues: readonly Issue[] } {
  const unmodelled: Unmodelled[] = [];
  const issues: Issue[] = [];
  if (read.unmodelled?.some(({ scope }) => scope.kind === 'netns')) return { unmodelled, issues };
  for (const [name, family] of TEXTS) {
    const file = files.get(name);
    const ruleset = family === 4 ? read.iptables?.ip : read.iptables?.ip6;
    if (file === undefined || ruleset === undefined) continue;
    const at = { file: file.path };
    const left = leftOutOf(file.text);
    const isDue = (table: TableName): boolean => isNode && KUBELET_TABLES.includes(table) && !ruleset.has(table);
    const missing = SAVE_ORDER.filter(
      (table) => (left.tables.includes(table) || isDue(table)) && !isListed(read, family, table),
    );
    for (const table of missing)
      unmodelled.push({
        scope: { kind: 'table', family, table },
        what: `${file.path} leaves out table ${table}: what its rules would do is not known`,
        at,
      });
    if (missing.length > 0) issues.push(incomplete(at, missing));
    if (left.legacy)
      unmodelled.push({
        scope: { kind: 'netns' },
        what: `${file.path} leaves out the tables of iptables-legacy, which it says are there too`,
        at,
      });
  }
  return { unmodelled, issues };
}

/** `nft list ruleset` shows what iptables-nft keeps as well. */
const isListed = ({ nft = [] }: PartialNetns, family: Family, table: TableName): boolean =>
  nft.some(({ family: of, name }) => name === table && of === (family === 4 ? 'ip' : 'ip6'));

const incomplete = (at: Issue['at'], missing: readonly TableName[]): Issue => ({
  code: 'iptables-incomplete',
  severity: 'warning',
  at,
  message: `This text leaves out table ${missing.join(', ')}: a walk that meets it ends unknown`,
  hint: 'collect all tables: "iptables-save" without -t, as root; one that is empty is "*filter" and "COMMIT"',
});
