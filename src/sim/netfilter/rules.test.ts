import { describe, expect, test } from 'vitest';
import {
  icmpError,
  inputThrough,
  outputThrough,
  ping,
  routerWith,
  skbOf,
  tcp,
  udp,
  walkAt,
} from '../../../test/sim/router.ts';
import type { Skb } from '../packet.ts';
import type { HookResult, Host } from '../types.ts';
import { runHook } from './run-hook.ts';

const CLIENT = '10.1.0.2';
const SERVER = '10.2.0.2';

/** Does one rule take the packet? It drops what it matches in FORWARD. */
function matches(rule: string, skb: Skb): boolean {
  const host = routerWith({ filter: `-A FORWARD ${rule} -j DROP` });
  runHook('PREROUTING', host, skb, walkAt());
  skb.oif = 'out0';
  return runHook('FORWARD', host, skb, walkAt()).kind === 'drop';
}

describe('matches', () => {
  const syn = tcp(CLIENT, SERVER);
  for (const [rule, packet, want] of [
    ['-s 10.1.0.0/24', syn, true],
    ['! -s 10.1.0.0/24', syn, false],
    ['-d 10.2.0.2/32', syn, true],
    ['! -d 10.2.0.2/32', syn, false],
    ['-d 10.2.0.3/32', syn, false],
    ['-i in0', syn, true],
    ['-i in+', syn, true],
    ['! -i out0', syn, true],
    ['-o out0', syn, true],
    ['-p tcp', syn, true],
    ['! -p tcp', syn, false],
    ['-p tcp -m tcp --dport 80', syn, true],
    ['-p tcp -m tcp ! --dport 80', syn, false],
    ['-p tcp -m tcp --sport 1:1023', syn, false],
    ['-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN', syn, true],
    ['-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN', tcp(CLIENT, SERVER, 80, ['SYN', 'ACK']), false],
    ['-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN', tcp(CLIENT, SERVER, 80, ['ACK']), true],
    ['-p udp -m udp --dport 53', udp(CLIENT, SERVER), true],
    ['-p udp -m udp --dport 53', tcp(CLIENT, SERVER, 53), false],
    ['-p tcp -m multiport --dports 22,80,443', syn, true],
    ['-p tcp -m multiport ! --dports 22,80,443', syn, false],
    ['-p tcp -m multiport --ports 40000:40010', syn, true],
    ['-p icmp -m icmp --icmp-type 8', ping(CLIENT, SERVER), true],
    ['-p icmp -m icmp --icmp-type 11', icmpError(CLIENT, tcp(SERVER, '10.9.9.9')), true],
    ['-p icmp -m icmp ! --icmp-type 8', ping(CLIENT, SERVER), false],
    ['-m iprange --src-range 10.1.0.1-10.1.0.9', syn, true],
    ['-m iprange ! --dst-range 10.2.0.1-10.2.0.9', syn, false],
    ['-m length --length 0:59', syn, false],
    ['-m length --length 60', syn, true],
    ['-m ttl --ttl-lt 64', syn, false],
    ['-m ttl --ttl-gt 63', syn, true],
    ['-m addrtype --dst-type LOCAL', tcp(CLIENT, '10.2.0.1'), true],
    ['-m addrtype ! --dst-type LOCAL', syn, true],
    ['-m addrtype --src-type LOCAL', syn, false],
    ['-m pkttype --pkt-type unicast', syn, true],
    ['-m mark --mark 0x0/0x4000', syn, true],
    ['-m mark ! --mark 0x0/0x4000', syn, false],
    ['-m comment --comment "x"', syn, true],
    ['-m conntrack --ctstate NEW', syn, true],
    ['-m conntrack ! --ctstate NEW', syn, false],
    ['-m conntrack --ctstate INVALID', ping(CLIENT, SERVER, 0), true],
    ['-m conntrack --ctstate INVALID', icmpError(CLIENT, tcp(SERVER, '10.9.9.9')), true],
    ['-m conntrack --ctstate NEW --ctdir REPLY', syn, false],
    ['-m conntrack --ctorigdst 10.2.0.2', syn, true],
    ['-m conntrack ! --ctorigdst 10.2.0.2', syn, false],
    ['-m conntrack --ctorigdstport 80', syn, true],
    ['-m conntrack --ctproto 6', syn, true],
    ['-m conntrack --ctstatus CONFIRMED', syn, false],
    ['-m conntrack --ctstatus NONE', syn, false],
    ['-m connmark --mark 0x0', syn, true],
    ['-m state --state NEW', syn, true],
    ['-m state ! --state NEW,ESTABLISHED', syn, false],
    ['-m physdev --physdev-is-in', syn, false],
    ['-m physdev ! --physdev-is-in', syn, true],
  ] as const) {
    test(`${rule} ${want ? 'takes' : 'leaves'} it`, () => expect(matches(rule, skbOf(packet))).toBe(want));
  }

  test('a packet without a connection: the state decides alone, and a connmark never matches', () => {
    const invalid = ping(CLIENT, SERVER, 0);
    expect(matches('-m conntrack --ctstate INVALID --ctdir ORIGINAL', skbOf(invalid))).toBe(true);
    expect(matches('-m conntrack --ctdir ORIGINAL', skbOf(invalid))).toBe(false);
    expect(matches('-m connmark ! --mark 0x1', skbOf(invalid))).toBe(false);
  });

  test('every packet in raw PREROUTING is INVALID: conntrack has not looked yet', () => {
    const host = routerWith({ raw: '-A PREROUTING -m conntrack --ctstate INVALID -j DROP' });
    expect(runHook('PREROUTING', host, skbOf(tcp(CLIENT, SERVER)), walkAt()).kind).toBe('drop');
  });

  test('IPv6 addrtype: multicast and unicast are read off the address', () => {
    const host = routerWith({ family: 6, filter: '-A FORWARD -m addrtype --dst-type UNICAST -j DROP' });
    const to = (dst: string): HookResult['kind'] => runHook('FORWARD', host, skbOf(tcp('fd01::2', dst)), walkAt()).kind;
    expect([to('fd01::1'), to('ff02::1')]).toEqual(['drop', 'accept']);
  });

  test('rpfilter asks for the way back', () => {
    const host = routerWith({ raw: '-A PREROUTING -m rpfilter --invert -j DROP' });
    const from = (src: string): HookResult['kind'] =>
      runHook('PREROUTING', host, skbOf(tcp(src, SERVER)), walkAt()).kind;
    expect([from(CLIENT), from('10.2.0.9')]).toEqual(['accept', 'drop']);
  });

  test('statistic nth: one of every three, counting from --packet (as libxt_statistic sets the counter)', () => {
    const taken = (packet: number): string => {
      const host = routerWith({ filter: `-A FORWARD -m statistic --mode nth --every 3 --packet ${packet} -j DROP` });
      return Array.from({ length: 6 }, () => runHook('FORWARD', host, skbOf(udp(CLIENT, SERVER)), walkAt()))
        .map(({ kind }) => (kind === 'drop' ? 'X' : '.'))
        .join('');
    };
    expect([taken(0), taken(1), taken(2)]).toEqual(['X..X..', '.X..X.', '..X..X']);
  });

  test('recent remembers a source for so many seconds', () => {
    const host = routerWith({
      filter: `-A FORWARD -m recent --rcheck --seconds 10 --name S --mask 255.255.255.255 --rsource -j DROP
-A FORWARD -p udp -m recent --set --name S --mask 255.255.255.255 --rsource`,
    });
    const at = (now: number, src: string): string =>
      runHook('FORWARD', host, skbOf(udp(src, SERVER)), walkAt(now)).kind;
    expect([at(0, CLIENT), at(1, CLIENT), at(1, '10.1.0.3'), at(10, CLIENT), at(11, CLIENT)]).toEqual([
      'accept',
      'drop',
      'accept',
      'drop',
      'accept',
    ]);
  });
});

