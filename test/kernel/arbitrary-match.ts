import fc from 'fast-check';
import type { Match, TableName } from '../../src/linux/index.ts';
import { type Family, ipFromBits } from '../../src/net/index.ts';
import { block, bool, inOrder, optional, put, somePorts, subset, u32 } from './arbitrary-value.ts';

const interfaceName = fc.constantFrom('eth0', 'eni+', 'vlan+', 'ens5', 'veth-a_b.c');
const commentText = fc.string({
  unit: fc.constantFrom('a', 'Z', '9', ' ', '-', '_', '/', ':', '"', "'", '\\', '>', ';', '#'),
  minLength: 1,
  maxLength: 40,
});

type Kind<K extends Match['kind']> = fc.Arbitrary<Extract<Match, { kind: K }>>;

/** What iptables itself matches: addresses and devices. */
export function base(family: Family): fc.Arbitrary<Match[]> {
  const networkInterface = fc
    .record({ not: bool, name: interfaceName })
    .map((m) => ({ ...m, wildcard: m.name.endsWith('+') }));
  return fc
    .tuple(
      optional(fc.record({ kind: fc.constant('source' as const), not: bool, cidr: block(family) })),
      optional(fc.record({ kind: fc.constant('destination' as const), not: bool, cidr: block(family) })),
      optional(networkInterface.map((m) => ({ kind: 'in-interface' as const, ...m }))),
      optional(networkInterface.map((m) => ({ kind: 'out-interface' as const, ...m }))),
    )
    .map((matches) => matches.filter((match) => match !== undefined));
}

const FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'];
const portMatch = fc.record({ not: bool, range: somePorts });

/** A protocol, and modules that need it. */
export function transport(family: Family): fc.Arbitrary<Match[]> {
  const withPorts = (['tcp', 'udp', 'sctp'] as const).map((protocol) =>
    fc
      .tuple(
        optional(portMatch),
        optional(portMatch),
        optional(fc.record({ not: bool, mask: subset(FLAGS), comp: subset(FLAGS) })),
      )
      .map(([sport, dport, flags]): Match[] => [
        { kind: 'protocol', not: false, protocol },
        {
          kind: 'transport',
          protocol,
          ...put('sport', sport),
          ...put('dport', dport ?? (protocol === 'tcp' ? undefined : { not: false, range: { from: 5, to: 6 } })),
          ...put('tcpFlags', protocol === 'tcp' ? flags : undefined),
        },
      ]),
  );
  const multiport: Kind<'multiport'> = fc.record({
    kind: fc.constant('multiport'),
    not: bool,
    side: fc.constantFrom('sports', 'dports', 'ports'),
    ports: fc.array(somePorts, { minLength: 1, maxLength: 7 }),
  });
  const icmp = fc
    .record({ not: bool, type: fc.integer({ min: 0, max: 254 }), code: optional(fc.nat(254)) })
    .map(({ not, type, code }): Match[] => [
      { kind: 'protocol', not: false, protocol: family === 4 ? 'icmp' : 'ipv6-icmp' },
      { kind: 'icmp', family, not, type, codeFrom: code ?? 0, codeTo: code ?? 255, any: false },
    ]);
  const alone = fc
    .record({ not: bool, protocol: fc.constantFrom('tcp', 'udp', 'gre', 'esp', 41, 89, 200, 132) })
    .map(({ not, protocol }): Match[] => [
      { kind: 'protocol', not, protocol: protocol === 132 ? 'sctp' : (protocol as 'tcp') },
    ]); // the numbers are numbers
  return fc.oneof(
    fc.constant<Match[]>([]),
    ...withPorts,
    icmp,
    alone,
    multiport.map((match): Match[] => [{ kind: 'protocol', not: false, protocol: 'udp' }, match]),
  );
}

const STATES = ['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED', 'SNAT', 'DNAT'] as const;
const TYPES = [
  'UNICAST',
  'LOCAL',
  'BROADCAST',
  'ANYCAST',
  'MULTICAST',
  'BLACKHOLE',
  'UNREACHABLE',
  'PROHIBIT',
] as const;

/** xt_addrtype refuses the others for IPv6 (net/netfilter/xt_addrtype.c, addrtype_mt_checkentry_v1). */
const TYPES_6 = ['UNICAST', 'LOCAL', 'ANYCAST', 'MULTICAST', 'UNREACHABLE'] as const;

