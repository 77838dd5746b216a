import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { parseNftRuleset, printNftTables } from '../../src/linux/index.ts';
import { inNetns, kernelTest } from './kernel.ts';

for (const name of ['supported.nft', 'sets.nft']) {
  kernelTest(`nft lists back what printNftTables wrote: ${name}`, () => {
    const text = readFileSync(new URL(`../corpus/nft/${name}`, import.meta.url), 'utf8');
    const printed = printNftTables(parseNftRuleset(text, name).value);
    expect(printed).toBe(text);
    expect(inNetns('nft -f - && nft list ruleset', printed)).toBe(printed);
  });
}

kernelTest('tables that iptables-nft made are recognised in a real listing', () => {
  const listing = inNetns(
    'iptables-nft -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DNAT --to-destination 1.2.3.4; ip6tables-nft -A INPUT -j DROP; nft add table ip own; nft list ruleset 2>&1',
  );
  const names = (saved: boolean): string[] =>
    parseNftRuleset(listing, 'listing', () => saved).value.map((table) => table.name);
  expect(names(true)).toEqual(['own']);
  expect(names(false)).toEqual(['nat', 'filter', 'own']);
});
