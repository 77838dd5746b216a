import fc from 'fast-check';
import type { Chain, Match, Rule, Ruleset, Table, TableName, Target } from '../../src/linux/index.ts';
import { BUILTIN_CHAINS } from '../../src/linux/index.ts';
import { type Cidr, cidrOf, type Family, type Ip, ipFromBits } from '../../src/net/index.ts';

/**
 * Rules over every match and target the printer supports, in forms the kernel accepts and keeps: a port match with its
 * protocol, a nat target in the nat table, no range that means "any" (iptables-nft saves those without the option).
 */

const bool = fc.boolean();
const u32 = fc.oneof(fc.constantFrom(0, 1, 0x80, 0x4000, 0xffffffff), fc.nat(0xffffffff));
const port = fc.integer({ min: 1, max: 65534 });
const ports = fc.tuple(port, port).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
const somePorts = fc.oneof(
  port.map((from) => ({ from, to: from })),
  ports,
);
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const subset = <T>(values: readonly T[]): fc.Arbitrary<T[]> => fc.subarray([...values], { minLength: 1 });
const put = <K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } =>
  (value === undefined ? {} : { [key]: value }) as { [P in K]?: T }; // a computed key widens to string

const address = (family: Family): fc.Arbitrary<Ip> =>
  family === 4
    ? fc.integer({ min: 0x01000000, max: 0xdfffffff }).map((bits) => ipFromBits(bits, 4))
    : fc
        .tuple(fc.nat(0xffffffff), fc.nat(0xffffffff))
        .map(([a, b]) => ipFromBits((0xfd00n << 112n) | (BigInt(a) << 64n) | BigInt(b), 6));
const block = (family: Family): fc.Arbitrary<Cidr> =>
  fc
    .tuple(address(family), fc.integer({ min: 1, max: family === 4 ? 32 : 128 }))
    .map(([ip, prefix]) => cidrOf(ip, prefix));
const inOrder = (family: Family): fc.Arbitrary<{ from: Ip; to: Ip }> =>
  address(family).map((from) => ({
    from,
    to: ipFromBits(family === 4 ? 0xe0000000 - 1 : (0xfdffn << 112n) | 0xffffn, family),
  }));

const interfaceName = fc.constantFrom('eth0', 'eni+', 'vlan+', 'ens5', 'veth-a_b.c');
const commentText = fc.string({
  unit: fc.constantFrom('a', 'Z', '9', ' ', '-', '_', '/', ':', '"', "'", '\\', '>', ';', '#'),
  minLength: 1,
  maxLength: 40,
});

type Kind<K extends Match['kind']> = fc.Arbitrary<Extract<Match, { kind: K }>>;

