import { describe, expect, test } from 'vitest';
import { ICMP_SIZES } from '../../../test/sim/icmp-sizes.ts';
import { netnsFrom } from '../../../test/sim/netns-from.ts';
import { ip } from '../../net/index.ts';
import type { Step } from '../../trace/index.ts';
import { firstDice } from '../dice.ts';
import type { L4, Packet, Skb } from '../packet.ts';
import type { Host, Outcome, Undecided, Walk } from '../types.ts';
import { acceptsAnswer } from './accepts-answer.ts';
import { createHost } from './create-host.ts';
import { ICMP, icmpError } from './icmp-error.ts';
import { receive } from './receive.ts';
import { send } from './send.ts';

// A router: `in0` 10.1.0.1/24 towards the client 10.1.0.2, `out0` 10.2.0.1/24 towards the server 10.2.0.2.

interface Of {
  readonly routes?: string;
  readonly rules?: string;
  readonly filter?: string;
  readonly iptables?: string;
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly addresses?: string;
  readonly mtu?: number;
}

const routerOf = (of: Of = {}): Host =>
  createHost(
    netnsFrom('node/r', {
      addresses: `in0 10.1.0.1/24\nin0 10.5.0.1/24\nout0 10.2.0.1/24${of.addresses ?? ''}`,
      routes: of.routes ?? '',
      rules: of.rules ?? '',
      iptables: of.iptables ?? (of.filter === undefined ? '' : `*filter\n${of.filter}\nCOMMIT\n`),
      sysctls: { 'net.ipv4.ip_default_ttl': '64', 'net.ipv4.ip_forward': '1', ...of.sysctls },
      sockets: [
        { protocol: 'tcp', local: '*', port: 80, process: 'nginx' },
        { protocol: 'udp', local: '*', port: 53, process: 'named' },
      ],
      mtu: of.mtu ?? 1500,
    }),
    'nodes/r',
  );

const walkOf = (): Walk & { readonly steps: Step[] } => {
  const steps: Step[] = [];
  return { dice: firstDice(), now: 0, record: (step) => steps.push(step), assumptions: new Set(), steps };
};

const SYN: L4 = { kind: 'tcp', sport: 40000, dport: 80, flags: ['SYN'] };
const tcp = (dst: string, of: Partial<Packet> = {}): Packet => ({
  family: 4,
  src: ip('10.1.0.2'),
  dst: ip(dst),
  protocol: 'tcp',
  ttl: 64,
  tos: 0,
  length: 60,
  df: true,
  l4: SYN,
  ...of,
});
const udp = (dst: string, dport: number, of: Partial<Packet> = {}): Packet =>
  tcp(dst, { protocol: 'udp', df: false, l4: { kind: 'ports', sport: 40000, dport }, ...of });
const ping = (dst: string, of: Partial<Packet> = {}): Packet =>
  tcp(dst, { protocol: 'icmp', df: false, l4: { kind: 'icmp-query', type: 8, code: 0, id: 7, seq: 1 }, ...of });

const arrive = (host: Host, packet: Packet, iif = 'in0'): Outcome => {
  const skb: Skb = {
    packet,
    mark: 0,
    iif,
    oif: undefined,
    ct: { kind: 'none' },
    forcedInvalid: false,
    pkttype: 'unicast',
  };
  return receive(host, skb, walkOf());
};

/** `> out0 ttl 63`, `delivered`, `refused, 3/3 from 10.1.0.1`, `dropped, silent`. */
function show(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'transmit':
      return `> ${outcome.dev.name} ttl ${outcome.skb.packet.ttl}`;
    case 'delivered':
      return outcome.answer === undefined ? 'delivered' : `delivered, ${showAnswer(outcome.answer)}`;
    case 'died':
      return `${outcome.disposition}, ${outcome.error === undefined ? 'silent' : showAnswer(outcome.error)}`;
    case 'unknown':
      return `unknown: ${outcome.what}`;
  }
}

function showAnswer(answer: Packet | Undecided): string {
  if ('what' in answer) return `unknown: ${answer.what}`;
  const { l4, src } = answer;
  if (l4.kind === 'icmp-error')
    return `${l4.type}/${l4.code}${l4.mtu === undefined ? '' : ` mtu ${l4.mtu}`} from ${src}`;
  if (l4.kind === 'tcp') return `${l4.flags.join('+')} from ${src}`;
  return `answer from ${src}`;
}

const MAIN = '10.2.0.2';
const off = { 'net.ipv4.ip_forward': '0', 'net.ipv4.conf.all.forwarding': '0' };

