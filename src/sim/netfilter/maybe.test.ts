import { describe, expect, test } from 'vitest';
import { forwardThrough, routerWith, skbOf, tcp, walkAt } from '../../../test/sim/router.ts';
import type { KnownStandIn } from '../../fabric/index.ts';
import { cidr, type Ip, PrefixTrie } from '../../net/index.ts';
import type { Packet } from '../packet.ts';
import { runHook, runHookLinear } from './run-hook.ts';

const MADE_UP = '198.18.0.2';
const SERVER = '10.2.0.2';
const standIn: KnownStandIn = {
  block: cidr(`${MADE_UP}/32`),
  of: 'NAT gateway a',
  give: 'publicIp does',
  apart: new PrefixTrie(),
};
const OTHER = '10.2.0.3';
const other: KnownStandIn = { ...standIn, block: cidr(`${OTHER}/32`), of: 'node b' };
const lookup = (address: Ip): KnownStandIn | undefined =>
  address === MADE_UP ? standIn : address === OTHER ? other : undefined;
/** All but the private blocks, as it is often written. */
const PUBLIC = [
  '0.0.0.0/5',
  '8.0.0.0/7',
  '11.0.0.0/8',
  '12.0.0.0/6',
  '16.0.0.0/4',
  '32.0.0.0/3',
  '64.0.0.0/2',
  '128.0.0.0/3',
  '160.0.0.0/5',
  '168.0.0.0/6',
  '172.0.0.0/12',
  '172.32.0.0/11',
  '172.64.0.0/10',
  '172.128.0.0/9',
  '173.0.0.0/8',
  '174.0.0.0/7',
  '176.0.0.0/4',
  '192.0.0.0/9',
  '192.128.0.0/11',
  '192.160.0.0/13',
  '192.169.0.0/16',
  '192.170.0.0/15',
  '192.172.0.0/14',
  '192.176.0.0/12',
  '192.192.0.0/10',
  '193.0.0.0/8',
  '194.0.0.0/7',
  '196.0.0.0/6',
  '200.0.0.0/5',
  '208.0.0.0/4',
];
const TOLD = `${MADE_UP} stands in for a public address of NAT gateway a, which the input does not give: publicIp does; whether this rule is for it is not known`;

const syn = tcp(MADE_UP, SERVER);
const answer = tcp(SERVER, MADE_UP, 40_000, ['SYN', 'ACK'], 80);

interface Rules {
  readonly filter?: string;
  readonly mangle?: string;
  readonly nft?: string;
}

function ends(rules: Rules, packet: Packet): string {
  const host = routerWith(rules);
  const result = forwardThrough(host, skbOf(packet), walkAt(0, { standIn: lookup }));
  return result.kind === 'unknown' ? result.what : result.kind;
}

