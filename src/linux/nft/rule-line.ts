import { printNftTables } from './print-nft.ts';
import type { NftObject, NftTable } from './types.ts';

/** The line of a rule in `nft list ruleset`: `index` counts from 1. */
export function nftRuleLine(tables: readonly NftTable[], table: NftTable, chain: string, index: number): number {
  let line = index;
  for (const each of tables) {
    if (each === table) break;
    line += lengthOf(each);
  }
  return line + (headsOf(table).get(chain) ?? 0);
}

/** The line a table's set, map or unread object begins at. */
export function nftObjectLine(tables: readonly NftTable[], table: NftTable, object: NftObject): number {
  let line = 1;
  for (const each of tables) {
    if (each === table) break;
    line += lengthOf(each);
  }
  const before = table.objects.slice(0, table.objects.indexOf(object));
  // Without its closing brace; an empty line stands between two objects.
  return (
    line +
    printNftTables([{ ...table, objects: before, chains: [] }]).split('\n').length -
    2 +
    Math.min(1, before.length)
  );
}

const heads = new WeakMap<NftTable, ReadonlyMap<string, number>>();
const lengths = new WeakMap<NftTable, number>();

/** How many lines of a table stand before the first rule of each chain. */
function headsOf(table: NftTable): ReadonlyMap<string, number> {
  let known = heads.get(table);
  if (known === undefined) {
    let line = lengthOf({ ...table, chains: [] }) - 1;
    const found = new Map<string, number>();
    for (const [at, { name, comment, base, rules }] of table.chains.entries()) {
      if (at > 0 || table.objects.length > 0) line += 1;
      line += 1 + (comment === undefined ? 0 : 1) + (base === undefined ? 0 : 1);
      found.set(name, line);
      line += rules.length + 1;
    }
    known = found;
    heads.set(table, known);
  }
  return known;
}

function lengthOf(table: NftTable): number {
  let known = lengths.get(table);
  if (known === undefined) {
    known = printNftTables([table]).split('\n').length - 1;
    lengths.set(table, known);
  }
  return known;
}
