import { listedTable } from './list-rules.ts';
import { SAVE_ORDER, type TableName } from './types.ts';

/** What iptables-nft-save says of tables it does not print, or not whole (iptables/xtables-save.c, iptables/nft.c). */
export const INCOMPATIBLE = /^#\s*Table `(.*)' (?:is incompatible|contains incompatible base-chains), use 'nft' tool/;
export const LEGACY_PRESENT = /^#\s*Warning: ip6?tables-legacy tables present/;

/** Tables a text of iptables says itself that it does not show, or not whole. `legacy`: those of the other variant, whichever they are. */
export interface LeftOut {
  readonly tables: readonly TableName[];
  readonly legacy: boolean;
}

/**
 * `iptables -S` shows one table, and iptables-save names in a comment what it cannot print. That iptables-save was asked for
 * one table (`-t nat`), its text does not tell: each table has a header of its own.
 */
export function leftOutOf(text: string): LeftOut {
  const listed = listedTable(text);
  const comments = text.match(/^#.*$/gm) ?? [];
  const named = new Set(comments.map((line) => INCOMPATIBLE.exec(line)?.[1]));
  return {
    tables: SAVE_ORDER.filter((name) => named.has(name) || (listed !== undefined && name !== listed)),
    legacy: comments.some((line) => LEGACY_PRESENT.test(line)),
  };
}