describe('chains', () => {
  const forward = (filter: string): HookResult =>
    runHook('FORWARD', routerWith({ filter }), skbOf(tcp(CLIENT, SERVER)), walkAt());

  for (const [name, filter, want] of [
    ['ACCEPT ends the table', '-A FORWARD -j ACCEPT\n-A FORWARD -j DROP', 'accept'],
    ['a chain comes back at its end', ':U\n-A FORWARD -j U\n-A FORWARD -j DROP\n-A U -p udp -j ACCEPT', 'drop'],
    ['RETURN comes back', ':U\n-A FORWARD -j U\n-A FORWARD -j DROP\n-A U -j RETURN\n-A U -j ACCEPT', 'drop'],
    [
      'RETURN in a built-in chain means its policy',
      ':FORWARD DROP\n-A FORWARD -j RETURN\n-A FORWARD -j ACCEPT',
      'drop',
    ],
    ['the policy', ':FORWARD DROP\n-A FORWARD -p udp -j ACCEPT', 'drop'],
    [
      'goto comes back where its chain would',
      ':A\n:B\n-A FORWARD -j A\n-A FORWARD -j DROP\n-A A -g B\n-A A -j ACCEPT',
      'drop',
    ],
    ['goto from a built-in chain ends in the policy', ':B\n-A FORWARD -g B\n-A FORWARD -j DROP', 'accept'],
    ['an unsupported match that cannot matter', '-A FORWARD -m foo --bar -j LOG\n-A FORWARD -j DROP', 'drop'],
    ['an unsupported match on a rule that fails anyway', '-A FORWARD -p udp -m foo --bar -j DROP', 'accept'],
    ['an unsupported match that decides', '-A FORWARD -p tcp -m foo --bar -j DROP', 'unknown'],
    ['an unsupported target', '-A FORWARD -p tcp -j FOO --bar', 'unknown'],
    ['a chain in circles', ':A\n-A FORWARD -j A\n-A A -j A', 'unknown'],
  ] as const) {
    test(name, () => expect(forward(filter).kind).toBe(want));
  }

  test('an unknown names the line', () => {
    const result = forward('-A FORWARD -p tcp -m foo --bar -j DROP');
    expect(result.kind === 'unknown' && result.what).toMatch(/^nodes\/r\/iptables-save:\d+: .*-A FORWARD -p tcp/);
  });

  test('REJECT says what answer is due', () => {
    const result = forward('-A FORWARD -p tcp -j REJECT --reject-with tcp-reset');
    expect(result).toMatchObject({ kind: 'reject', with: 'tcp-reset' });
  });
});