describe('a rule that compares a made-up address with some of the public ones', () => {
  const rows: readonly (readonly [string, string, Packet, string])[] = [
    ['decides', '-A FORWARD -s 34.0.0.0/8 -j DROP', syn, 'unknown'],
    ['the made-up one by chance', '-A FORWARD -s 198.16.0.0/12 -j DROP', syn, 'unknown'],
    ['of a block nobody is given an address of', '-A FORWARD -s 198.18.0.0/15 -j DROP', syn, 'accept'],
    ['of the destination', '-A FORWARD -d 34.1.2.0/24 -j DROP', answer, 'unknown'],
    ['one destination alone', '-A FORWARD -d 34.1.2.3/32 -j DROP', answer, 'accept'],
    ['one destination alone, of the same name', `-A FORWARD -d ${MADE_UP}/32 -j DROP`, answer, 'accept'],
    ['any destination but one', '-A FORWARD ! -d 34.1.2.3/32 -j DROP', answer, 'drop'],
    ['one source alone', '-A FORWARD -s 34.1.2.3/32 -j DROP', syn, 'unknown'],
    ['turned round', '-A FORWARD ! -s 34.0.0.0/8 -j DROP', syn, 'unknown'],
    ['everybody', '-A FORWARD -s 0.0.0.0/0 -j DROP', syn, 'drop'],
    ['private ones', '-A FORWARD -s 10.0.0.0/8 -j DROP', syn, 'accept'],
    ['not private ones', '-A FORWARD ! -s 10.0.0.0/8 -j DROP', syn, 'drop'],
    ['of a given address', '-A FORWARD -d 34.0.0.0/8 -j DROP', syn, 'accept'],
    ['another port', '-A FORWARD -s 34.0.0.0/8 -p tcp -m tcp --dport 81 -j DROP', syn, 'accept'],
    ['its port', '-A FORWARD -s 34.0.0.0/8 -p tcp -m tcp --dport 80 -j DROP', syn, 'unknown'],
    ['another protocol', '-A FORWARD -s 34.0.0.0/8 -p udp -j DROP', syn, 'accept'],
    [
      'counts only, as often as a limit lets it',
      '-A FORWARD -s 34.0.0.0/8 -m limit --limit 1/s -j LOG\n-A FORWARD -p tcp -j DROP',
      syn,
      'drop',
    ],
    ['counts only', '-A FORWARD -s 34.0.0.0/8', syn, 'accept'],
    ['logs only', '-A FORWARD -s 34.0.0.0/8 -j LOG --log-prefix "x "\n-A FORWARD -p tcp -j DROP', syn, 'drop'],
    [
      'logs only, behind one that decides',
      '-A FORWARD -s 34.0.0.0/8 -j DROP\n-A FORWARD -p tcp -j LOG\n-A FORWARD -j DROP',
      syn,
      'drop',
    ],
    ['the policy does the same', '-A FORWARD -s 34.0.0.0/8 -j ACCEPT', syn, 'accept'],
    ['the policy to drop, too', ':FORWARD DROP\n-A FORWARD -s 34.0.0.0/8 -j DROP', syn, 'drop'],
    ['the policy does not', ':FORWARD DROP\n-A FORWARD -s 34.0.0.0/8 -j ACCEPT', syn, 'unknown'],
    ['a rule before it', '-A FORWARD -p tcp -j ACCEPT\n-A FORWARD -s 34.0.0.0/8 -j DROP', syn, 'accept'],
    ['a rule behind it, alike', '-A FORWARD -s 34.0.0.0/8 -j DROP\n-A FORWARD -p tcp -j DROP', syn, 'drop'],
    ['a rule behind it, otherwise', '-A FORWARD -s 34.0.0.0/8 -j ACCEPT\n-A FORWARD -p tcp -j DROP', syn, 'unknown'],
    ['of others, behind it', '-A FORWARD -s 34.0.0.0/8 -j DROP\n-A FORWARD -p udp -j ACCEPT', syn, 'unknown'],
    [
      'two, alike',
      '-A FORWARD -s 34.0.0.0/8 -j DROP\n-A FORWARD -s 35.0.0.0/8 -j DROP\n-A FORWARD -j DROP',
      syn,
      'drop',
    ],
    [
      'two, otherwise',
      '-A FORWARD -s 34.0.0.0/8 -j DROP\n-A FORWARD -s 35.0.0.0/8 -j ACCEPT\n-A FORWARD -j DROP',
      syn,
      'unknown',
    ],
    ['by way of a chain', ':X\n-A FORWARD -s 34.0.0.0/8 -j DROP\n-A FORWARD -j X\n-A X -j DROP', syn, 'drop'],
    [
      'a chain that comes back',
      ':X\n-A FORWARD -s 34.0.0.0/8 -j DROP\n-A FORWARD -j X\n-A X -j RETURN',
      syn,
      'unknown',
    ],
    ['a chain or not', ':X\n-A FORWARD -s 34.0.0.0/8 -j X\n-A X -j ACCEPT', syn, 'unknown'],
    ['the same chain either way', ':X\n-A FORWARD -s 34.0.0.0/8 -j X\n-A FORWARD -j X\n-A X -j DROP', syn, 'drop'],
    ['source ranges', ':X\n-A FORWARD -j X\n-A X -s 34.0.0.0/8 -j RETURN\n-A X -j DROP', syn, 'unknown'],
    [
      'source ranges of everybody',
      ':X\n-A FORWARD -j X\n-A X -s 34.0.0.0/8 -j RETURN\n-A X -s 0.0.0.0/0 -j RETURN\n-A X -j DROP',
      syn,
      'accept',
    ],
    ['a range behind which the chain ends', ':X\n-A FORWARD -j X\n-A X -s 34.0.0.0/8 -j RETURN', syn, 'accept'],
    [
      'a list it may spend',
      '-A FORWARD -s 34.0.0.0/8 -m recent --set --name S --mask 255.255.255.255 --rsource',
      syn,
      'unknown',
    ],
  ];
  const halves = (then: string): string =>
    ['0.0.0.0/1', '128.0.0.0/1'].map((each) => then.replace('HALF', each)).join('\n');
  const together: typeof rows = [
    ['both halves', `${halves('-A FORWARD -s HALF -j ACCEPT')}\n-A FORWARD -j DROP`, syn, 'accept'],
    ['both halves of destinations', `${halves('-A FORWARD -d HALF -j DROP')}`, answer, 'drop'],
    [
      'halves by the list of all but the private',
      `${PUBLIC.map((each) => `-A FORWARD -s ${each} -j DROP`).join('\n')}\n-A FORWARD -j ACCEPT`,
      syn,
      'drop',
    ],
    [
      'all but the private and one',
      `${PUBLIC.slice(1)
        .map((each) => `-A FORWARD -s ${each} -j DROP`)
        .join('\n')}\n-A FORWARD -j ACCEPT`,
      syn,
      'unknown',
    ],
    [
      'halves that do otherwise',
      '-A FORWARD -s 0.0.0.0/1 -j DROP\n-A FORWARD -s 128.0.0.0/1 -j ACCEPT',
      syn,
      'unknown',
    ],
    [
      'a half of one port',
      '-A FORWARD -s 0.0.0.0/1 -j ACCEPT\n-A FORWARD -s 128.0.0.0/1 -p tcp -m tcp --dport 81 -j ACCEPT\n-A FORWARD -j DROP',
      syn,
      'unknown',
    ],
    [
      'a half with its port',
      '-A FORWARD -s 0.0.0.0/1 -j ACCEPT\n-A FORWARD -s 128.0.0.0/1 -p tcp -m tcp --dport 80 -j ACCEPT\n-A FORWARD -j DROP',
      syn,
      'accept',
    ],
    [
      'a half of sources, one of destinations',
      `-A FORWARD -s 0.0.0.0/1 -j ACCEPT\n-A FORWARD -d 128.0.0.0/1 -j ACCEPT\n-A FORWARD -j DROP`,
      tcp(MADE_UP, OTHER),
      'unknown',
    ],
    [
      'a half that asks for the other end, too',
      `-A FORWARD -s 0.0.0.0/1 -j ACCEPT\n-A FORWARD -s 128.0.0.0/1 -d 34.0.0.0/8 -j ACCEPT\n-A FORWARD -j DROP`,
      tcp(MADE_UP, OTHER),
      'unknown',
    ],
    [
      'a half turned round',
      '-A FORWARD -s 0.0.0.0/1 -j ACCEPT\n-A FORWARD ! -s 128.0.0.0/1 -j ACCEPT\n-A FORWARD -j DROP',
      syn,
      'unknown',
    ],
    [
      'halves behind one turned round',
      `-A FORWARD ! -s 34.0.0.0/8 -j ACCEPT\n${halves('-A FORWARD -s HALF -j ACCEPT')}\n-A FORWARD -j DROP`,
      syn,
      'accept',
    ],
    [
      'another verdict between',
      '-A FORWARD -s 0.0.0.0/1 -j ACCEPT\n-A FORWARD -s 150.0.0.0/8 -j DROP\n-A FORWARD -s 128.0.0.0/1 -j ACCEPT\n-A FORWARD -j DROP',
      syn,
      'unknown',
    ],
    [
      'another verdict behind',
      `${halves('-A FORWARD -s HALF -j ACCEPT')}\n-A FORWARD -s 34.0.0.0/8 -j DROP`,
      syn,
      'accept',
    ],
    ['halves that return', `:X\n-A FORWARD -j X\n${halves('-A X -s HALF -j RETURN')}\n-A X -j DROP`, syn, 'accept'],
    ['halves that lead on', `:X\n${halves('-A FORWARD -s HALF -j X')}\n-A X -j DROP`, syn, 'drop'],
    [
      'halves that reject',
      `${halves('-A FORWARD -s HALF -j REJECT --reject-with icmp-port-unreachable')}`,
      syn,
      'reject',
    ],
    [
      'a half in another chain',
      ':X\n-A FORWARD -j X\n-A FORWARD -s 128.0.0.0/1 -j DROP\n-A X -s 0.0.0.0/1 -j DROP',
      syn,
      'drop',
    ],
    [
      'a chain that comes back, and the other half',
      ':X\n:Y\n-A FORWARD -j X\n-A FORWARD -j Y\n-A X -s 0.0.0.0/1 -j RETURN\n-A X -j DROP\n-A Y -s 128.0.0.0/1 -j RETURN',
      syn,
      'unknown',
    ],
    ['a count between', '-A FORWARD -s 0.0.0.0/1 -j DROP\n-A FORWARD\n-A FORWARD -s 128.0.0.0/1 -j DROP', syn, 'drop'],
    [
      'a count that cannot be read',
      '-A FORWARD -s 34.0.0.0/8 -m strange --thing\n-A FORWARD -p tcp -j DROP\n-A FORWARD -j ACCEPT',
      syn,
      'drop',
    ],
  ];
  test.each([...rows, ...together])('%s', (_, filter, packet, want) =>
    expect(ends({ filter }, packet).replace(/^.*whether this rule is for it is not known.*$/, 'unknown')).toBe(want),
  );

  test('is named', () =>
    expect(ends({ filter: '-A FORWARD -s 34.0.0.0/8 -j DROP' }, syn)).toBe(
      `nodes/r/iptables-save:5: ${TOLD}: -A FORWARD -s 34.0.0.0/8 -j DROP`,
    ));

  const marked = '-A FORWARD -m mark --mark 0x1/0x1 -j DROP';
  const mark = (source: string, what = '0x1/0x1'): string => `-A FORWARD -s ${source} -j MARK --set-xmark ${what}`;
  test.each([
    ['it may set', [mark('34.0.0.0/8')], 'unknown'],
    ['set either way', [mark('34.0.0.0/8'), mark('0.0.0.0/0'), marked], 'drop'],
    ['set by halves', [mark('0.0.0.0/1'), mark('128.0.0.0/1'), marked], 'drop'],
    ['asked for before it surely is', [mark('34.0.0.0/8'), marked, mark('0.0.0.0/0')], 'unknown'],
    ['asked for between halves', [mark('0.0.0.0/1'), marked, mark('128.0.0.0/1')], 'unknown'],
    ['turned over once or twice', [mark('34.0.0.0/8', '0x1/0x0'), mark('0.0.0.0/0', '0x1/0x0'), marked], 'unknown'],
  ])('a mark %s', (_, lines, want) => {
    const end = ends({ mangle: lines.join('\n') }, syn);
    expect(end.includes(TOLD) ? 'unknown' : end).toBe(want);
  });

  test('one of many rules that are found by an address', () => {
    const others = Array.from({ length: 20 }, (_, i) => `-A FORWARD -s 10.9.0.${i}/32 -j ACCEPT`);
    const host = routerWith({ filter: [...others, '-A FORWARD -s 34.1.2.3/32 -j DROP'].join('\n') });
    const of = [runHook, runHookLinear].map(
      (run) => run('FORWARD', host, skbOf(syn), walkAt(0, { standIn: lookup })).kind,
    );
    expect(of).toEqual(['unknown', 'unknown']);
    expect(runHook('FORWARD', host, skbOf(syn), walkAt()).kind).toBe('accept');
  });
});

