import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { showIssue } from '../../base/index.ts';
import { parseNftRuleset } from './parse-nft-ruleset.ts';
import { printNftRule, printNftTables } from './print-nft.ts';
import { nftRuleLine } from './rule-line.ts';

/** Every construct the model evaluates, as nft 1.0.6 prints it. */
describe('parse then print is the identity on what the model evaluates', () => {
  for (const name of ['supported.nft', 'sets.nft']) {
    test(name, () => {
      const text = readFileSync(new URL(`../../../test/corpus/nft/${name}`, import.meta.url), 'utf8');
      const parsed = parseNftRuleset(text, 'f');
      expect(parsed.issues).toEqual([]);
      expect(printNftTables(parsed.value)).toBe(text);
    });
  }
});

test('every rule is found on its line of the listing', () => {
  const text = ['supported.nft', 'sets.nft']
    .map((name) => readFileSync(new URL(`../../../test/corpus/nft/${name}`, import.meta.url), 'utf8'))
    .join('');
  const tables = parseNftRuleset(text, 'f').value;
  const lines = text.split('\n');
  for (const table of tables) {
    for (const { name, rules } of table.chains) {
      for (const [at, rule] of rules.entries()) {
        const line = nftRuleLine(tables, table, name, at + 1);
        expect(lines[line - 1]?.trim(), `${table.name} ${name} ${at + 1}`).toBe(printNftRule(rule, table.family));
      }
    }
  }
});

test('a mark is ((source & and) ^ xor) | or', () => {
  const [table] = parseNftRuleset(
    'table ip t {\n\tchain c {\n\t\tmeta mark set ct mark & 0x00000080\n\t}\n}\n',
    'f',
  ).value;
  expect(table?.chains[0]?.rules[0]?.statements).toEqual([
    { kind: 'set-mark', of: 'meta', source: 'ct', and: 0x80, or: 0, xor: 0 },
  ]);
});

describe('what the model cannot evaluate stays as text, with its line', () => {
  for (const statement of [
    'ip saddr @s accept',
    'limit rate 5/second accept',
    'redirect to :8080',
    'masquerade persistent',
    'snat to 1.2.3.4-1.2.3.9',
    'numgen random mod 2 0 accept',
    'jhash ip saddr mod 2 vmap { 0 : goto a, 1 : goto b }',
    'ip daddr . tcp dport vmap @m',
    'dnat to ip saddr map { 10.0.0.1 : 10.0.0.2 }',
    'update @s { ip saddr }',
    'tcp dport vmap { 80 : accept, 65536 : drop }',
    'ip daddr . tcp dport { 10.0.0.1 . 80 . 81 } accept',
    'reject with icmp 8',
    'reject with icmpv6 no-route',
    'reject with icmpx no-route',
  ]) {
    test(statement, () => {
      const text = `table ip t {\n\tchain c {\n\t\ttcp dport 80 ${statement}\n\t}\n}\n`;
      const parsed = parseNftRuleset(text, 'f');
      expect(parsed.issues.map((issue) => [issue.code, issue.at.line, issue.severity])).toEqual([
        ['nft-unsupported', 3, 'warning'],
      ]);
      expect(parsed.value[0]?.chains[0]?.rules[0]?.statements[1]).toEqual({ kind: 'unsupported', text: statement });
      expect(printNftTables(parsed.value)).toBe(text);
    });
  }

  test('sets, tables of other families and dormant tables', () => {
    const set =
      'table ip t {\n\tset s {\n\t\ttypeof ip saddr\n\t\telements = { 1.2.3.4,\n\t\t\t     10.0.0.1 }\n\t}\n}\n';
    const parsed = parseNftRuleset(`${set}table netdev n {\n}\ntable ip d {\n\tflags dormant\n}\n`, 'f');
    expect(parsed.issues.map(showIssue)).toEqual([
      'f:2: Cannot evaluate "set s" (a walk that reaches a rule naming it ends "unknown")',
      'f:8: Cannot evaluate tables of family "netdev": table "n" is left out',
      'f:10: Table "ip d" is dormant, so it is left out',
    ]);
    expect(printNftTables(parsed.value)).toBe(set);
  });
});

describe('tables of iptables-nft', () => {
  const text =
    'table ip nat {\n\tchain PREROUTING {\n\t\ttype nat hook prerouting priority dstnat; policy accept;\n\t}\n}\n';

  test('are left out when iptables-save has them', () =>
    expect(parseNftRuleset(text, 'f')).toEqual({ value: [], issues: [] }));

  test('are kept, with a warning, when it does not', () => {
    const parsed = parseNftRuleset(text, 'f', () => false);
    expect(parsed.value.map((table) => table.name)).toEqual(['nat']);
    expect(parsed.issues[0]?.message).toBe('Table "ip nat" is managed by iptables-nft');
  });

  test('are recognised by the warning nft prints, and a native table of that name is not', () => {
    const native =
      'table ip filter {\n\tchain input {\n\t\ttype filter hook input priority filter; policy accept;\n\t}\n}\n';
    expect(parseNftRuleset(native, 'f').value).toHaveLength(1);
    const warned = `# Warning: table ip filter is managed by iptables-nft, do not touch!\n${native}`;
    expect(parseNftRuleset(warned, 'f').value).toHaveLength(0);
  });
});

test('a block that does not end is an error with its line', () => {
  expect(parseNftRuleset('table ip t {\n\tchain c {\n', 'f').issues.map(showIssue)).toEqual([
    'f:1: Block "table ip t {" does not end (expected "}")',
  ]);
});