describe('order in a hook', () => {
  test('raw, mangle, nat, filter: each sees what the one before left', () => {
    const host = routerWith({
      raw: '-A OUTPUT -j MARK --set-xmark 0x1/0xffffffff',
      mangle: '-A OUTPUT -m mark --mark 0x1 -j MARK --set-xmark 0x2/0xffffffff',
      nat: '-A OUTPUT -m mark --mark 0x2 -p tcp -j DNAT --to-destination 10.2.0.9:8080',
      filter: '-A OUTPUT -d 10.2.0.9/32 -p tcp -m tcp --dport 8080 -j DROP',
    });
    const walk = walkAt();
    const result = outputThrough(host, skbOf(tcp('10.2.0.1', SERVER)), walk);
    expect(result.kind).toBe('drop');
    expect(walk.steps.filter(({ kind }) => kind !== 'conntrack').map(({ action }) => action)).toEqual([
      'set mark 0x1/0xffffffff',
      'set mark 0x2/0xffffffff',
      'DNAT',
      'destination 10.2.0.2:80 becomes 10.2.0.9:8080',
      'drop',
    ]);
  });

  test('OUTPUT routes again after mangle changed the mark and after nat changed the destination', () => {
    const host = routerWith({
      mangle: '-A OUTPUT -d 10.9.0.0/16 -j MARK --set-xmark 0x1/0xffffffff',
      nat: '-A OUTPUT -d 10.9.0.1/32 -j DNAT --to-destination 10.2.0.2',
    });
    const calls = (dst: string): string[] => {
      const seen: string[] = [];
      const skb = skbOf(udp('10.2.0.1', dst), { iif: undefined });
      const reroute = (each: Skb): HookResult => {
        seen.push(`${each.packet.dst} mark ${each.mark}`);
        return { kind: 'accept' };
      };
      runHook('OUTPUT', host, skb, walkAt(), { reroute });
      return seen;
    };
    expect(calls('10.9.0.1')).toEqual(['10.9.0.1 mark 1', '10.2.0.2 mark 1']);
    expect(calls('10.9.0.2')).toEqual(['10.9.0.2 mark 1']);
    expect(calls('10.2.0.7')).toEqual([]);
  });

  test('nft chains merge by priority; accept ends only its own chain, drop ends the packet', () => {
    const run = (nft: string, filter: string): string =>
      inputThrough(routerWith({ nft, filter }), skbOf(tcp(CLIENT, '10.1.0.1')), walkAt()).kind;
    const chain = (priority: number, rule: string): string =>
      `table inet t {\n\tchain c {\n\t\ttype filter hook input priority ${priority}; policy accept;\n\t\t${rule}\n\t}\n}\n`;
    expect(run(chain(-10, 'accept'), '-A INPUT -j DROP')).toBe('drop');
    expect(run(chain(-10, 'meta mark set 0x00000001'), '-A INPUT -m mark --mark 0x1 -j DROP')).toBe('drop');
    expect(run(chain(10, 'meta mark set 0x00000001'), '-A INPUT -m mark --mark 0x1 -j DROP')).toBe('accept');
    expect(run(chain(10, 'tcp dport 80 drop'), '-A INPUT -j ACCEPT')).toBe('drop');
    expect(run(chain(10, 'ip6 saddr != fd01::/64 drop'), '')).toBe('accept');
  });
});

