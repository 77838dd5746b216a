import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  listChain,
  parseIptablesSave,
  printIptablesSave,
  type Ruleset,
  type TableName,
} from '../../src/linux/index.ts';
import type { Family } from '../../src/net/index.ts';
import { arbitraryRuleset } from './arbitrary-rule.ts';
import { inNetns, kernelTest } from './kernel.ts';

const SEED = 20240611;
const corpus = new URL('../corpus/iptables/', import.meta.url);

/** What the kernel makes of a text: the save without its comment lines and with zero counters. */
function saved(text: string, family: Family, backend: 'nft' | 'legacy'): string {
  const command = `${family === 4 ? 'iptables' : 'ip6tables'}-${backend}`;
  return inNetns(`${command}-restore && ${command}-save`, text)
    .replace(/^#.*\n/gm, '')
    .replace(/ \[\d+:\d+\]$/gm, ' [0:0]');
}

test('parse after print is the identity on text, over every match and target', () => {
  for (const family of [4, 6] as const) {
    fc.assert(
      fc.property(arbitraryRuleset(family, 6), (ruleset) => {
        const text = printIptablesSave(ruleset);
        const parsed = parseIptablesSave(text, 'generated', family);
        expect(parsed.issues).toEqual([]);
        expect(parsed.value).toEqual(ruleset);
        expect(printIptablesSave(parsed.value)).toBe(text);
      }),
      { seed: SEED, numRuns: 60 },
    );
  }
});

describe('restore then save gives the printed text back', () => {
  for (const name of readdirSync(corpus)) {
    for (const backend of ['nft', 'legacy'] as const) {
      kernelTest(`${name}, ${backend}`, () => {
        const text = readFileSync(new URL(name, corpus), 'utf8');
        const printed = printIptablesSave(parseIptablesSave(text, name, 4).value);
        const tables = (one: string): string[] => one.split(/^(?=\*)/m).sort(); // legacy saves tables in another order
        expect(tables(saved(printed, 4, backend))).toEqual(tables(printed));
      });
    }
  }
  for (const family of [4, 6] as const) {
    kernelTest(`generated IPv${family} rules`, () => {
      for (const ruleset of fc.sample(arbitraryRuleset(family, 80), { seed: SEED + family, numRuns: 3 })) {
        const text = printIptablesSave(ruleset);
        expect(saved(text, family, 'nft')).toBe(text);
      }
    });
  }
});

describe('listChain is iptables -L -n of 1.8.9', () => {
  for (const family of [4, 6] as const) {
    kernelTest(`generated IPv${family} rules`, () => {
      const [ruleset]: Ruleset[] = fc.sample(arbitraryRuleset(family, 60), { seed: SEED - family, numRuns: 1 });
      const command = family === 4 ? 'iptables-nft' : 'ip6tables-nft';
      for (const table of ['raw', 'mangle', 'filter', 'nat'] as const satisfies readonly TableName[]) {
        const wanted = inNetns(
          `${command}-restore; ${command} -t ${table} -L -n`,
          printIptablesSave(ruleset ?? new Map()),
        );
        expect(listChain(ruleset ?? new Map(), table, undefined, { protocolNames: false, family })).toBe(wanted);
      }
    });
  }
});
