import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { showIssue } from '../../base/index.ts';
import { parseNftRuleset } from './parse-nft-ruleset.ts';
import { printNftTables } from './print-nft.ts';

/** Every construct the model evaluates, as nft 1.0.6 prints it. */
const SUPPORTED = readFileSync(new URL('../../../test/corpus/nft/supported.nft', import.meta.url), 'utf8');

test('parse then print is the identity on what the model evaluates', () => {
  const parsed = parseNftRuleset(SUPPORTED, 'f');
  expect(parsed.issues).toEqual([]);
  expect(printNftTables(parsed.value)).toBe(SUPPORTED);
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
    'ct state { established, new } accept',
    'fib daddr type { local, broadcast } drop',
    'redirect to :8080',
    'masquerade persistent',
    'snat to 1.2.3.4-1.2.3.9',
    'numgen random mod 2 vmap { 0 : goto a, 1 : goto b }',
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
      'table ip t {\n\tset s {\n\t\ttype ipv4_addr\n\t\telements = { 1.2.3.4,\n\t\t\t     10.0.0.1 }\n\t}\n}\n';
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
