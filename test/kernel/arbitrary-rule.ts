import fc from 'fast-check';
import {
  BUILTIN_CHAINS,
  type Chain,
  type Rule,
  type Ruleset,
  type Table,
  type TableName,
} from '../../src/linux/index.ts';
import type { Family } from '../../src/net/index.ts';
import { base, modules, transport } from './arbitrary-match.ts';
import { target } from './arbitrary-target.ts';

/**
 * Rules over every match and target the printer supports, in forms the kernel accepts and keeps: a port match with its
 * protocol, a nat target in the nat table, no range that means "any" (iptables-nft saves those without the option).
 */

function rule(family: Family, table: TableName): fc.Arbitrary<Rule> {
  return fc.tuple(base(family), transport(family), modules(family, table)).chain(([first, second, third]) => {
    const natProtocol = second.some(
      (m) => m.kind === 'protocol' && !m.not && (m.protocol === 'tcp' || m.protocol === 'udp' || m.protocol === 'sctp'),
    );
    const [protocol, ...own] = second;
    const matches = [...first, ...(protocol === undefined ? [] : [protocol]), ...own, ...third];
    return target(family, table, natProtocol).map((found): Rule => ({ matches, target: found }));
  });
}

/** Rules live in user chains: there, no hook forbids a match or a target. */
function table(family: Family, name: TableName, maxRules: number): fc.Arbitrary<Table> {
  return fc.array(rule(family, name), { minLength: 1, maxLength: maxRules, size: 'max' }).map((rules) => {
    const builtin = BUILTIN_CHAINS[name].map(
      (chain) => [chain, { name: chain, policy: 'ACCEPT' as const, rules: [] }] as const,
    );
    return {
      name,
      chains: new Map<string, Chain>([
        ...builtin,
        ['LEAF', { name: 'LEAF', rules: [] }],
        ['a-chain', { name: 'a-chain', rules }],
      ]),
    };
  });
}

export const arbitraryRuleset = (family: Family, maxRules: number): fc.Arbitrary<Ruleset> =>
  fc
    .tuple(...(['raw', 'mangle', 'filter', 'nat'] as const).map((name) => table(family, name, maxRules)))
    .map((tables) => new Map(tables.map((one) => [one.name, one])));