function base(family: Family): fc.Arbitrary<Match[]> {
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
function transport(family: Family): fc.Arbitrary<Match[]> {
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

function modules(family: Family, table: TableName): fc.Arbitrary<Match[]> {
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
  ];
  if (family === 4)
    all.push(
      fc.record({
        kind: fc.constant('ttl' as const),
        op: fc.constantFrom('eq' as const, 'ne' as const, 'lt' as const, 'gt' as const),
        value: fc.integer({ min: 1, max: 254 }),
      }),
    );
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

function target(family: Family, table: TableName, natProtocol: boolean): fc.Arbitrary<Target | undefined> {
  const flags = { random: bool, randomFully: bool };
  const natPorts = natProtocol ? optional(somePorts) : fc.constant(undefined);
  const range = fc.tuple(address(family), natPorts).map(([from, of]) => ({ from, ...put('ports', of) }));
  const all: fc.Arbitrary<Target | undefined>[] = [
    fc.constant(undefined),
    fc.constantFrom<Target>(
      { kind: 'ACCEPT' },
      { kind: table === 'nat' ? 'RETURN' : 'DROP' },
      { kind: 'RETURN' },
      { kind: 'jump', chain: 'LEAF' },
      { kind: 'goto', chain: 'LEAF' },
    ),
    fc.record({ kind: fc.constant('MARK' as const), value: u32, mask: u32 }),
    fc.record({ value: u32, mask: u32 }).map((op): Target => ({ kind: 'CONNMARK', op: { kind: 'set', ...op } })),
    fc
      .record({ kind: fc.constantFrom('save' as const, 'restore' as const), nfmask: u32, ctmask: u32 })
      .map((op): Target => ({ kind: 'CONNMARK', op })),
    fc.constantFrom<Target>(
      { kind: 'no-effect', name: 'LOG', options: '--log-prefix "a b"' },
      { kind: 'no-effect', name: 'LOG', options: '' },
    ),
  ];
  if (table === 'filter')
    all.push(
      fc
        .constantFrom(
          ...(family === 4
            ? ['icmp-port-unreachable', 'icmp-host-unreachable', 'icmp-admin-prohibited']
            : ['icmp6-port-unreachable', 'icmp6-adm-prohibited']),
        )
        .map((kind): Target => ({ kind: 'REJECT', with: kind })),
    );
  if (table === 'raw') all.push(fc.constantFrom<Target>({ kind: 'NOTRACK' }, { kind: 'NOTRACK', via: 'CT' }));
  if (table === 'mangle' && family === 4)
    all.push(
      fc.record({
        kind: fc.constant('TTL' as const),
        op: fc.constantFrom('set' as const, 'dec' as const, 'inc' as const),
        value: fc.integer({ min: 1, max: 200 }),
      }),
    );
  if (table === 'nat') {
    all.push(
      fc.record({
        kind: fc.constant('DNAT' as const),
        range,
        random: bool,
        randomFully: fc.constant(false),
        persistent: bool,
      }),
      fc.record({ kind: fc.constant('SNAT' as const), range, ...flags, persistent: bool }),
      fc
        .tuple(natPorts, bool, bool)
        .map(([of, random, randomFully]): Target => ({ kind: 'MASQUERADE', ...put('ports', of), random, randomFully })),
      fc
        .tuple(natPorts, bool)
        .map(([of, random]): Target => ({ kind: 'REDIRECT', ...put('ports', of), random, randomFully: false })),
      block(family).map((to): Target => ({ kind: 'NETMAP', to })),
    );
  }
  return fc.oneof(...all);
}

function rule(family: Family, table: TableName): fc.Arbitrary<Rule> {
  return fc.tuple(base(family), transport(family), modules(family, table)).chain(([first, second, third]) => {
    const natProtocol = second.some(
      (m) => m.kind === 'protocol' && !m.not && (m.protocol === 'tcp' || m.protocol === 'udp' || m.protocol === 'sctp'),
    );
    const [protocol, ...own] = second;
    const matches = [...first, ...(protocol === undefined ? [] : [protocol]), ...own, ...third];
    return target(family, table, natProtocol).map((found): Rule => ({ matches, target: found }));
  });
}

/** Rules live in user chains: there, no hook forbids a match or a target. */
function table(family: Family, name: TableName, maxRules: number): fc.Arbitrary<Table> {
  return fc.array(rule(family, name), { minLength: 1, maxLength: maxRules, size: 'max' }).map((rules) => {
    const builtin = BUILTIN_CHAINS[name].map(
      (chain) => [chain, { name: chain, policy: 'ACCEPT' as const, rules: [] }] as const,
    );
    return {
      name,
      chains: new Map<string, Chain>([
        ...builtin,
        ['LEAF', { name: 'LEAF', rules: [] }],
        ['a-chain', { name: 'a-chain', rules }],
      ]),
    };
  });
}

export const arbitraryRuleset = (family: Family, maxRules: number): fc.Arbitrary<Ruleset> =>
  fc
    .tuple(...(['raw', 'mangle', 'filter', 'nat'] as const).map((name) => table(family, name, maxRules)))
    .map((tables) => new Map(tables.map((one) => [one.name, one])));
