import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as ipt from './build.ts';
import { listChain } from './list-chain.ts';
import { parseIptablesSave } from './parse-iptables-save.ts';
import { printIptablesSave, printRule, ruleLine } from './print-iptables-save.ts';
import type { Chain, Ruleset } from './types.ts';

const corpus = new URL('../../../test/corpus/iptables/', import.meta.url);

describe('saved text', () => {
  for (const name of readdirSync(corpus)) {
    const text = readFileSync(new URL(name, corpus), 'utf8');
    const parsed = parseIptablesSave(text, name, 4);

    test(`${name}: parse then print is the identity`, () => {
      expect(parsed.issues).toEqual([]);
      expect(printIptablesSave(parsed.value)).toBe(text);
    });

    test(`${name}: ruleLine finds every rule`, () => {
      const lines = text.split('\n');
      for (const [table, { chains }] of parsed.value) {
        for (const chain of chains.values()) {
          chain.rules.forEach((rule, index) => {
            expect(lines[ruleLine(parsed.value, table, chain.name, index) - 1]).toBe(printRule(chain.name, rule));
          });
        }
      }
    });
  }
});

test('among ten times 31,000 rules the line of each is known', () => {
  const rule = ipt.rule(
    [ipt.source('10.0.0.1'), ipt.protocol('tcp'), ipt.comment('a/b'), ipt.dport('tcp', 80), ipt.probability(0.25)],
    ipt.jump('X'),
  );
  const chains = Array.from({ length: 31_000 }, (_, n): [string, Chain] => [
    `C${n}`,
    { name: `C${n}`, rules: Array(10).fill(rule) },
  ]);
  const ruleset: Ruleset = new Map([['nat', { name: 'nat', chains: new Map(chains) }]]);
  const text = printIptablesSave(ruleset);
  expect(text.split('\n')[ruleLine(ruleset, 'nat', 'C9999', 9) - 1]).toBe(printRule('C9999', rule));
});

test('listChain prints the columns of iptables -L -n', () => {
  const rules = [
    ipt.rule([ipt.comment('a b')], ipt.jump('LEAF')),
    ipt.rule([ipt.source('10.0.0.1', true), ipt.protocol('tcp'), ipt.probability(0.5)], ipt.goto('LEAF')),
  ];
  const chains = new Map<string, Chain>([
    ['C', { name: 'C', rules }],
    ['LEAF', { name: 'LEAF', rules: [ipt.rule([], ipt.xorMark(0x4000))] }],
  ]);
  const ruleset: Ruleset = new Map([['nat', { name: 'nat', chains }]]);
  expect(listChain(ruleset, 'nat', 'C', { protocolNames: true })).toBe(
    [
      'Chain C (0 references)',
      'target     prot opt source               destination         ',
      'LEAF       all  --  0.0.0.0/0            0.0.0.0/0            /* a b */',
      'LEAF       tcp  -- !10.0.0.1             0.0.0.0/0           [goto]  statistic mode random probability 0.50000000000',
      '',
    ].join('\n'),
  );
  expect(listChain(ruleset, 'nat', 'LEAF', { protocolNames: false })).toContain(
    '(2 references)\ntarget     prot opt source               destination         \nMARK       0    --  0.0.0.0/0            0.0.0.0/0            MARK xor 0x4000\n',
  );
});
