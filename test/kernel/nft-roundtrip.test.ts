import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { parseNftRuleset, printNftTables } from '../../src/linux/index.ts';
import { inNetns, kernelTest } from './kernel.ts';

const text = readFileSync(new URL('../corpus/nft/supported.nft', import.meta.url), 'utf8');

kernelTest('nft lists back what printNftTables wrote', () => {
  const printed = printNftTables(parseNftRuleset(text, 'supported.nft').value);
  expect(printed).toBe(text);
  expect(inNetns('nft -f - && nft list ruleset', printed)).toBe(printed);
});

kernelTest('tables that iptables-nft made are recognised in a real listing', () => {
  const listing = inNetns(
    'iptables-nft -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DNAT --to-destination 1.2.3.4; ip6tables-nft -A INPUT -j DROP; nft add table ip own; nft list ruleset 2>&1',
  );
  expect(parseNftRuleset(listing, 'listing').value.map((table) => table.name)).toEqual(['own']);
});
