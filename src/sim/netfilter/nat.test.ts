import { describe, expect, test } from 'vitest';
import {
  answerTo,
  flowOf,
  forwardThrough,
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
import type { TcpFlag } from '../../trace/index.ts';
import type { Packet } from '../packet.ts';
import type { Host } from '../types.ts';
import { runHook } from './run-hook.ts';

const CLIENT = '10.1.0.2';
const VIP = '172.20.0.10';
const POD = '10.2.0.2';

/** What leaves the router; an answer comes back by `out0`. */
function cross(host: Host, packet: Packet, of: { readonly back?: boolean; readonly port?: number } = {}): string {
  const skb = skbOf(packet, { iif: of.back ? 'out0' : 'in0' });
  const walk = walkAt(0, of.port === undefined ? {} : { dice: { choose: () => 0, port: () => of.port ?? 0 } });
  const result = forwardThrough(host, skb, walk, of.back ? 'in0' : 'out0');
  return result.kind === 'drop' ? result.disposition : result.kind === 'accept' ? flowOf(skb.packet) : result.kind;
}

/** What the router makes of a flow's first packet, and of the answer to that. */
function roundTrip(host: Host, packet: Packet): readonly [string, string] {
  const skb = skbOf(packet);
  forwardThrough(host, skb, walkAt());
  return [flowOf(skb.packet), cross(host, answerTo(skb.packet), { back: true })];
}

describe('targets, and the answer to what they made', () => {
  const asked = tcp(CLIENT, VIP);
  const undone = `${VIP}:80 > ${CLIENT}:40000`;
  for (const [name, nat, packet, want, back] of [
    [
      'DNAT',
      '-A PREROUTING -p tcp -j DNAT --to-destination 10.2.0.2:8080',
      asked,
      `${CLIENT}:40000 > ${POD}:8080`,
      undone,
    ],
    [
      'DNAT keeps the port',
      '-A PREROUTING -j DNAT --to-destination 10.2.0.2',
      asked,
      `${CLIENT}:40000 > ${POD}:80`,
      undone,
    ],
    [
      'DNAT to a range of ports takes the first',
      '-A PREROUTING -p tcp -j DNAT --to-destination 10.2.0.2:90-95',
      asked,
      `${CLIENT}:40000 > ${POD}:90`,
      undone,
    ],
    ['SNAT', '-A POSTROUTING -j SNAT --to-source 10.2.0.50', asked, `10.2.0.50:40000 > ${VIP}:80`, undone],
    [
      'SNAT to one port',
      '-A POSTROUTING -p tcp -j SNAT --to-source 10.2.0.50:700',
      asked,
      `10.2.0.50:700 > ${VIP}:80`,
      undone,
    ],
    ['MASQUERADE', '-A POSTROUTING -j MASQUERADE', asked, `10.2.0.1:40000 > ${VIP}:80`, undone],
    [
      'both sides',
      '-A PREROUTING -j DNAT --to-destination 10.2.0.2\n-A POSTROUTING -j MASQUERADE',
      asked,
      `10.2.0.1:40000 > ${POD}:80`,
      undone,
    ],
    ['REDIRECT', '-A PREROUTING -p tcp -j REDIRECT --to-ports 99', asked, `${CLIENT}:40000 > 10.1.0.1:99`, undone],
    [
      'NETMAP, destination',
      '-A PREROUTING -j NETMAP --to 10.2.0.0/24',
      asked,
      `${CLIENT}:40000 > 10.2.0.10:80`,
      undone,
    ],
    ['NETMAP, source', '-A POSTROUTING -j NETMAP --to 10.7.0.0/16', asked, `10.7.0.2:40000 > ${VIP}:80`, undone],
    ['ping', '-A POSTROUTING -j MASQUERADE', ping(CLIENT, VIP), `10.2.0.1 > ${VIP} id 7`, `${VIP} > ${CLIENT} id 7`],
  ] as const) {
    test(name, () => expect(roundTrip(routerWith({ nat }), packet)).toEqual([want, back]));
  }

  test('MASQUERADE takes the address that is on the next hop’s network', () => {
    const host = routerWith({ nat: '-A POSTROUTING -j MASQUERADE' });
    const skb = skbOf(tcp(CLIENT, '8.8.8.8'));
    runHook('PREROUTING', host, skb, walkAt());
    skb.oif = 'out0';
    runHook('POSTROUTING', host, skb, walkAt(), { nexthop: answerTo(tcp(CLIENT, '10.3.0.9')).src });
    expect(flowOf(skb.packet)).toBe('10.3.0.1:40000 > 8.8.8.8:80');
  });

  test('the same in IPv6', () => {
    const host = routerWith({
      family: 6,
      nat: '-A PREROUTING -d fd20::10/128 -p tcp -j DNAT --to-destination [fd02::2]:8080',
    });
    expect(roundTrip(host, tcp('fd01::2', 'fd20::10'))).toEqual([
      'fd01::2:40000 > fd02::2:8080',
      'fd20::10:80 > fd01::2:40000',
    ]);
  });

  test('OUTPUT and INPUT have their own sides', () => {
    const host = routerWith({
      nat: '-A OUTPUT -d 172.20.0.10/32 -j DNAT --to-destination 10.2.0.2\n-A INPUT -s 10.1.0.2/32 -j SNAT --to-source 10.1.0.99',
    });
    const own = skbOf(udp('10.2.0.1', VIP));
    outputThrough(host, own, walkAt());
    const arriving = skbOf(udp(CLIENT, '10.1.0.1'));
    inputThrough(host, arriving, walkAt());
    expect([flowOf(own.packet), flowOf(arriving.packet)]).toEqual([
      '10.2.0.1:40000 > 10.2.0.2:53',
      '10.1.0.99:40000 > 10.1.0.1:53',
    ]);
  });
});

describe('once per connection', () => {
  test('rules are asked by the first packet alone; later ones and answers follow', () => {
    const host = routerWith({
      nat: `-A PREROUTING -p tcp -m statistic --mode nth --every 2 --packet 0 -j DNAT --to-destination 10.2.0.2
-A PREROUTING -p tcp -j DNAT --to-destination 10.2.0.3`,
    });
    const syn = tcp(CLIENT, VIP);
    const first = cross(host, syn);
    expect([cross(host, syn), cross(host, tcp(CLIENT, VIP, 80, ['SYN'], 40001)), cross(host, syn)]).toEqual([
      first,
      '10.1.0.2:40001 > 10.2.0.3:80',
      first,
    ]);
  });

  test('a connection that began before the rules stays as it began', () => {
    const host = routerWith({
      nat: '-A PREROUTING -p udp -j DNAT --to-destination 10.2.0.2',
      conntrack:
        'udp 17 25 src=10.1.0.2 dst=172.20.0.10 sport=40000 dport=53 [UNREPLIED] src=172.20.0.10 dst=10.1.0.2 sport=53 dport=40000 mark=0 use=1\n',
    });
    expect(cross(host, udp(CLIENT, VIP))).toBe('10.1.0.2:40000 > 172.20.0.10:53');
    expect(cross(host, udp(CLIENT, VIP, 53, 40001))).toBe('10.1.0.2:40001 > 10.2.0.2:53');
  });

  test('a packet dropped before it leaves leaves no connection', () => {
    const host = routerWith({ nat: '-A PREROUTING -j DNAT --to-destination 10.2.0.2', filter: '-A FORWARD -j DROP' });
    expect(cross(host, tcp(CLIENT, VIP))).toBe('dropped');
    expect(host.conntrack.entries(0)).toEqual([]);
  });

  test('NOTRACK: no connection, so no translation', () => {
    const host = routerWith({
      raw: '-A PREROUTING -p udp -j NOTRACK',
      nat: '-A PREROUTING -j DNAT --to-destination 10.2.0.2',
      filter: '-A FORWARD -m conntrack --ctstate UNTRACKED -j DROP',
    });
    expect([cross(host, udp(CLIENT, VIP)), cross(host, tcp(CLIENT, VIP))]).toEqual([
      'dropped',
      '10.1.0.2:40000 > 10.2.0.2:80',
    ]);
  });

  test('a masqueraded connection that leaves by another device is forgotten', () => {
    const host = routerWith({ nat: '-A POSTROUTING -j MASQUERADE' });
    cross(host, udp(CLIENT, VIP));
    const result = forwardThrough(host, skbOf(udp(CLIENT, VIP)), walkAt(), 'in0');
    expect([result.kind, host.conntrack.entries(0).length]).toEqual(['drop', 0]);
  });
});

describe('ports', () => {
  const masquerade = (flags = ''): Host => routerWith({ nat: `-A POSTROUTING -p tcp -j MASQUERADE${flags}` });

  test('a port already used towards the same destination is replaced, by one of its own class', () => {
    const host = masquerade();
    const from = (client: string, sport: number, dst = VIP): string =>
      cross(host, tcp(client, dst, 80, ['SYN'], sport), { port: sport < 512 ? 300 : sport < 1024 ? 700 : 5000 });
    expect(from('10.1.0.2', 40000)).toBe('10.2.0.1:40000 > 172.20.0.10:80');
    expect(from('10.1.0.3', 40000)).toBe('10.2.0.1:5000 > 172.20.0.10:80');
    expect(from('10.1.0.3', 40000, '172.20.0.11')).toBe('10.2.0.1:5000 > 172.20.0.11:80');
    expect(from('10.1.0.4', 40000, '172.20.0.11')).toBe('10.2.0.1:40000 > 172.20.0.11:80');
    expect([from('10.1.0.2', 100), from('10.1.0.3', 100)]).toEqual([
      '10.2.0.1:100 > 172.20.0.10:80',
      '10.2.0.1:300 > 172.20.0.10:80',
    ]);
    expect([from('10.1.0.2', 600), from('10.1.0.3', 600)]).toEqual([
      '10.2.0.1:600 > 172.20.0.10:80',
      '10.2.0.1:700 > 172.20.0.10:80',
    ]);
  });

  test('even where no rule translates: two DNATed flows may ask for one answer', () => {
    const host = routerWith({ nat: '-A PREROUTING -p udp -j DNAT --to-destination 10.2.0.2:53' });
    expect(cross(host, udp(CLIENT, VIP))).toBe('10.1.0.2:40000 > 10.2.0.2:53');
    expect(cross(host, udp(CLIENT, '172.20.0.11'), { port: 6000 })).toBe('10.1.0.2:6000 > 10.2.0.2:53');
    expect(cross(host, answerTo(udp(CLIENT, POD, 53, 6000)), { back: true })).toBe('172.20.0.11:53 > 10.1.0.2:40000');
  });

  test('--random-fully draws, and says so', () => {
    const walk = walkAt(0, {
      dice: { choose: () => 0, port: (min, max) => (min === 1024 && max === 65535 ? 33333 : 0) },
    });
    const skb = skbOf(tcp(CLIENT, VIP));
    forwardThrough(masquerade(' --random-fully'), skb, walk);
    expect([flowOf(skb.packet), [...walk.assumptions]]).toEqual([
      '10.2.0.1:33333 > 172.20.0.10:80',
      ['source port is random (--random-fully)'],
    ]);
  });

  test('no free port in the range: dropped as exhausted', () => {
    const host = masquerade(' --to-ports 7000-7001');
    const from = (client: string): string => cross(host, tcp(client, VIP), { port: 7000 });
    expect([from('10.1.0.2'), from('10.1.0.3'), from('10.1.0.4')]).toEqual([
      '10.2.0.1:7000 > 172.20.0.10:80',
      '10.2.0.1:7001 > 172.20.0.10:80',
      'exhausted',
    ]);
  });

  test("the only port left is a closed connection's: which of the two goes by sequence numbers nobody has", () => {
    const host = masquerade(' --to-ports 7000-7001');
    const opens = (client: string): string => cross(host, tcp(client, VIP), { port: 7000 });
    const answers = (port: number, ...flags: readonly TcpFlag[]): string =>
      cross(host, answerTo(tcp('10.2.0.1', VIP, 80, ['SYN'], port), flags), { back: true });
    expect([opens('10.1.0.2'), opens('10.1.0.3')]).toEqual([
      '10.2.0.1:7000 > 172.20.0.10:80',
      '10.2.0.1:7001 > 172.20.0.10:80',
    ]);
    answers(7000, 'SYN', 'ACK');
    expect(opens('10.1.0.4')).toBe('exhausted');
    answers(7000, 'RST', 'ACK');
    expect(opens('10.1.0.4')).toBe('unknown');
  });

  test('a range of addresses is spread by a hash of both ends (as on Linux 6.18)', () => {
    const host = routerWith({ nat: '-A POSTROUTING -j SNAT --to-source 10.9.0.1-10.9.3.200' });
    expect(cross(host, udp('10.0.0.77', '10.0.0.2'))).toBe('10.9.2.28:40000 > 10.0.0.2:53');
    expect(cross(host, udp('10.0.0.200', '10.0.0.2'))).toBe('10.9.3.48:40000 > 10.0.0.2:53');
    // One source keeps one mapping, whomever it talks to next.
    expect(cross(host, udp('10.0.0.77', '10.0.0.250'))).toBe('10.9.2.28:40000 > 10.0.0.250:53');
  });
});

describe('ICMP errors about a translated flow', () => {
  const host = (): Host =>
    routerWith({
      nat: '-A PREROUTING -d 172.20.0.10/32 -j DNAT --to-destination 10.2.0.2\n-A POSTROUTING -j MASQUERADE',
    });

  test('from a router behind: the quoted packet is the client’s own, and the VIP seems to answer', () => {
    const router = host();
    const skb = skbOf(tcp(CLIENT, VIP));
    forwardThrough(router, skb, walkAt());
    const walk = walkAt();
    const error = skbOf(icmpError('10.2.0.254', skb.packet), { iif: 'out0' });
    forwardThrough(router, error, walk, 'in0');
    expect(flowOf(error.packet)).toBe(`${VIP} > ${CLIENT} about ${CLIENT}:40000 > ${VIP}:80`);
    expect(walk.steps.find(({ kind }) => kind === 'conntrack')).toMatchObject({ state: 'related' });
  });

  test('an error about nobody’s packet is INVALID and left alone', () => {
    const error = icmpError('10.2.0.254', tcp('10.2.0.1', POD));
    expect(cross(host(), error, { back: true })).toBe('10.2.0.254 > 10.2.0.1 about 10.2.0.1:40000 > 10.2.0.2:80');
  });

  test('a redirect through a translation is dropped', () => {
    const router = host();
    const skb = skbOf(tcp(CLIENT, VIP));
    forwardThrough(router, skb, walkAt());
    expect(cross(router, icmpError('10.2.0.254', skb.packet, 5), { back: true })).toBe('dropped');
  });
});

describe('one dispatcher for all nat chains of a hook', () => {
  const nft = (priority: string): string => `table ip aws-cni {
\tchain nat-prerouting {
\t\ttype nat hook prerouting priority ${priority}; policy accept;
\t\tct mark set ct mark or 0x00000080
\t\tmeta mark set ct mark and 0x00000080
\t}
}
`;
  const nat = '-A PREROUTING -d 172.20.0.10/32 -j DNAT --to-destination 10.2.0.2';
  const marked = (text: string, dst: string, more = ''): number => {
    const skb = skbOf(tcp(CLIENT, dst));
    runHook('PREROUTING', routerWith({ nft: text + more, nat }), skb, walkAt());
    return skb.mark;
  };

  test('a chain after the one that translated is not run, one before it is', () => {
    expect(marked(nft('-90'), VIP)).toBe(0);
    expect(marked(nft('-90'), '8.8.8.8')).toBe(0x80);
    expect(marked(nft('-110'), VIP)).toBe(0x80);
  });

  test('it runs at -100 whatever its chains declare', () => {
    const at = (priority: number): string => `table ip seen {
\tchain look {
\t\ttype filter hook prerouting priority ${priority}; policy accept;
\t\tmeta mark 0x00000080 meta mark set 0x00000001
\t}
}
`;
    expect([marked(nft('-90'), '8.8.8.8', at(-99)), marked(nft('-90'), '8.8.8.8', at(-101))]).toEqual([1, 0x80]);
  });
});

describe('choices', () => {
  test('three endpoints, each with a third', () => {
    const nat = `:S
-A PREROUTING -j S
-A S -m statistic --mode random --probability 0.33333333349 -j DNAT --to-destination 10.2.0.2
-A S -m statistic --mode random --probability 0.50000000000 -j DNAT --to-destination 10.2.0.3
-A S -j DNAT --to-destination 10.2.0.4`;
    const ways = [[0], [1, 0], [1, 1]].map((taken) => {
      let p = 1;
      let at = 0;
      const choose = (options: readonly { readonly p: number }[]): number => {
        const pick = taken[at++] ?? 0;
        p *= options[pick]?.p ?? 0;
        return pick;
      };
      const skb = skbOf(tcp(CLIENT, VIP));
      const walk = walkAt(0, { dice: { choose, port: () => 0 } });
      forwardThrough(routerWith({ nat }), skb, walk);
      expect(walk.steps.filter(({ kind }) => kind === 'choice')).toHaveLength(taken.length);
      return [skb.packet.dst, Math.round(p * 1e6) / 1e6];
    });
    expect(ways).toEqual([
      ['10.2.0.2', 0.333333],
      ['10.2.0.3', 0.333333],
      ['10.2.0.4', 0.333333],
    ]);
  });
});