describe('what an nft rule asks for, and the model does not have', () => {
  const run = (rule: string, skb: Skb): string => {
    const table = (family: string): string =>
      `table ${family} t {\n\tset s {\n\t\ttype inet_proto . inet_service\n\t\telements = { tcp . 80, icmp . 81 }\n\t}\n\tchain c {\n\t\ttype filter hook input priority filter; policy accept;\n\t\t${rule} drop\n\t}\n}\n`;
    const six = skb.packet.family === 6;
    const host = routerWith({ nft: table('inet'), rules: six ? '100: from fd01::9 l3mdev lookup 7' : '' });
    const result = inputThrough(host, skb, walkAt());
    return result.kind === 'unknown' ? result.what : result.kind;
  };
  const echo = (): Skb => skbOf(ping(CLIENT, '10.1.0.1'));
  const CHECKSUM = /"th dport" is the checksum of a packet of protocol icmp.*: /;
  for (const [rule, want] of [
    ['th dport 80', CHECKSUM],
    ['th dport != 80', CHECKSUM],
    ['th dport { 80, 443 }', CHECKSUM],
    ['meta l4proto . th dport @s', CHECKSUM],
    ['meta l4proto . th dport { tcp . 80 }', /^accept$/],
    ['meta l4proto . th dport != { tcp . 80 }', /^drop$/],
    ['meta l4proto tcp th dport 80', /^accept$/],
    ['th sport 2048', /^drop$/],
  ] as const) {
    test(`an echo request and ${rule}: ${want}`, () => expect(run(rule, echo())).toMatch(want));
  }
  for (const [rule, want] of [
    ['fib saddr type local', /l3mdev/],
    ['fib saddr type { local, unicast }', /l3mdev/],
    ['ip6 saddr . fib daddr type { fd01::8 . local }', /^accept$/],
    ['ip6 saddr . fib daddr type { fd01::2 . local }', /^drop$/],
  ] as const) {
    const from = rule.includes('daddr') ? 'fd01::2' : 'fd01::3';
    const to = rule.includes('daddr') ? 'fd01::1' : 'fd01::9';
    test(`an ip rule that cannot be decided, and ${rule}: ${want}`, () =>
      expect(run(rule, skbOf(tcp(from, to)))).toMatch(want));
  }
});

describe('marks', () => {
  const after = (mangle: string, mark: number, ctmark: number): readonly [number, number] => {
    const host: Host = routerWith({ mangle });
    const first = skbOf(udp(CLIENT, SERVER));
    runHook('PREROUTING', routerWith({ mangle: '-A INPUT -m connmark --mark 0x1' }), first, walkAt());
    if (first.ct.kind === 'tracked') first.ct.conn.mark = ctmark;
    const skb = skbOf(first.packet, { ct: first.ct, mark });
    runHook('PREROUTING', host, skb, walkAt());
    return [skb.mark, skb.ct.kind === 'tracked' ? skb.ct.conn.mark : -1];
  };
  for (const [target, mark, ctmark, want] of [
    ['MARK --set-xmark 0x4000/0x4000', 0x1, 0, [0x4001, 0]],
    ['MARK --set-xmark 0x4000/0x0', 0x4001, 0, [0x1, 0]],
    ['MARK --set-xmark 0x80000000/0xffffffff', 0, 0, [0x80000000, 0]],
    ['CONNMARK --set-xmark 0x80/0x80', 0x7, 0x1, [0x7, 0x81]],
    ['CONNMARK --save-mark --nfmask 0x3 --ctmask 0x6', 0x5, 0xff, [0x5, 0xf8]],
    ['CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80', 0x1, 0xf0, [0x81, 0xf0]],
    ['CONNMARK --restore-mark --nfmask 0xf --ctmask 0x3', 0xff, 0xff, [0xf3, 0xff]],
  ] as const) {
    test(`${target} on ${mark}/${ctmark}`, () =>
      expect(after(`-A PREROUTING -j ${target}`, mark, ctmark)).toEqual(want));
  }
});

describe('evidence', () => {
  test('each rule that matched, with its line and table, and nothing for those that did not', () => {
    const host = routerWith({ filter: ':U\n-A FORWARD -p udp -j DROP\n-A FORWARD -p tcp -j U\n-A U -j DROP' });
    const walk = walkAt();
    runHook('FORWARD', host, skbOf(tcp(CLIENT, SERVER)), walk);
    expect(
      walk.steps.map(({ kind, action, evidence }) => [kind, action, evidence.text, evidence.artefact.rule?.index]),
    ).toEqual([
      ['rule', 'jump to U', '-A FORWARD -p tcp -j U', 2],
      ['rule', 'drop', '-A U -j DROP', 1],
    ]);
  });
});
