import { describe, expect, test } from 'vitest';
import { answerTo, forwardThrough, ping, routerWith, skbOf, tcp, udp, walkAt } from '../../../test/sim/router.ts';
import type { TcpFlag } from '../../trace/index.ts';
import type { Packet } from '../packet.ts';
import type { Host } from '../types.ts';
import { printConn } from './print-conn.ts';
import { tracksFamily } from './uses-conntrack.ts';

const TRACKING = '-A FORWARD -m conntrack --ctstate NEW';
const CLIENT = '10.1.0.2';
const SERVER = '10.2.0.2';

const router = (sysctls: Readonly<Record<string, string>> = {}): Host => routerWith({ filter: TRACKING, sysctls });

/** The state a forwarded packet is given. */
function stateOf(host: Host, packet: Packet, now = 0, forcedInvalid = false): string {
  const skb = skbOf(packet, { forcedInvalid });
  forwardThrough(host, skb, walkAt(now));
  return skb.ct.kind === 'tracked' ? skb.ct.info : skb.ct.kind;
}

describe('which namespaces track', () => {
  for (const [rules, want] of [
    [{ filter: TRACKING }, true],
    [{ filter: ':U\n-A U -m state --state NEW' }, true],
    [{ nat: '-A PREROUTING -j ACCEPT' }, false],
    [{ nat: '-A POSTROUTING -d 9.9.9.9/32 -j MASQUERADE' }, true],
    [{ raw: '-A PREROUTING -d 9.9.9.9/32 -j NOTRACK' }, false],
    [{ mangle: '-A PREROUTING -m connmark --mark 0x1' }, true],
    [{ nft: 'table inet t {\n\tchain c {\n\t\tct state new\n\t}\n}\n' }, true],
    [{ nft: 'table ip t {\n\tchain c {\n\t\ttype nat hook output priority 0; policy accept;\n\t}\n}\n' }, false],
    [{ nft: 'table ip6 t {\n\tchain c {\n\t\tct state new\n\t}\n}\n' }, false],
    // Not read, each as the kernel of the tests has it.
    [{ filter: '-A INPUT -p tcp -m connlimit --connlimit-above 5 -j DROP' }, true],
    [{ filter: '-A INPUT -m helper --helper ftp -j DROP' }, true],
    [{ filter: '-A INPUT -m hashlimit --hashlimit-above 5/sec --hashlimit-name helper -j DROP' }, false],
    [{ filter: '-A INPUT -p tcp -j SYNPROXY --mss 5' }, true],
    [{ filter: '-A INPUT -j NFQUEUE --queue-num 3' }, false],
    [{ raw: '-A PREROUTING -j CT --zone 3' }, true],
    [{ mangle: '-A PREROUTING -j CONNSECMARK --save' }, true],
    [{ mangle: '-A PREROUTING -j TEE --gateway 1.2.3.4' }, false],
    ...(
      [
        ['chain c {\n\t\tct count over 5 drop\n\t}', true],
        ['chain c {\n\t\tmeta secmark set ct secmark\n\t}', true],
        ['chain c {\n\t\ttcp dport 80 synproxy mss 1460\n\t}', true],
        ['chain c {\n\t\tdnat to ip saddr map { 1.2.3.4 : 1.2.3.5 }\n\t}', true],
        ['chain c {\n\t\tjump {\n\t\t\tct state new drop\n\t\t}\n\t}', true],
        ['chain c {\n\t\txt match "connlimit" drop\n\t}', true],
        ['chain c {\n\t\txt match "limit" drop\n\t}', false],
        ['chain c {\n\t\tnotrack\n\t}', false],
        ['chain c {\n\t\tlog prefix "ct state"\n\t}', false],
        ['chain c {\n\t\tlimit rate 5/second drop\n\t}', false],
        ['ct helper h {\n\t\ttype "ftp" protocol tcp\n\t\tl3proto ip\n\t}', true],
        ['set s {\n\t\ttype ipv4_addr\n\t\tflags dynamic\n\t\tct count over 5\n\t}', true],
        ['set s {\n\t\ttypeof ct mark\n\t}', false],
        ['chain c {\n\t\ttype filter hook later priority 0; policy accept;\n\t\tct state new drop\n\t}', true],
      ] as const
    ).map(([body, want]) => [{ nft: `table ip t {\n\t${body}\n}\n` }, want] as const),
  ] as const) {
    test(`${JSON.stringify(rules)}: ${want}`, () => expect(tracksFamily(routerWith(rules).netns, 4)).toBe(want));
  }
});

test('a SYN for an entry that was reset is undecided: who sent the RST no print tells', () => {
  const tuples = `src=${CLIENT} dst=${SERVER} sport=40000 dport=80 src=${SERVER} dst=${CLIENT} sport=80 dport=40000`;
  const entry = `tcp 6 9 CLOSE ${tuples} [ASSURED] mark=0 use=1\n`;
  const host = routerWith({ filter: TRACKING, conntrack: entry });
  const result = forwardThrough(host, skbOf(tcp(CLIENT, SERVER, 80, ['SYN'])), walkAt());
  expect(result).toMatchObject({ kind: 'unknown', what: expect.stringContaining('which side reset this connection') });
});

