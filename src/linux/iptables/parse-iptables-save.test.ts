import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { showIssue } from '../../base/index.ts';
import { listChain } from './list-chain.ts';
import { parseIptablesSave } from './parse-iptables-save.ts';
import { printIptablesSave } from './print-iptables-save.ts';

const read = (...lines: string[]) => parseIptablesSave(lines.join('\n'), 'f', 4);
const read6 = (...lines: string[]) => parseIptablesSave(lines.join('\n'), 'f', 6);
const inFilter = (...lines: string[]) => read('*filter', ':C - [0:0]', ...lines, 'COMMIT');
const issues = (parsed: ReturnType<typeof read>): string[] => parsed.issues.map(showIssue);
/** The one rule as it is printed again. */
const canonical = (rule: string): string | undefined =>
  printIptablesSave(inFilter(`-A C ${rule}`).value)
    .split('\n')
    .find((line) => line.startsWith('-A C'))
    ?.slice(5);

describe('hand-written rules end in the saved form', () => {
  for (const [written, saved] of [
    ['-m tcp -p tcp -d 10.0.0.1 --dport 80', '-d 10.0.0.1/32 -p tcp -m tcp --dport 80'],
    ['-p udp --dport 53 -j ACCEPT', '-p udp -m udp --dport 53 -j ACCEPT'],
    ['-m comment --comment ns/svc:port -d 10.0.0.0/255.255.0.0', '-d 10.0.0.0/16 -m comment --comment "ns/svc:port"'],
    ['-j MARK --or-mark 0x00004000', '-j MARK --set-xmark 0x4000/0x4000'],
    ['-j MARK --xor-mark 0x00004000', '-j MARK --set-xmark 0x4000/0x0'],
    ['-j MARK --set-mark 5/6', '-j MARK --set-xmark 0x5/0x7'],
    ['-j CONNMARK --restore-mark --mask 0x80', '-j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80'],
    ['-m statistic --mode random --probability 0.3333333333', '-m statistic --mode random --probability 0.33333333349'],
    ['-m statistic --mode random --probability 0.1666666667', '-m statistic --mode random --probability 0.16666666651'],
    [
      '-m recent --name X --rcheck --seconds 9 --reap',
      '-m recent --rcheck --seconds 9 --reap --name X --mask 255.255.255.255 --rsource',
    ],
    ['-j REJECT', '-j REJECT --reject-with icmp-port-unreachable'],
    ['-m nfacct --nfacct-name x', '-m nfacct --nfacct-name  x'],
    ['-p tcp -m tcp ! --syn', '-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN'],
    ['-m comment --comment "a \\"b\\" \\\\ \'c\'"', '-m comment --comment "a \\"b\\" \\\\ \\\'c\\\'"'],
    ['-s 0.0.0.0/0 -p all -i + -c 5 60', ''],
  ]) {
    test(`${written}`, () => expect(canonical(written ?? '')?.trim()).toBe(saved));
  }
});

describe('TTL of IPv4, HL of IPv6: each is of one family, has one option, and is printed as iptables 1.8.9 prints it', () => {
  const kept = (family: 4 | 6, rule: string): readonly [saved: string, listed: string] => {
    const parsed = (family === 4 ? read : read6)('*mangle', ':C - [0:0]', `-A C ${rule}`, 'COMMIT');
    const saved = /^-A C (.*)$/m.exec(printIptablesSave(parsed.value))?.[1] ?? '';
    const lines = listChain(parsed.value, 'mangle', 'C', { protocolNames: false, family });
    const listed = /\/0 +[\d.:]+\/0 +(\S.*?)\s*$/m.exec(lines)?.[1] ?? '';
    return [saved, parsed.issues.length > 0 ? 'not read' : listed];
  };
  for (const [family, rule, listed, saved = rule] of [
    [6, '-j HL --hl-set 0', 'HL set to 0'],
    [6, '-j HL --hl-dec 1', 'HL decrement by 1'],
    [6, '-j HL --hl-inc 0x10', 'HL increment by 16', '-j HL --hl-inc 16'],
    [6, '-m hl --hl 5', 'HL match HL == 5', '-m hl --hl-eq 5'],
    [6, '-m hl ! --hl-eq 7', 'HL match HL != 7'],
    [6, '-m hl --hl-lt 7', 'HL match HL < 7'],
    [6, '-m hl --hl-gt 7', 'HL match HL > 7'],
    [4, '-j TTL --ttl-dec 1', 'TTL decrement by 1'],
    [4, '-m ttl ! --ttl-eq 7', 'TTL match TTL != 7'],
    [6, '-j HL --hl-inc 0', 'not read'],
    [6, '-j HL --hl-set 256', 'not read'],
    [6, '-j HL --hl-set 5 --hl-dec 3', 'not read'],
    [6, '-j HL', 'not read'],
    [6, '-m hl ! --hl-lt 5', 'not read'],
    [6, '-m hl --hl-eq 5 --hl-gt 3', 'not read'],
    [6, '-m hl', 'not read'],
    [6, '-m ttl --ttl-eq 5', 'not read'],
    [6, '-j TTL --ttl-set 5', 'not read'],
    [4, '-m hl --hl-eq 5', 'not read'],
    [4, '-j HL --hl-set 5', 'not read'],
  ] as const)
    test(`IPv${family} ${rule}`, () => expect(kept(family, rule)).toEqual([saved, listed]));
});