/** test/kernel/icmp-size.test.ts asks the running kernel. */
test.each(ICMP_SIZES)('IPv%i: an error about %i bytes has %i', (family, length, want) => {
  const about =
    family === 4 ? udp('10.1.0.1', 9, { length }) : udp('fd00:1::1', 9, { length, family, src: ip('fd00:1::2') });
  const outcome = arrive(routerOf({ addresses: '\nin0 fd00:1::1/64' }), about);
  expect(outcome).toMatchObject({ kind: 'died', disposition: 'refused', error: { length: want } });
});

/** Causes and answers as measured on Linux 6.x, one packet from a fresh client each; test/kernel/walk-host.test.ts replays a dozen of them on the running kernel. */
describe('what a host does with an arriving packet', () => {
  const cases: readonly (readonly [string, Of, Packet, string])[] = [
    ['forwarded', {}, tcp(MAIN), '> out0 ttl 63'],
    [
      'a broadcast',
      {},
      udp('10.1.0.255', 9),
      'unknown: 10.1.0.255 is for many receivers: multicast and broadcast are not modelled',
    ],
    [
      'a multicast',
      {},
      udp('224.0.0.5', 9),
      'unknown: 224.0.0.5 is for many receivers: multicast and broadcast are not modelled',
    ],
    ['no route', {}, tcp('10.9.0.1'), 'no-route, 3/0 from 10.1.0.1'],
    ['no route, not forwarding', { sysctls: off }, tcp('10.9.0.1'), 'dropped, silent'],
    ['blackhole route', { routes: 'blackhole 10.9.0.0/16' }, tcp('10.9.0.1'), 'dropped, silent'],
    ['unreachable route', { routes: 'unreachable 10.9.0.0/16' }, tcp('10.9.0.1'), 'refused, 3/1 from 10.1.0.1'],
    [
      'unreachable route, not forwarding',
      { routes: 'unreachable 10.9.0.0/16', sysctls: off },
      tcp('10.9.0.1'),
      'dropped, silent',
    ],
    ['unreachable rule', { rules: '100: from all to 10.2.0.2 unreachable' }, tcp(MAIN), 'no-route, 3/0 from 10.1.0.1'],
    ['blackhole rule', { rules: '100: from all to 10.2.0.2 blackhole' }, tcp(MAIN), 'dropped, silent'],
    ['prohibit route', { routes: 'prohibit 10.9.0.0/16' }, tcp('10.9.0.1'), 'refused, 3/13 from 10.1.0.1'],
    ['prohibit rule', { rules: '100: from all to 10.2.0.2 prohibit' }, tcp(MAIN), 'refused, 3/13 from 10.1.0.1'],
    ['throw route only', { routes: 'throw 10.9.0.0/16' }, tcp('10.9.0.1'), 'no-route, 3/0 from 10.1.0.1'],
    ['ip_forward 0', { sysctls: off }, tcp(MAIN), 'dropped, silent'],
    ['forwarding 0 on the device', { sysctls: { 'net.ipv4.conf.in0.forwarding': '0' } }, tcp(MAIN), 'dropped, silent'],
    ['forwarding 0 on the other', { sysctls: { 'net.ipv4.conf.out0.forwarding': '0' } }, tcp(MAIN), '> out0 ttl 63'],
    ['TTL 1, forwarded', {}, tcp(MAIN, { ttl: 1 }), 'ttl-exceeded, 11/0 from 10.1.0.1'],
    ['TTL 1, to the host', {}, tcp('10.1.0.1', { ttl: 1 }), 'delivered, SYN+ACK from 10.1.0.1'],
    ['too big with DF', {}, tcp(MAIN, { length: 1501 }), 'too-big, 3/4 mtu 1500 from 10.1.0.1'],
    ['too big without DF', {}, udp(MAIN, 9, { length: 1501 }), '> out0 ttl 63'],
    ['UDP nobody listens on', {}, udp('10.5.0.1', 9), 'refused, 3/3 from 10.5.0.1'],
    ['TCP nobody listens on', {}, tcp('10.1.0.1', { l4: { ...SYN, dport: 81 } }), 'refused, RST+ACK from 10.1.0.1'],
    [
      'stray SYN-ACK',
      {},
      tcp('10.1.0.1', { l4: { ...SYN, dport: 81, flags: ['SYN', 'ACK'] } }),
      'refused, RST from 10.1.0.1',
    ],
    ['SYN and FIN at once', {}, tcp('10.1.0.1', { l4: { ...SYN, flags: ['SYN', 'FIN'] } }), 'dropped, silent'],
    ['stray RST', {}, tcp('10.1.0.1', { l4: { ...SYN, flags: ['RST'] } }), 'dropped, silent'],
    ['unknown protocol', {}, tcp('10.1.0.1', { protocol: 'gre', l4: { kind: 'other' } }), 'refused, 3/2 from 10.1.0.1'],
    ['echo', {}, ping('10.2.0.1'), 'delivered, answer from 10.2.0.1'],
    ['echo ignored', { sysctls: { 'net.ipv4.icmp_echo_ignore_all': '1' } }, ping('10.1.0.1'), 'dropped, silent'],
    ['source loopback', {}, tcp(MAIN, { src: ip('127.0.0.1') }), 'dropped, silent'],
    ['destination loopback', {}, tcp('127.0.0.1'), 'dropped, silent'],
    [
      'route_localnet',
      { sysctls: { 'net.ipv4.conf.in0.route_localnet': '1' } },
      tcp('127.0.0.1'),
      'delivered, SYN+ACK from 127.0.0.1',
    ],
    ['source multicast', {}, tcp(MAIN, { src: ip('224.0.0.1') }), 'dropped, silent'],
    ['source 0.0.0.0', {}, tcp(MAIN, { src: ip('0.0.0.0') }), 'dropped, silent'],
    ['source of the host itself', {}, tcp(MAIN, { src: ip('10.2.0.1') }), 'dropped, silent'],
    [
      'source the subnet broadcast, rp_filter 2',
      { sysctls: { 'net.ipv4.conf.in0.rp_filter': '2' } },
      tcp(MAIN, { src: ip('10.1.0.255') }),
      'dropped, silent',
    ],
    ['unroutable source, no rp_filter', {}, tcp(MAIN, { src: ip('198.51.100.1') }), '> out0 ttl 63'],
    ['DROP in INPUT', { filter: '-A INPUT -j DROP' }, tcp('10.1.0.1'), 'dropped, silent'],
    ['DROP in FORWARD', { filter: '-A FORWARD -j DROP' }, tcp(MAIN), 'dropped, silent'],
    ['policy DROP', { filter: ':FORWARD DROP [0:0]' }, tcp(MAIN), 'dropped, silent'],
    ['REJECT in FORWARD', { filter: '-A FORWARD -j REJECT' }, tcp(MAIN), 'refused, 3/3 from 10.1.0.1'],
    ['REJECT in INPUT', { filter: '-A INPUT -j REJECT' }, tcp('10.5.0.1'), 'refused, 3/3 from 10.5.0.1'],
    [
      'REJECT with a reset',
      { filter: '-A FORWARD -p tcp -j REJECT --reject-with tcp-reset' },
      tcp(MAIN),
      'refused, RST+ACK from 10.2.0.2',
    ],
    [
      'REJECT admin prohibited',
      { filter: '-A FORWARD -j REJECT --reject-with icmp-admin-prohibited' },
      tcp(MAIN),
      'refused, 3/13 from 10.1.0.1',
    ],
  ];
  test.each(cases)('%s', (_, of, packet, want) => {
    expect(show(arrive(routerOf(of), packet))).toBe(want);
  });
});

