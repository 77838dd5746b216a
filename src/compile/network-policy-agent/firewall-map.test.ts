import { describe, expect, test } from 'vitest';
import { showPrefixEntry } from '../../linux/index.ts';
import { cidr, ip } from '../../net/index.ts';
import { type FirewallEntries, type FirewallRule, firewallMap } from './firewall-map.ts';
import { podIdentifier } from './pod-identifier.ts';

const NODE = ip('10.0.0.11');

/** `10.0.0.0/16 tcp 80-90 !10.0.2.0/24`: a block, then a port where there is one, then its exceptions. */
function rule(text: string): FirewallRule {
  const [block = '', ...rest] = text.split(' ');
  const except = rest.filter((word) => word.startsWith('!')).map((word) => cidr(word.slice(1)));
  const [protocol, ports] = rest.filter((word) => !word.startsWith('!'));
  const [port, endPort] = (ports ?? '').split('-').map(Number);
  const name = protocol === 'tcp' ? 'TCP' : 'UDP';
  const one = {
    protocol: name,
    ...(ports === undefined ? {} : { port }),
    ...(endPort === undefined ? {} : { endPort }),
  };
  return {
    cidr: cidr(block),
    except,
    ports: protocol === undefined ? [] : [one as { protocol: 'TCP' }],
    policy: 'a/b',
  };
}

const show = ({ keys, values }: FirewallEntries): readonly string[] => keys.map((key) => showPrefixEntry(key, values));

const map = (...rules: readonly string[]): readonly string[] =>
  firewallMap(rules.map(rule), NODE, 4)
    .filter(({ policies }) => policies.length > 0)
    .flatMap(show);

describe('entries of one direction', () => {
  for (const [what, rules, want] of [
    ['a host', ['10.0.2.20/32 tcp 8080'], ['10.0.2.20/32: tcp 8080']],
    ['a range of ports', ['10.0.2.20/32 tcp 80-90'], ['10.0.2.20/32: tcp 80-90']],
    ['without ports: any protocol', ['10.0.2.20/32'], ['10.0.2.20/32: any protocol']],
    [
      'ports of one block from several rules',
      ['10.1.0.0/16 tcp 80', '10.1.0.0/16 udp 53'],
      ['10.1.0.0/16: tcp 80, udp 53'],
    ],
    [
      'a prefix takes over what the blocks around it may',
      ['10.1.2.3/32 tcp 9', '10.1.0.0/16 tcp 80', '0.0.0.0/0 udp 53'],
      ['0.0.0.0/0: udp 53', '10.1.0.0/16: udp 53, tcp 80', '10.1.2.3/32: udp 53, tcp 80, tcp 9'],
    ],
    [
      'an exception lets nothing through',
      ['10.1.0.0/16 tcp 80 !10.1.2.0/24'],
      ['10.1.0.0/16: tcp 80', '10.1.2.0/24: nothing'],
    ],
    [
      'nor what another rule says of a block around it: the longest prefix alone counts',
      ['10.1.0.0/16 tcp 80 !10.1.2.0/24', '10.0.0.0/8 tcp 443'],
      ['10.0.0.0/8: tcp 443', '10.1.0.0/16: tcp 443, tcp 80', '10.1.2.0/24: nothing'],
    ],
    [
      'an address in an exception has its own ports only',
      ['10.1.0.0/16 tcp 80 !10.1.2.0/24', '10.1.2.3/32 tcp 9'],
      ['10.1.0.0/16: tcp 80', '10.1.2.0/24: nothing', '10.1.2.3/32: tcp 9'],
    ],
    ['host bits do not matter', ['10.1.2.3/16 tcp 80', '10.1.0.0/16 tcp 81'], ['10.1.0.0/16: tcp 80, tcp 81']],
    [
      'blocks of the other family are left out',
      ['2001:db8::/64 tcp 80', '10.1.0.0/16 tcp 80'],
      ['10.1.0.0/16: tcp 80'],
    ],
    [
      'but their exceptions are cut to a block of this one',
      ['::/0 tcp 80 !2001:db8::/32'],
      ['32.1.13.184/32: nothing'],
    ],
  ] as const)
    test(what, () => expect(map(...rules)).toEqual(want));

  test('the node itself may always, whatever a rule says of it', () => {
    const own = firewallMap([rule('10.0.0.11/32 tcp 80')], NODE, 4);
    expect(own.flatMap(show)).toEqual(['10.0.0.11/32: any protocol']);
  });
});

describe('pods share maps by their name up to the last dash', () => {
  for (const [name, want] of [
    ['web-6fb5b9b786-lszr4', 'web-6fb5b9b786@shop'],
    ['db-0', 'db@shop'],
    ['db.one-0', 'db_one@shop'],
    ['plain', 'plain@shop'],
  ] as const)
    test(name, () => expect(podIdentifier({ namespace: 'shop', name })).toBe(want));
});