describe('a destination of a made-up block', () => {
  const block: KnownStandIn = { ...standIn, block: cidr('2600:1f14:1::/56'), of: 'VPC vpc-a' };
  test.each([
    ['2600:1f14:1::2/128', 'drop'],
    ['2600:1f14:1::2/127', 'drop'],
    ['2600:1f14:1::3/128', 'accept'],
    ['2600::2/128', 'accept'],
  ])('%s: %s', (to, want) => {
    const host = routerWith({ family: 6, filter: `-A FORWARD -d ${to} -j DROP` });
    const packet = tcp('fd01::2', '2600:1f14:1::2');
    const walk = walkAt(0, { standIn: (address) => (address === '2600:1f14:1::2' ? block : undefined) });
    expect(forwardThrough(host, skbOf(packet), walk).kind).toBe(want);
  });
});

describe('the same in native nft', () => {
  const chain = (rules: string): string =>
    `table ip t { chain other { drop; } chain f { type filter hook forward priority 0; policy accept; ${rules} } }`;
  test.each([
    ['decides', 'ip saddr 34.0.0.0/8 drop;', 'unknown'],
    ['turned round', 'ip saddr != { 10.0.0.0/8, 34.0.0.0/8 } drop;', 'unknown'],
    ['several, and none public', 'ip saddr { 10.0.0.0/8, 172.16.0.0/12 } drop;', 'accept'],
    ['everybody besides', 'ip saddr { 34.0.0.0/8, 0.0.0.0/0 } drop;', 'drop'],
    ['another port', 'ip saddr 34.0.0.0/8 tcp dport 81 drop;', 'accept'],
    ['counts only', 'ip saddr 34.0.0.0/8 counter;', 'accept'],
    ['the policy does the same', 'ip saddr 34.0.0.0/8 accept;', 'accept'],
    ['a rule behind it, alike', 'ip saddr 34.0.0.0/8 drop; tcp dport 80 drop;', 'drop'],
    ['a map behind it, alike', 'ip saddr 34.0.0.0/8 drop; tcp dport vmap { 80 : drop };', 'drop'],
    ['a map behind it that leads there', 'ip saddr 34.0.0.0/8 drop; tcp dport vmap { 80 : jump other };', 'drop'],
    ['a map behind it, otherwise', 'ip saddr 34.0.0.0/8 drop; tcp dport vmap { 80 : accept };', 'unknown'],
    ['a map with nothing for it', 'ip saddr 34.0.0.0/8 drop; tcp dport vmap { 81 : drop };', 'unknown'],
    ['a map of its own with nothing for it', 'ip saddr 34.0.0.0/8 tcp dport vmap { 81 : drop };', 'accept'],
    ['a map of its own that decides', 'ip saddr 34.0.0.0/8 tcp dport vmap { 80 : drop };', 'unknown'],
    ['a map of its own, and alike', 'ip saddr 34.0.0.0/8 tcp dport vmap { 80 : drop }; drop;', 'drop'],
    ['of a block nobody is given an address of', 'ip saddr 198.18.0.0/15 drop;', 'accept'],
    ['all but a block nobody is given an address of', 'ip saddr != 198.18.0.0/15 drop;', 'drop'],
    ['a mark', 'ip saddr 34.0.0.0/8 meta mark set 0x1;', 'unknown'],
    ['a chain or not', 'ip saddr 34.0.0.0/8 jump other;', 'unknown'],
    ['both halves', 'ip saddr 0.0.0.0/1 accept; ip saddr 128.0.0.0/1 accept; drop;', 'accept'],
    ['halves of several', 'ip saddr { 0.0.0.0/2, 128.0.0.0/1 } drop; ip saddr 64.0.0.0/2 drop; accept;', 'drop'],
    ['a half turned round', 'ip saddr 0.0.0.0/1 accept; ip saddr != 128.0.0.0/1 accept; drop;', 'unknown'],
    ['a half and a map', 'ip saddr 0.0.0.0/1 drop; ip saddr 128.0.0.0/1 tcp dport vmap { 80 : drop };', 'drop'],
    [
      'halves that mark',
      'ip saddr 0.0.0.0/1 meta mark set 0x1; ip saddr 128.0.0.0/1 meta mark set 0x1; meta mark 0x1 drop;',
      'drop',
    ],
    [
      'a mark asked for between halves',
      'ip saddr 0.0.0.0/1 meta mark set 0x1; meta mark 0x1 drop; ip saddr 128.0.0.0/1 meta mark set 0x1;',
      'unknown',
    ],
    [
      'a mark turned over',
      'ip saddr 34.0.0.0/8 meta mark set meta mark ^ 0x1; meta mark set meta mark ^ 0x1; meta mark 0x1 drop;',
      'unknown',
    ],
    ['asked for twice', 'ip saddr 0.0.0.0/1 drop; ip saddr 128.0.0.0/1 ip saddr 34.0.0.0/8 drop; accept;', 'unknown'],
    [
      'asked for twice, too',
      'ip saddr 0.0.0.0/1 drop; ip saddr 34.0.0.0/8 ip saddr 128.0.0.0/1 drop; accept;',
      'unknown',
    ],
  ])('%s', (_, rules, want) =>
    expect(ends({ nft: chain(rules) }, syn).replace(/^.*whether this rule is for it is not known.*$/, 'unknown')).toBe(
      want,
    ),
  );
});
