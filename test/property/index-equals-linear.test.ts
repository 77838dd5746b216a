import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Chain,
  ipt,
  type Match,
  type Netns,
  type NetnsId,
  type Rule,
  type Target,
} from '../../src/linux/index.ts';
import { type Ip, ip, mac } from '../../src/net/index.ts';
import { createHost } from '../../src/sim/host/index.ts';
import { firstDice } from '../../src/sim/index.ts';
import { type RunHook, runHook, runHookLinear } from '../../src/sim/netfilter/index.ts';
import type { Packet, Skb } from '../../src/sim/packet.ts';

// Long chains are read through an index of their host destinations and ports. It may only skip rules that cannot match: over
// random chains and packets the indexed and the rule-by-rule reading must leave the same packet, verdict and connection.

const SEED = 20261121;
const octet = fc.integer({ min: 1, max: 4 });
const address = fc.tuple(octet, octet).map(([a, b]) => ip(`10.0.${a}.${b}`));
const port = fc.constantFrom(53, 80, 443, 8080);

const match: fc.Arbitrary<Match> = fc.oneof(
  fc.tuple(address, fc.boolean()).map(([of, not]) => ipt.destination(of, not)),
  fc.tuple(address, fc.boolean()).map(([of, not]) => ipt.source(of, not)),
  fc.constantFrom(ipt.destination('10.0.0.0/23'), ipt.destination('0.0.0.0/0'), ipt.source('10.0.2.0/24')),
  fc
    .tuple(fc.constantFrom('tcp', 'udp') as fc.Arbitrary<'tcp' | 'udp'>, port, fc.boolean())
    .map(([of, number, not]) => ipt.dport(of, number, not)),
  fc.constantFrom<Match>(
    ipt.protocol('tcp'),
    ipt.protocol('udp', true),
    ipt.inInterface('eth0'),
    ipt.inInterface('eni+'),
    ipt.ctstate(['NEW']),
  ),
  fc.integer({ min: 0, max: 3 }).map((bit) => ipt.mark(1 << bit, 1 << bit)),
);

const chains = ['A', 'B', 'C'] as const;
/** Jumps only go down the alphabet: no loops, as the kernel demands. */
const target = (from: number): fc.Arbitrary<Target | undefined> =>
  fc.oneof(
    fc.constantFrom<Target | undefined>(ipt.accept, ipt.drop, ipt.returnTarget, undefined),
    fc.integer({ min: 0, max: 3 }).map((bit) => ipt.orMark(1 << bit)),
    ...(from < chains.length ? [fc.constantFrom(...chains.slice(from)).map((chain) => ipt.jump(chain))] : []),
  );

const rules = (from: number, maxLength: number): fc.Arbitrary<Rule[]> =>
  fc.array(
    // iptables takes one test of a kind.
    fc
      .tuple(fc.uniqueArray(match, { maxLength: 3, selector: ({ kind }) => kind }), target(from))
      .map(([matches, to]) => ipt.rule(matches, to)),
    { maxLength },
  );

const ruleset = fc.tuple(rules(0, 40), rules(1, 20), rules(2, 20), rules(3, 20));

const packet: fc.Arbitrary<Packet> = fc
  .tuple(address, address, fc.constantFrom('tcp', 'udp') as fc.Arbitrary<'tcp' | 'udp'>, port)
  .map(([src, dst, protocol, dport]) => ({
    family: 4,
    src,
    dst,
    protocol,
    ttl: 64,
    tos: 0,
    length: 60,
    df: true,
    l4:
      protocol === 'tcp'
        ? { kind: 'tcp', sport: 40_000, dport, flags: ['SYN'] }
        : { kind: 'ports', sport: 40_000, dport },
  }));

function namespaceWith([builtin, ...user]: readonly Rule[][]): Netns {
  const named = chains.map((name, i) => [name, { name, rules: user[i] ?? [] }] as const);
  const table = {
    name: 'mangle' as const,
    chains: new Map<string, Chain>([
      ['PREROUTING', { name: 'PREROUTING', policy: 'ACCEPT' as const, rules: builtin ?? [] }],
      ...named,
    ]),
  };
  const address: Ip = ip('10.0.9.9');
  return {
    id: 'node/x' as NetnsId, // a namespace of this test alone
    links: [
      {
        ifindex: 2,
        ifname: 'eth0',
        flags: ['UP'],
        mtu: 1500,
        qdisc: 'noqueue',
        operstate: 'UP',
        group: 'default',
        link_type: 'ether',
        address: mac('02:00:00:00:00:01'),
        broadcast: mac('ff:ff:ff:ff:ff:ff'),
      },
    ],
    addresses: [{ dev: 'eth0', family: 4, local: address, prefixlen: 24, scope: 'global' }],
    routes: [],
    rules: [],
    neighbours: [],
    sysctls: new Map(),
    iptables: { variant: 'nft', ip: new Map([['mangle', table]]), ip6: new Map() },
    nft: [],
    sockets: [],
    conntrack: [],
    unmodelled: [],
  };
}

function outcome(run: RunHook, netns: Netns, sent: Packet): unknown {
  const skb: Skb = {
    packet: sent,
    mark: 0,
    iif: 'eth0',
    oif: undefined,
    ct: { kind: 'none' },
    forcedInvalid: false,
    pkttype: 'unicast',
  };
  const matched: string[] = [];
  const walk = {
    dice: firstDice(),
    now: 0,
    assumptions: new Set<string>(),
    record: (step: { readonly kind: string; readonly evidence: { readonly text: string } }) =>
      void matched.push(`${step.kind} ${step.evidence.text}`),
  };
  const result = run('PREROUTING', createHost(netns, 'nodes/x'), skb, walk);
  return { result, mark: skb.mark, packet: skb.packet, matched };
}

describe('one evaluator, with and without its index', () => {
  test('random chains and packets: same rules matched, same verdict, same mark', () => {
    let drops = 0;
    fc.assert(
      fc.property(ruleset, fc.array(packet, { minLength: 1, maxLength: 6 }), (of, packets) => {
        const netns = namespaceWith(of);
        for (const each of packets) {
          const indexed = outcome(runHook, netns, each);
          expect(indexed).toEqual(outcome(runHookLinear, netns, each));
          if (JSON.stringify(indexed).includes('"kind":"drop"')) drops += 1;
        }
      }),
      { seed: SEED, numRuns: 400 },
    );
    // The packets must meet rules, or the property proves nothing.
    expect(drops).toBeGreaterThan(50);
  });
});