describe('what the model cannot evaluate is kept as text and reported with its line', () => {
  for (const rule of [
    '-m limit --limit 5/min -j LOG --log-prefix "a b"',
    '-p tcp -m tcp --dport 80 --tcp-option 5 -j ACCEPT',
    '-m owner ! --uid-owner 5 -m set --match-set x src,dst',
    '-d 10.0.0.0/255.0.255.0 -m mac ! --mac-source 00:11:22:33:44:55',
    '-j NFQUEUE --queue-num 5 --queue-bypass',
    '-j TARPIT',
    '-j CT',
    '-p tcp -j DNAT --to-destination 10.0.0.1:80-90/x',
    '-m conntrack --ctproto 0 -j ACCEPT',
    '-p icmp -m icmp --icmp-type constructor',
  ]) {
    test(rule, () => {
      const parsed = inFilter(`-A C ${rule}`);
      expect(canonical(rule)).toBe(rule);
      expect(parsed.issues.length).toBeGreaterThan(0);
      for (const issue of parsed.issues)
        expect([issue.code, issue.severity, issue.at.line]).toEqual(['iptables-unsupported', 'warning', 3]);
    });
  }
});

describe('whatever iptables prints is read: a rule the model lacks is kept, and no text is refused', () => {
  const corpus = new URL('../../../test/corpus/iptables-extensions/', import.meta.url);
  test.each([4, 6] as const)('every option of every extension, IPv%i', (family) => {
    const text = readFileSync(new URL(`ip${family}.save`, corpus), 'utf8');
    const { value, issues } = parseIptablesSave(text, 'saved', family);
    expect(issues.filter(({ severity }) => severity === 'error')).toEqual([]);
    const rules = (lines: string): readonly string[] => lines.split('\n').filter((line) => line.startsWith('-A'));
    expect(rules(printIptablesSave(value))).toEqual(rules(text));
  });

  test.each([
    "# Table `nat' is incompatible, use 'nft' tool.",
    '# Warning: iptables-legacy tables present, use iptables-legacy-save to see them',
  ])('%s: what is left out is told', (line) => {
    const { issues } = read('*filter', 'COMMIT', line);
    expect(issues.map(({ code, severity, at }) => [code, severity, at.line])).toEqual([
      ['iptables-incomplete', 'warning', 3],
    ]);
  });
});

describe('broken text is an error that names line, wish and near miss', () => {
  for (const [name, parsed, wanted] of [
    [
      'no table',
      read('-A C -j ACCEPT'),
      'f:1: Line outside a table: "-A C -j ACCEPT" (expected a line such as "*filter" before it)',
    ],
    [
      'unknown table',
      read('*fliter', ':C - [0:0]', 'COMMIT'),
      'f:1: Unknown table "fliter" (expected one of mangle, security, raw, filter, nat; did you mean "filter"?)',
    ],
    [
      'no COMMIT',
      read('*filter', ':C - [0:0]'),
      'f:2: Table "filter" (line 1) does not end (expected a line "COMMIT")',
    ],
    [
      'unknown chain',
      inFilter('-A INPT -j ACCEPT'),
      'f:3: No chain "INPT" in table "filter" (expected a line ":INPT - [0:0]" before it; did you mean "INPUT"?)',
    ],
    [
      'policy',
      read('*filter', ':INPUT REJECT [0:0]', 'COMMIT'),
      'f:2: Unknown policy "REJECT" of chain "INPUT" (expected "ACCEPT", "DROP" or "-")',
    ],
    [
      'one test twice',
      inFilter('-A C -s 10.0.0.1/32 -s 10.0.0.2/32'),
      'f:3:21: -s stands twice in one rule (expected it once)',
    ],
    ['quote', inFilter('-A C -m comment --comment "a'), 'f:3:27: A quote does not end (expected a closing ")'],
    ['address', inFilter('-A C -s 10.0.0.0/33 -j ACCEPT'), 'Cannot read "10.0.0.0/33" as the value of -s'],
    ['family', inFilter('-A C -s fd00::1 -j ACCEPT'), 'Cannot read "fd00::1" as the value of -s'],
    ['target', inFilter('-A C -j ACEPT'), 'No chain or target "ACEPT"'],
  ] as const) {
    test(name, () => {
      const found = issues(parsed);
      expect(found).toHaveLength(1);
      expect(found[0]).toContain(wanted);
      expect(parsed.issues[0]?.severity).toBe('error');
    });
  }
});

test('an unreadable rule keeps its place, so later rules keep their index', () => {
  const rules = inFilter('-A C -s nonsense', '-A C -j DROP').value.get('filter')?.chains.get('C')?.rules;
  expect(rules?.map((rule) => rule.target?.kind)).toEqual([undefined, 'DROP']);
  expect(rules?.[0]?.matches).toEqual([{ kind: 'unsupported', text: '-s nonsense' }]);
});

test('counters are dropped, and built-in chains nobody mentions are empty and accept', () => {
  const parsed = read('# Generated', '*nat', ':C - [5:9]', '[1:60] -A C -j RETURN', 'COMMIT', '');
  expect(parsed.issues).toEqual([]);
  expect(printIptablesSave(parsed.value)).toBe(
    '*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n:C - [0:0]\n-A C -j RETURN\nCOMMIT\n',
  );
});

test('rules of a text with comments, or in an order of its own, know their lines; of one as it is printed, they need none', () => {
  const lines = (text: string): unknown =>
    [...(parseIptablesSave(text, 'x', 4).value.get('nat')?.chains.values() ?? [])].flatMap(({ rules }) =>
      rules.map(({ line }) => line),
    );
  const dumped = [
    '# Generated by',
    '*nat',
    ':B - [0:0]',
    ':A - [0:0]',
    '-A B -j RETURN',
    '-A A -j RETURN',
    '-A B -j ACCEPT',
  ];
  const text = [...dumped, 'COMMIT', '# Completed on', ''].join('\n');
  expect(lines(text)).toEqual([5, 7, 6]);
  expect(lines(printIptablesSave(parseIptablesSave(text, 'x', 4).value))).toEqual([undefined, undefined, undefined]);
});
