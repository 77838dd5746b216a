import fc from 'fast-check';
import type { RejectWith, TableName, Target } from '../../src/linux/index.ts';
import type { Family } from '../../src/net/index.ts';
import { address, block, bool, optional, put, somePorts, u32 } from './arbitrary-value.ts';

type Ports = { readonly from: number; readonly to: number };

/** A target its table has; with ports where the rule's protocol has them. */
export function target(family: Family, table: TableName, natProtocol: boolean): fc.Arbitrary<Target | undefined> {
  const own = {
    raw: () => [fc.constantFrom<Target>({ kind: 'NOTRACK' }, { kind: 'NOTRACK', via: 'CT' })],
    mangle: () => [ttl(family), ...tos],
    filter: () => [reject(family)],
    nat: () => natTargets(family, natProtocol ? optional(somePorts) : fc.constant(undefined)),
    security: () => [],
  }[table];
  return fc.oneof(...anywhere(table), ...own());
}

const anywhere = (table: TableName): readonly fc.Arbitrary<Target | undefined>[] => [
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

const REJECTS: Readonly<Record<Family, readonly RejectWith[]>> = {
  4: ['icmp-port-unreachable', 'icmp-host-unreachable', 'icmp-admin-prohibited'],
  6: ['icmp6-port-unreachable', 'icmp6-adm-prohibited', 'icmp6-policy-fail', 'icmp6-reject-route'],
};

const reject = (family: Family): fc.Arbitrary<Target> =>
  fc.constantFrom(...REJECTS[family]).map((kind): Target => ({ kind: 'REJECT', with: kind }));

const ttl = (family: Family): fc.Arbitrary<Target> =>
  fc.record({
    kind: fc.constant('TTL' as const),
    family: fc.constant(family),
    op: fc.constantFrom('set' as const, 'dec' as const, 'inc' as const),
    value: fc.integer({ min: 1, max: 200 }),
  });

const tos: readonly fc.Arbitrary<Target>[] = [
  fc.record({ kind: fc.constant('TOS' as const), value: fc.nat(255), mask: fc.nat(255) }),
  fc.record({ kind: fc.constant('DSCP' as const), value: fc.nat(63) }),
];

function natTargets(family: Family, ports: fc.Arbitrary<Ports | undefined>): readonly fc.Arbitrary<Target>[] {
  const range = fc.tuple(address(family), ports).map(([from, of]) => ({ from, ...put('ports', of) }));
  const shifted = fc
    .tuple(range, optional(fc.integer({ min: 1, max: 65_535 })))
    .map(([of, basePort]) =>
      'ports' in of && of.ports.from < of.ports.to ? { ...of, ...put('basePort', basePort) } : of,
    );
  return [
    fc.record({
      kind: fc.constant('DNAT' as const),
      range: shifted,
      random: bool,
      randomFully: fc.constant(false),
      persistent: bool,
    }),
    fc.record({ kind: fc.constant('SNAT' as const), range, random: bool, randomFully: bool, persistent: bool }),
    fc
      .tuple(ports, bool, bool)
      .map(([of, random, randomFully]): Target => ({ kind: 'MASQUERADE', ...put('ports', of), random, randomFully })),
    fc
      .tuple(ports, bool)
      .map(([of, random]): Target => ({ kind: 'REDIRECT', ...put('ports', of), random, randomFully: false })),
    block(family).map((to): Target => ({ kind: 'NETMAP', to })),
  ];
}