describe('TCP', () => {
  /** `>SA` is a SYN/ACK from the client, `<A` an ACK from the server. */
  const FLAGS: Readonly<Record<string, TcpFlag>> = { S: 'SYN', A: 'ACK', F: 'FIN', R: 'RST' };
  function play(host: Host, script: string): string {
    for (const word of script.split(' ')) {
      const flags = [...word.slice(1)].map((letter) => FLAGS[letter] ?? 'PSH');
      const packet = tcp(CLIENT, SERVER, 80, flags);
      const skb = skbOf(word.startsWith('>') ? packet : answerTo(packet, flags));
      forwardThrough(host, skb, walkAt());
    }
    const [conn] = host.conntrack.entries(0);
    return conn === undefined ? 'none' : `${conn.tcpState}${conn.assured ? ' assured' : ''} ${conn.expiresAt}`;
  }
  for (const [script, want] of [
    ['>S', 'SYN_SENT 120'],
    ['>S <SA', 'SYN_RECV 60'],
    ['>S <SA >A', 'ESTABLISHED assured 432000'],
    ['>S <SA >A >FA', 'FIN_WAIT assured 120'],
    ['>S <SA >A >FA <A', 'CLOSE_WAIT assured 60'],
    ['>S <SA >A >FA <FA', 'LAST_ACK assured 30'],
    ['>S <SA >A >FA <FA >A', 'TIME_WAIT assured 120'],
    ['>S <SA >A >FA <FA >A >S', 'SYN_SENT 120'],
    ['>S <SA >A <FA >FA <A >S', 'SYN_SENT 120'],
    ['>S <SA >A <R', 'CLOSE assured 10'],
    ['>S <RA', 'none'],
    ['>A', 'ESTABLISHED 300'],
    ['>R', 'none'],
    ['>SA', 'none'],
    ['>S <S', 'SYN_SENT2 120'],
    ['>S <S >SA <A', 'ESTABLISHED assured 432000'],
    ['>S <SA >A >FA <FA >S <A', 'LAST_ACK assured 30'],
    ['>S <SA >A >FA <FA >S <A <A', 'TIME_WAIT assured 120'],
  ] as const) {
    test(`${script} is ${want}`, () => expect(play(router(), script)).toBe(want));
  }

  test('a SYN nobody answers does not keep its connection by being sent again', () => {
    const host = router();
    const at = (now: number): string => stateOf(host, tcp(CLIENT, SERVER), now);
    expect([at(0), at(60)]).toEqual(['new', 'new']);
    expect(host.conntrack.entries(60)[0]?.expiresAt).toBe(120);
  });

  test('sysctls: timeouts, loose pick-up, liberal windows', () => {
    const net = (name: string, value: string) => ({ [`net.netfilter.nf_conntrack_tcp_${name}`]: value });
    expect(play(router(net('timeout_established', '86400')), '>S <SA >A')).toBe('ESTABLISHED assured 86400');
    expect(play(router(net('loose', '0')), '>A')).toBe('none');
    expect(stateOf(router(), tcp(CLIENT, SERVER), 0, true)).toBe('invalid');
    expect(stateOf(router(net('be_liberal', '1')), tcp(CLIENT, SERVER), 0, true)).toBe('new');
  });
});

describe('UDP and ICMP', () => {
  test('established once answered, and forgotten in time', () => {
    const host = router();
    const packet = udp(CLIENT, SERVER);
    expect([
      stateOf(host, packet),
      stateOf(host, packet, 1),
      stateOf(host, answerTo(packet), 2),
      stateOf(host, packet, 3),
      stateOf(host, packet, 122),
      stateOf(host, packet, 300),
    ]).toEqual(['new', 'new', 'established', 'established', 'established', 'new']);
  });

  test('an unanswered flow lasts thirty seconds', () => {
    const host = router();
    stateOf(host, udp(CLIENT, SERVER));
    expect([host.conntrack.entries(29).length, host.conntrack.entries(30).length]).toEqual([1, 0]);
  });

  test('an echo reply needs its request', () => {
    const host = router();
    expect(stateOf(host, ping(SERVER, CLIENT, 0))).toBe('invalid');
    expect(stateOf(host, ping(CLIENT, SERVER))).toBe('new');
    expect(stateOf(host, ping(SERVER, CLIENT, 0))).toBe('established');
  });

  test('neighbour discovery is not tracked', () => {
    const host = routerWith({ family: 6, filter: TRACKING });
    expect(stateOf(host, ping('fd01::2', 'fd01::1', 135))).toBe('untracked');
  });
});

test('a table of many connections answers as one of a few', () => {
  for (const count of [3, 30]) {
    const host = router();
    // All from one port of one client, so that only the server tells them apart.
    for (let i = 1; i <= count; i++) stateOf(host, tcp(CLIENT, `10.2.0.${i}`));
    const first = tcp(CLIENT, '10.2.0.1');
    const [oldest] = host.conntrack.entries(0);
    if (oldest === undefined) throw new Error('nothing was tracked');
    expect(stateOf(host, answerTo(first, ['SYN', 'ACK'])), `${count} connections`).toBe('established');
    expect(host.conntrack.fromSameSource(oldest.original, 0).map((conn) => conn.original.dst)).toEqual(
      Array.from({ length: count }, (_, i) => `10.2.0.${count - i}`),
    );
    host.conntrack.remove(oldest);
    expect(host.conntrack.find(oldest.reply, 0)).toBe(undefined);
    expect(host.conntrack.entries(0).length).toBe(count - 1);
    expect(stateOf(host, tcp(CLIENT, `10.2.0.${count}`))).toBe('new');
    expect(host.conntrack.entries(0).length).toBe(count - 1);
  }
});

test('a dumped table is where the walk begins, and prints as it was read', () => {
  const line =
    'tcp      6 431999 ESTABLISHED src=10.1.0.2 dst=172.20.0.10 sport=40000 dport=80 src=10.2.0.2 dst=10.1.0.2 sport=8080 dport=40000 [ASSURED] mark=128 use=1';
  const host = routerWith({ filter: TRACKING, conntrack: `${line}\n` });
  expect(host.conntrack.entries(0).map((conn) => printConn(conn, 0))).toEqual([line]);
  expect(stateOf(host, tcp(CLIENT, '172.20.0.10', 80, ['ACK']))).toBe('established');
});