function conntrack(family: Family): Kind<'conntrack'> {
  const states = fc.record({ kind: fc.constant('ctstate' as const), not: bool, states: subset(STATES) });
  const cidr = (kind: 'ctorigsrc' | 'ctorigdst' | 'ctreplsrc' | 'ctrepldst') =>
    fc.record({ kind: fc.constant(kind), not: bool, cidr: block(family) });
  const span = (kind: 'ctorigsrcport' | 'ctorigdstport' | 'ctreplsrcport' | 'ctrepldstport') =>
    fc.record({ kind: fc.constant(kind), not: bool, range: somePorts });
  return fc
    .tuple(
      optional(states),
      optional(
        fc.record({
          kind: fc.constant('ctproto' as const),
          not: bool,
          protocol: fc.constantFrom('tcp', 'udp', 47 as never),
        }),
      ),
      optional(cidr('ctorigsrc')),
      optional(cidr('ctorigdst')),
      optional(cidr('ctreplsrc')),
      optional(cidr('ctrepldst')),
      optional(span('ctorigsrcport')),
      optional(span('ctorigdstport')),
      optional(span('ctreplsrcport')),
      optional(span('ctrepldstport')),
      optional(
        fc.record({
          kind: fc.constant('ctstatus' as const),
          not: bool,
          statuses: subset(['EXPECTED', 'SEEN_REPLY', 'ASSURED', 'CONFIRMED'] as const),
        }),
      ),
      optional(
        fc.record({ kind: fc.constant('ctdir' as const), dir: fc.constantFrom('ORIGINAL' as const, 'REPLY' as const) }),
      ),
    )
    .map((tests) => tests.filter((test) => test !== undefined))
    .filter((tests) => tests.length > 0)
    .map((tests) => ({
      kind: 'conntrack',
      tests: tests.map((t) =>
        t.kind === 'ctproto' && typeof t.protocol === 'number' ? { ...t, protocol: 'gre' as const } : t,
      ),
    }));
}

/** Up to three of the other modules, in any order. */
export function modules(family: Family, table: TableName): fc.Arbitrary<Match[]> {
  const types = fc.record({ not: bool, types: subset(family === 4 ? TYPES : TYPES_6) });
  const span = fc.tuple(bool, inOrder(family)).map(([not, of]) => ({ not, ...of }));
  const all: fc.Arbitrary<Match>[] = [
    commentText.map((text): Match => ({ kind: 'comment', text })),
    fc.record({ kind: fc.constantFrom('mark' as const, 'connmark' as const), not: bool, value: u32, mask: u32 }),
    conntrack(family),
    fc.record({ kind: fc.constant('state' as const), not: bool, states: subset(STATES.slice(0, 5)) }),
    fc.tuple(types, optional(types)).map(
      ([dst, src]): Match => ({
        kind: 'addrtype',
        ...put('src', src),
        dst,
        limitIfaceIn: false,
        limitIfaceOut: false,
      }),
    ),
    fc.record({
      kind: fc.constant('statistic-random' as const),
      not: bool,
      numerator: fc.integer({ min: 0, max: 0x7fffffff }),
    }),
    fc
      .tuple(bool, fc.integer({ min: 1, max: 9 }), fc.nat(20))
      .map(([not, every, p]): Match => ({ kind: 'statistic-nth', not, every, packet: p % every })),
    recent(family),
    fc.tuple(span, optional(span)).map(([src, dst]): Match => ({ kind: 'iprange', src, ...put('dst', dst) })),
    somePorts.chain((of) => bool.map((not): Match => ({ kind: 'length', not, ...of }))),
    fc.record({
      kind: fc.constant('pkttype' as const),
      not: bool,
      type: fc.constantFrom('unicast' as const, 'broadcast' as const, 'multicast' as const),
    }),
    fc.record({
      kind: fc.constant('ttl' as const),
      family: fc.constant(family),
      op: fc.constantFrom('eq' as const, 'ne' as const, 'lt' as const, 'gt' as const),
      value: fc.integer({ min: 1, max: 254 }),
    }),
  ];
  if (table === 'raw')
    all.push(
      fc.record({
        kind: fc.constant('rpfilter' as const),
        invert: bool,
        loose: bool,
        validmark: bool,
        acceptLocal: bool,
      }),
    );
  return fc.array(fc.oneof(...all), { maxLength: 3 });
}

function recent(family: Family): fc.Arbitrary<Match> {
  return fc
    .record({
      op: fc.constantFrom('set' as const, 'rcheck' as const, 'update' as const, 'remove' as const),
      not: bool,
      seconds: optional(fc.integer({ min: 1, max: 9999 })),
      hitcount: optional(fc.integer({ min: 1, max: 20 })),
      reap: bool,
      rttl: bool,
      side: fc.constantFrom('rsource' as const, 'rdest' as const),
    })
    .map((m): Match => {
      const checks = m.op === 'rcheck' || m.op === 'update';
      const mask = ipFromBits(family === 4 ? 0xffffffff : (1n << 128n) - 1n, family);
      return {
        kind: 'recent',
        op: m.op,
        not: m.not,
        name: 'LIST',
        side: m.side,
        mask,
        ...put('seconds', checks ? m.seconds : undefined),
        ...put('hitcount', checks ? m.hitcount : undefined),
        reap: checks && m.seconds !== undefined && m.reap,
        rttl: checks && m.rttl,
      };
    });
}
