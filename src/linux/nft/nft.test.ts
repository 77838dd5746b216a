import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { showIssue } from '../../base/index.ts';
import { parseNftRuleset } from './parse-nft-ruleset.ts';
import { printNftRule, printNftTables } from './print-nft.ts';
import { nftObjectLine, nftRuleLine } from './rule-line.ts';
import type { NftObject, NftTable } from './types.ts';

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

  test('sets and dormant tables', () => {
    const set =
      'table ip t {\n\tset s {\n\t\ttypeof ip saddr\n\t\telements = { 1.2.3.4,\n\t\t\t     10.0.0.1 }\n\t}\n}\n';
    const parsed = parseNftRuleset(`${set}table ip d {\n\tflags owner, dormant\n}\n`, 'f');
    expect(parsed.issues.map(showIssue)).toEqual([
      'f:2: Cannot evaluate "set s" (a walk that reaches a rule naming it ends "unknown")',
      'f:8: Table "ip d" is dormant, so it is left out',
    ]);
    expect(printNftTables(parsed.value)).toBe(set);
  });
});

const base = (hook: string, rest = '') => `\t\ttype filter hook ${hook}; policy accept;\n${rest}`;
const chain = (name: string, body: string) => `\tchain ${name} {\n${body}\t}\n`;
const DROPS = '\t\ttcp dport 80 drop\n';

/** A base chain that is not read, and what its table says of who meets it. */
describe('a base chain that is not read is met by somebody', () => {
  for (const [family, body, meets] of [
    ['netdev', base('ingress device "eth0" priority filter', DROPS), { side: 'ingress', devices: ['eth0'] }],
    [
      'netdev',
      base('egress devices = { eth0, "tun*" } priority 5', DROPS),
      { side: 'egress', devices: ['eth0', 'tun*'] },
    ],
    ['inet', base('ingress device "eth0" priority filter', DROPS), { side: 'ingress', devices: ['eth0'] }],
    ['arp', '\t\ttype filter hook input priority filter; policy drop;\n', { kind: 'neighbours' }],
    ['bridge', base('forward priority 0', DROPS), { kind: 'bridges' }],
    ['ip', base('forward priority $prio', DROPS), { kind: 'hook', hook: 'FORWARD' }],
    ['ip', base('later priority 0', DROPS), { kind: 'all' }],
    ['netdev', base('ingress priority 0', DROPS), { kind: 'all' }],
  ] as const) {
    test(`${family}: ${body.trim().split('\n')[0]}`, () => {
      const text = `table ${family} t {\n${chain('c', body)}}\n`;
      const { value, issues } = parseNftRuleset(text, 'f');
      expect(issues.map(showIssue)).toEqual(['f:2: Cannot evaluate "chain c" (a walk that meets it ends "unknown")']);
      expect(value[0]?.objects[0]).toMatchObject({ meets });
      expect(printNftTables(value)).toBe(text);
      expect(nftObjectLine(value, value[0] as NftTable, value[0]?.objects[0] as NftObject)).toBe(2);
    });
  }

  test('without rules and a policy to drop it does nothing', () =>
    expect(
      parseNftRuleset(`table netdev t {\n${chain('c', base('ingress device "a" priority 0'))}}\n`, 'f').issues,
    ).toEqual([]));

  test('its line is that of the text, or of the printed one', () => {
    const set = '\tset s {\n\t\ttype mark\n\t}\n';
    const text = `table ip t {\n${set}\n${chain('c', base('later priority 0', DROPS))}}\n`;
    const [table] = parseNftRuleset(text, 'f').value as [NftTable];
    expect([table.objects[1]?.kind, nftObjectLine([table, table], table, table.objects[1] as NftObject)]).toEqual([
      'unsupported',
      6,
    ]);
    const [commented] = parseNftRuleset(`# of somebody\n${text}`, 'f').value as [NftTable];
    expect(commented.objects[1]).toMatchObject({ line: 7 });
  });
});

/** Each as nft 1.0.6 takes it. */
describe("nft's own grammar: a line or a semicolon ends a statement", () => {
  const printed =
    'table inet t {\n\tchain c {\n\t\ttype filter hook forward priority filter; policy drop;\n\t\ttcp dport { 80, 81 } accept\n\t}\n}\n';
  const type = 'type filter hook forward priority filter';
  for (const text of [
    `table inet t {\n chain c {\n ${type}; policy drop\n tcp dport { 80, 81 } accept\n}\n}\n`,
    `table inet t {\n chain c {\n ${type}\n policy drop\n tcp dport {\n 80,\n 81 } accept\n}\n}\n`,
    `table inet t { chain c { ${type}; policy drop; tcp dport {80,81} accept; }; }\n`,
    `table inet t {\n chain c {\n policy drop; tcp  dport\t{ 80, 81 } \\\n accept # "both"\n ${type}\n}\n}\n`,
    `flush ruleset\ntable inet t {\n}\ntable inet t {\n chain c {\n ${type}; policy drop;\n}\n chain c {\n tcp dport { 80, 81 } accept\n}\n}`,
  ]) {
    test(JSON.stringify(text), () => {
      const { value, issues } = parseNftRuleset(text, 'f');
      expect(issues).toEqual([]);
      expect(printNftTables(value)).toBe(printed);
    });
  }
});

describe('tables of iptables-nft', () => {
  const own = chain('FORWARD', base('forward priority filter', '\t\tcounter jump others\n'));
  const table = (...chains: string[]) => `table ip filter {\n${chains.join('\n')}}\n`;
  const saved = () => true;

  test('are left out when iptables-save has them', () =>
    expect(parseNftRuleset(table(chain('others', ''), own), 'f', saved)).toEqual({ value: [], issues: [] }));

  test('are kept, with a warning, when it does not', () => {
    const parsed = parseNftRuleset(table(own), 'f', () => false);
    expect(parsed.value.map(({ name }) => name)).toEqual(['filter']);
    expect(parsed.issues[0]?.message).toBe('Table "ip filter" is managed by iptables-nft');
  });

  test('are native ones where there is no iptables-nft', () => {
    const parsed = parseNftRuleset(table(own), 'f');
    expect([parsed.value.map(({ name }) => name), parsed.issues]).toEqual([['filter'], []]);
  });

  for (const native of [
    chain('fw', base('forward priority filter', DROPS)),
    chain('FORWARD', base('forward priority filter + 1', DROPS)),
    chain('FORWARD', base('input priority filter', DROPS)),
    chain('OUTPUT', `\t\ttype route hook output priority filter; policy accept;\n${DROPS}`),
    chain('INPUT', base('input priority whenever', DROPS)),
  ]) {
    test(`have chains of others beside their own: ${native.split('\n')[0]?.trim()} ${native.split('\n')[1]?.trim()}`, () =>
      expect(
        printNftTables(parseNftRuleset(table(native, ...(native.includes('fw') ? [own] : [])), 'f', saved).value),
      ).toBe(table(native)));
  }

  test('keep the chains those lead to', () => {
    const native = chain('fw', base('forward priority filter', '\t\tjump others\n'));
    const text = table(native, own, chain('others', DROPS), chain('more', DROPS));
    expect(parseNftRuleset(text, 'f', saved).value[0]?.chains.map(({ name }) => name)).toEqual(['fw', 'others']);
  });
});

test('a block that does not end is an error with its line', () => {
  expect(parseNftRuleset('table ip t {\n\tchain c {\n', 'f').issues.map(showIssue)).toEqual([
    'f:1: Block "table ip t {" does not end (expected "}")',
  ]);
});