/** RFC 4443 2.4 (e): no error about a packet that names nobody; of those to many, only that they are too big. */
describe('ICMPv6 errors', () => {
  const about = (src: string, dst: string): Skb => ({
    packet: udp(dst, 9, { family: 6, src: ip(src) }),
    mark: 0,
    iif: 'in0',
    oif: undefined,
    ct: { kind: 'none' },
    forcedInvalid: false,
    pkttype: 'unicast',
  });
  const host = routerOf({ addresses: '\nin0 fd00:1::1/64', routes: 'default via fd00:1::2 dev in0' });
  test.each([
    ['a host', 'fd00:1::2', 'fd00:2::2', ICMP.portUnreachable[6], '1/4 from fd00:1::1'],
    ['the unspecified address', '::', 'fd00:2::2', ICMP.portUnreachable[6], 'none'],
    ['a group', 'ff02::1', 'fd00:2::2', ICMP.portUnreachable[6], 'none'],
    ['a host, to a group', 'fd00:1::2', 'ff0e::1', ICMP.portUnreachable[6], 'none'],
    [
      'a host, to a group, too big',
      'fd00:1::2',
      'ff0e::1',
      { ...ICMP.tooBig[6], mtu: 1280 },
      '2/0 mtu 1280 from fd00:1::1',
    ],
  ])('about a packet from %s', (_, src, dst, what, want) => {
    const error = icmpError(host, about(src, dst), what);
    expect(error === undefined ? 'none' : showAnswer(error)).toBe(want);
  });
});

describe('what passes between the ports of a device is not modelled, and never taken for a route', () => {
  const bridged = (port: string): Host => {
    const made = routerOf({}).netns;
    const links = made.links.map((link) => (link.ifname === port ? { ...link, master: 'br0' } : link));
    return createHost({ ...made, links }, 'nodes/r');
  };
  test.each(['in0', 'out0'])('%s', (port) => {
    expect(show(arrive(bridged(port), tcp(MAIN)))).toMatch(/^unknown: .*is a port of br0: /);
  });
});

