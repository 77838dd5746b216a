/**
 * Names with several addresses as data: one table, two engines. The model answers it in src/sim/destination-order.test.ts, the C
 * library of this machine in test/kernel/destination-order.test.ts; the library is the judge.
 *
 * The namespaces are those of the route lookups (test/sim/fib/case.ts): 10.1.0.1/24, 10.2.0.1/24 and 10.3.0.1/24, fd00:1::1/64,
 * fd00:2::1/64 and fd00:3::1/64; `given` adds to one. A row has the addresses as /etc/hosts lists them, and as they are sorted.
 */
export interface OrderCase {
  readonly what: string;
  readonly given?: readonly string[];
  /** IPv6 is then turned off on every device. */
  readonly ipv4Only?: true;
  readonly rows: readonly (readonly [listed: string, sorted: string])[];
}

const V4_DEFAULT = 'route default via 10.2.0.9 dev out0';
const GLOBAL6 = ['addr 2001:db8:2::1/64 dev out0', 'route default via fe80::9 dev out0'];

export const ORDER_CASES: readonly OrderCase[] = [
  {
    what: 'rule 1: an address without a source comes last',
    given: [V4_DEFAULT],
    rows: [
      ['2001:db8:9::1 198.51.100.7', '198.51.100.7 2001:db8:9::1'],
      ['2001:db8:9::1 fd00:9::7', 'fd00:9::7 2001:db8:9::1'],
      ['fe80::7 198.51.100.7', '198.51.100.7 fe80::7'],
    ],
  },
  {
    what: 'rule 1: a route that refuses gives no source',
    given: [...GLOBAL6, V4_DEFAULT, 'route blackhole 2001:db8:9::/64', 'route unreachable 198.51.100.0/24'],
    rows: [
      ['2001:db8:9::1 192.0.2.7', '192.0.2.7 2001:db8:9::1'],
      ['198.51.100.7 192.0.2.7', '192.0.2.7 198.51.100.7'],
    ],
  },
  {
    what: 'rule 2: a scope that the source has too',
    given: [...GLOBAL6, V4_DEFAULT],
    rows: [
      ['169.254.1.1 198.51.100.7', '198.51.100.7 169.254.1.1'],
      ['169.254.1.1 2001:db8:9::1', '2001:db8:9::1 169.254.1.1'],
      ['fec0::1 198.51.100.7', '198.51.100.7 fec0::1'],
    ],
  },
  {
    what: 'rule 5: unique local addresses are for unique local sources, 6to4 for 6to4',
    given: [...GLOBAL6, V4_DEFAULT, 'route fd77::/16 dev out0 src 2001:db8:2::1'],
    rows: [
      ['fd77::1 198.51.100.7', '198.51.100.7 fd77::1'],
      ['fd77::1 2001:db8:9::1', '2001:db8:9::1 fd77::1'],
      ['2002:c633:6407::1 198.51.100.7', '198.51.100.7 2002:c633:6407::1'],
      ['2001::7 198.51.100.7', '198.51.100.7 2001::7'],
    ],
  },
  {
    what: 'rule 6: IPv6 before IPv4, where both labels are those of their sources',
    given: [...GLOBAL6, V4_DEFAULT],
    rows: [
      ['198.51.100.7 2001:db8:9::1', '2001:db8:9::1 198.51.100.7'],
      ['10.2.0.7 2001:db8:9::1', '2001:db8:9::1 10.2.0.7'],
      ['10.9.0.7 fd00:9::7', 'fd00:9::7 10.9.0.7'],
      ['198.51.100.7 64:ff9b::c633:6407', '64:ff9b::c633:6407 198.51.100.7'],
      ['127.0.0.1 ::1', '::1 127.0.0.1'],
      ['2001:db8:9::1 ::1', '::1 2001:db8:9::1'],
    ],
  },
  {
    what: 'rule 8: the smaller scope',
    given: [V4_DEFAULT],
    rows: [
      ['198.51.100.7 127.0.0.1', '127.0.0.1 198.51.100.7'],
      ['10.1.0.1 127.0.0.1', '127.0.0.1 10.1.0.1'],
    ],
  },
  {
    what: 'rule 9: of IPv4 within the block of the source alone',
    given: [V4_DEFAULT],
    rows: [
      ['198.51.100.7 10.2.0.200', '10.2.0.200 198.51.100.7'],
      ['10.2.0.200 10.2.0.4', '10.2.0.4 10.2.0.200'],
      ['198.51.100.7 192.0.2.7', '198.51.100.7 192.0.2.7'],
      ['192.0.2.7 198.51.100.7', '192.0.2.7 198.51.100.7'],
      ['10.9.0.7 10.1.0.7 10.1.0.1', '10.1.0.1 10.1.0.7 10.9.0.7'],
      ['10.1.0.7 10.3.0.7', '10.1.0.7 10.3.0.7'],
      ['127.0.0.1 127.8.0.1', '127.0.0.1 127.8.0.1'],
      ['127.8.0.1 127.0.0.1', '127.0.0.1 127.8.0.1'],
    ],
  },
  {
    what: 'rule 9: an address that is a block of its own',
    given: ['addr 10.4.0.1/32 dev aux0', 'route 10.4.0.0/16 dev aux0 src 10.4.0.1'],
    rows: [
      ['10.4.1.7 10.4.0.2', '10.4.1.7 10.4.0.2'],
      ['10.4.1.7 10.4.0.1', '10.4.0.1 10.4.1.7'],
    ],
  },
  {
    what: 'rule 9: of IPv6 wherever it is',
    given: GLOBAL6,
    rows: [
      ['2001:db8:9::1 2001:db8:2:1::1 2001:db8:2::7', '2001:db8:2::7 2001:db8:2:1::1 2001:db8:9::1'],
      ['2600::1 2001:db8:9::1', '2001:db8:9::1 2600::1'],
    ],
  },
  {
    what: 'without IPv6 the library learns no blocks: only an address of this host is near',
    ipv4Only: true,
    given: [V4_DEFAULT],
    rows: [
      ['198.51.100.7 10.2.0.200', '198.51.100.7 10.2.0.200'],
      ['198.51.100.7 10.2.0.1', '10.2.0.1 198.51.100.7'],
    ],
  },
];
