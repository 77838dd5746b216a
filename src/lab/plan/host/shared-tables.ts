import type { Netns, NftTable, TableName } from '../../../linux/index.ts';

/**
 * Chains of others in tables iptables-nft keeps: iptables-restore replaces the whole table (iptables/xtables-restore.c,
 * nft_cmd_table_flush), so the lab, which restores it, has none of them.
 */
export const sharedTables = ({ iptables, nft }: Netns): readonly NftTable[] =>
  iptables.variant === 'legacy' ? [] : nft.filter((table) => isShared(iptables, table));

function isShared({ ip, ip6 }: Netns['iptables'], { family, name }: NftTable): boolean {
  const ruleset = family === 'ip' ? ip : family === 'ip6' ? ip6 : undefined;
  return ruleset?.has(name as TableName) === true; // any other name is in none
}

export const tellShared = ({ family, name }: NftTable): string =>
  `table ${family} ${name} holds chains of iptables and others, and the lab has iptables' alone`;
