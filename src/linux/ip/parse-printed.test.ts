import { describe, expect, test } from 'vitest';
import { parseIpRuleText } from './parse-rule-text.ts';
import { parseIpRouteText } from './parse-text.ts';
import { parseIpJsonRoute, showRoute } from './route.ts';
import { parseIpJsonRule, showRule } from './rule.ts';
import { MAIN_TABLE, UNNUMBERED_TABLE } from './types.ts';

// Lines as iproute2 6.1 prints them; those of the first list are of a real namespace.

describe('routes', () => {
  test.each([
    ['2001:db8:5::/64 dev ens5 proto ra metric 512 expires 1794sec mtu 9001 pref medium', 6],
    ['unreachable 2001:db8:9::/48 dev lo metric 1024 error -101 pref medium', 6],
    ['10.55.0.0/16 via 10.0.0.1 dev ens5 realm 4 rto_min lock 5ms', 4],
  ] as const)('%s: read as a whole', (line, family) => {
    const { value, issues } = parseIpRouteText(line, 'r', family);
    expect(issues).toEqual([]);
    expect(value[0]?.unsupported).toBeUndefined();
  });

  test.each([
    ['10.51.0.0/16 nhid 12 via 10.0.0.1 dev ens5', 4, 'nhid 12', MAIN_TABLE],
    [
      '10.52.0.0/16  encap ip id 4 src 0.0.0.0 dst 10.0.0.49 ttl 0 tos 0 dev ens5 scope link',
      4,
      'encap ip id 4 src 0.0.0.0 dst 10.0.0.49 ttl 0 tos 0',
      MAIN_TABLE,
    ],
    ['10.54.0.0/16 via inet6 fe80::1 dev ens5', 4, 'via inet6 fe80::1', MAIN_TABLE],
    [
      '2001:db8:6::/64 from 2001:db8:5::/64 via fe80::1 dev ens5 metric 1024 pref medium',
      6,
      'from 2001:db8:5::/64',
      MAIN_TABLE,
    ],
    ['default via 10.0.0.1 dev ens5 table vpn-blue', 4, 'table vpn-blue', UNNUMBERED_TABLE],
  ] as const)('%s: what the model lacks is kept as text', (line, family, unsupported, table) => {
    for (const form of ['printed', 'typed'] as const) {
      const { value, issues } = parseIpRouteText(line, 'r', family, form);
      expect(value).toMatchObject([{ unsupported, table, dev: 'ens5' }]);
      expect(issues).toMatchObject([
        { severity: 'warning', at: { line: 1 }, message: expect.stringContaining(unsupported) },
      ]);
    }
  });

  test('a line that is not read is kept behind its destination where a tool printed it, and an error where somebody typed it', () => {
    const line = 'blackhole 10.9.0.0/16 frobnicate 7 table 8';
    const printed = parseIpRouteText(`${line}\nnonsense dev ens5\n10.1.0.0/16 dev ens5\n`, 'r', 4, 'printed');
    expect(printed.value.map((each) => showRoute(each))).toEqual([
      '10.9.0.0/16 frobnicate 7 table 8 table 8',
      '10.1.0.0/16 dev ens5',
    ]);
    expect(printed.issues.map(({ severity, at }) => [severity, at.line])).toEqual([
      ['warning', 1],
      ['error', 2],
    ]);
    expect(parseIpRouteText(line, 'r', 4).issues).toMatchObject([{ severity: 'error' }]);
  });

  test.each([
    ['default dev ens5 metric 1024 pref medium', '::/0'],
    ['unreachable default dev lo metric 4294967295 error -101 pref medium', '::/0'],
    ['default dev ens5 pref medium frobnicate 7', '::/0'],
    ['default dev ens5 metric 1024', '0.0.0.0/0'],
  ])('%s among routes of IPv4: to %s', (line, dst) =>
    expect(parseIpRouteText(line, 'r', 4, 'printed').value.map((each) => each.dst.text)).toEqual([dst]),
  );

  test('a line cut off', () =>
    expect(parseIpRouteText('10.0.0.0/8 via 10.0.1.1 dev', 'r').issues).toMatchObject([
      { message: 'Nothing follows "dev" in "10.0.0.0/8 via 10.0.1.1 dev"' },
    ]));

  test('a scope without a name is kept as text, in JSON as in text', () => {
    const json = parseIpJsonRoute('[{"dst":"10.24.0.0/16","dev":"ens5","scope":"199","flags":[]}]', 'r');
    const text = parseIpRouteText('10.24.0.0/16 dev ens5 scope 199', 'r', 4, 'printed');
    expect(json.value).toMatchObject([{ unsupported: 'scope 199' }]);
    expect(text.value).toMatchObject([{ unsupported: 'dev ens5 scope 199' }]);
    for (const { issues } of [json, text]) expect(issues).toMatchObject([{ severity: 'warning' }]);
  });

  test('a table by its name in JSON', () => {
    const { value, issues } = parseIpJsonRoute(
      '[{"dst":"default","gateway":"10.0.0.1","dev":"ens5","table":"vpn-blue","flags":[]}]',
      'r',
    );
    expect(value).toMatchObject([{ table: UNNUMBERED_TABLE, unsupported: 'table vpn-blue' }]);
    expect(issues).toMatchObject([{ severity: 'warning' }]);
    expect(value.map((each) => showRoute(each))).toEqual(['default table vpn-blue via 10.0.0.1 dev ens5']);
  });
});

describe('rules', () => {
  test.each([
    ['100:\tfrom all lookup vpn-blue', 'lookup vpn-blue'],
    ['100:\tfrom all frobnicate', 'from all frobnicate'],
    ['100:\tfrom 10.0.0.0/33 lookup main', 'from 10.0.0.0/33 lookup main'],
  ])('%s: kept in its turn', (line, unsupported) => {
    const { value, issues } = parseIpRuleText(`${line}\n32766:\tfrom all lookup main\n`, 'r', 4, 'printed');
    expect(value).toMatchObject([{ priority: 100, unsupported }, { priority: 32_766 }]);
    expect(issues).toMatchObject([{ severity: 'warning', at: { line: 1 } }]);
  });

  test('a label no lookup reads', () => {
    const text = parseIpRuleText('100:\tfrom all lookup main realms 4/5', 'r', 4, 'printed');
    const json = '[{"priority":100,"src":"all","flow_from":"4","flow_to":"5","table":"main"}]';
    for (const { value, issues } of [text, parseIpJsonRule(json, 'r')])
      expect([value.map(showRule), issues]).toEqual([['100:\tfrom all lookup main'], []]);
  });

  test('somebody who typed one is told', () =>
    expect(parseIpRuleText('100: from all frobnicate', 'r').issues).toMatchObject([{ severity: 'error' }]));

  test('a table by its name in JSON', () => {
    const { value, issues } = parseIpJsonRule('[{"priority":100,"src":"all","table":"vpn-blue"}]', 'r');
    expect(value.map(showRule)).toEqual(['100:\tfrom all lookup vpn-blue nop']);
    expect(issues).toMatchObject([{ severity: 'warning' }]);
  });
});