describe('rp_filter is the larger of all and the device', () => {
  const from = (src: string): Packet => tcp(MAIN, { src: ip(src) });
  const set = (all: string, dev: string): Of => ({
    sysctls: { 'net.ipv4.conf.all.rp_filter': all, 'net.ipv4.conf.in0.rp_filter': dev },
    routes: '10.7.0.0/16 via 10.2.0.2 dev out0',
  });
  test.each([
    ['0', '0', '10.7.0.1', '> out0 ttl 63'],
    ['1', '0', '10.7.0.1', 'dropped, silent'],
    ['0', '1', '10.7.0.1', 'dropped, silent'],
    ['1', '2', '10.7.0.1', '> out0 ttl 63'],
    ['2', '1', '10.7.0.1', '> out0 ttl 63'],
    ['0', '2', '198.51.100.1', 'dropped, silent'],
    ['1', '1', '10.1.0.2', '> out0 ttl 63'],
  ])('all %s, in0 %s, source %s', (all, dev, src, want) => {
    expect(show(arrive(routerOf(set(all, dev)), from(src)))).toBe(want);
  });
});

describe('what a host sends', () => {
  const own = (dst: string): Packet => udp(dst, 53, { src: ip('10.1.0.1') });
  test.each([
    ['on-link', {}, MAIN, '> out0 ttl 64'],
    ['itself', {}, '10.2.0.1', 'delivered, answer from 10.2.0.1'],
    ['no route', {}, '10.9.0.1', 'no-route, silent'],
    ['blackhole', { routes: 'blackhole 10.9.0.0/16' }, '10.9.0.1', 'dropped, silent'],
    ['unreachable', { routes: 'unreachable 10.9.0.0/16' }, '10.9.0.1', 'refused, silent'],
    ['DROP in OUTPUT', { filter: '-A OUTPUT -j DROP' }, MAIN, 'dropped, silent'],
    ['REJECT in OUTPUT', { filter: '-A OUTPUT -j REJECT' }, MAIN, 'refused, 3/3 from 10.1.0.1'],
  ] satisfies readonly (readonly [string, Of, string, string])[])('%s', (_, of, dst, want) => {
    expect(show(send(routerOf(of), own(dst), walkOf()))).toBe(want);
  });

  test('to 127.0.0.1, over lo', () => {
    const packet = tcp('127.0.0.1', { src: ip('127.0.0.1') });
    expect(show(send(routerOf(), packet, walkOf()))).toBe('delivered, SYN+ACK from 127.0.0.1');
  });
});

test('an error about a translated flow leaves with the address the client asked for', () => {
  const host = routerOf({
    iptables: '*nat\n-A PREROUTING -d 172.20.0.80/32 -p tcp -j DNAT --to-destination 10.2.0.2:8080\nCOMMIT\n',
  });
  const died = arrive(host, tcp('172.20.0.80', { ttl: 1 }));
  if (died.kind !== 'died' || died.error === undefined || 'what' in died.error) throw new Error(show(died));
  expect(show(died)).toBe('ttl-exceeded, 11/0 from 10.1.0.1');
  const out = send(host, died.error, walkOf(), died.ties);
  if (out.kind !== 'transmit' || out.skb.packet.l4.kind !== 'icmp-error') throw new Error(show(out));
  expect(out.skb.packet.src).toBe('172.20.0.80');
  expect(out.skb.packet.l4.quoted.dst).toBe('172.20.0.80');
});

describe('which answers an asking socket takes', () => {
  const back = (of: Partial<Packet> = {}, l4: L4 = { kind: 'tcp', sport: 80, dport: 40000, flags: ['SYN', 'ACK'] }) =>
    tcp('10.1.0.2', { src: ip('10.2.0.2'), l4, ...of });
  const about = (quoted: Packet): Packet =>
    tcp('10.1.0.2', { src: ip('10.1.0.1'), protocol: 'icmp', l4: { kind: 'icmp-error', type: 3, code: 1, quoted } });
  test.each([
    ['the address and port asked', back(), 'accepted'],
    ['another address', back({ src: ip('10.2.0.3') }), 'wrong-source'],
    ['another source port', back({}, { kind: 'tcp', sport: 81, dport: 40000, flags: [] }), 'wrong-source'],
    ['another own port', back({}, { kind: 'tcp', sport: 80, dport: 40001, flags: [] }), 'not-mine'],
    ['an error about it', about(tcp(MAIN)), 'accepted'],
    ['an error about a flow to somewhere else', about(tcp('10.2.0.3')), 'not-mine'],
  ])('%s', (_, answer, want) => {
    expect(acceptsAnswer(tcp(MAIN), answer)).toBe(want);
  });
});
