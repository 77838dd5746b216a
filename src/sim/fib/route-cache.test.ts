import fc from 'fast-check';
import { expect, test } from 'vitest';
import { netnsFrom } from '../../../test/sim/netns-from.ts';
import type { IpRule, Netns } from '../../linux/index.ts';
import { cidr, ip } from '../../net/index.ts';
import { createHost } from '../host/index.ts';
import { type FlowQuery, PLAIN_FLOW } from '../types.ts';
import { lookupRoute } from './lookup-route.ts';

// A namespace that has answered many questions answers each as one that is asked for the first time.

const base = netnsFrom('node/r', {
  addresses: 'eth0 10.0.0.5/24\neth1 10.0.1.5/24',
  routes: [
    'default via 10.0.0.1 dev eth0',
    'default via 10.0.1.1 dev eth1 table 2',
    '10.9.0.0/16 dev eth1 scope link table 2',
    'unreachable 10.9.9.0/24 table 3',
    'throw 10.9.0.0/16 table 3',
    'default via 10.0.0.9 dev eth0 table 3',
  ].join('\n'),
});

const block = fc.constantFrom('10.9.0.1/32', '10.9.0.2/32', '10.9.0.1/32', '10.9.0.0/24').map(cidr);
/** Mostly not there: a rule with every selector matches nothing. */
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
const dev = fc.constantFrom('eth0', 'eth1');
const rule: fc.Arbitrary<IpRule> = fc
  .record({
    priority: fc.integer({ min: 1, max: 40_000 }),
    src: maybe(block),
    dst: maybe(block),
    iif: maybe(dev),
    oif: maybe(dev),
    // Rare: a rule that looks at it switches remembering off.
    tos: fc.integer({ min: 0, max: 9 }).map((draw) => (draw === 0 ? 0x10 : undefined)),
    not: fc.integer({ min: 0, max: 9 }).map((draw) => draw === 0),
    fwmark: maybe(fc.constantFrom(0x80, 0x1)),
    table: fc.constantFrom(2, 3, 254),
    suppress: fc.constantFrom(undefined, 0),
  })
  .map(({ priority, not, table, suppress, fwmark, ...selectors }) => ({
    family: 4,
    priority,
    not,
    ...Object.fromEntries(Object.entries(selectors).filter(([, value]) => value !== undefined)),
    ...(fwmark === undefined ? {} : { fwmark, fwmask: 0xff }),
    action: { kind: 'lookup', table, ...(suppress === undefined ? {} : { suppressPrefixlength: suppress }) },
  }));

const source = fc.constantFrom('10.9.0.1', '10.9.0.2', '8.8.8.8').map(ip);
const destination = fc.constantFrom('10.9.0.1', '10.9.9.9', '8.8.8.8').map(ip);
const question: fc.Arbitrary<FlowQuery> = fc
  .record({
    dst: destination,
    src: fc.option(source, { nil: undefined }),
    iif: maybe(dev),
    oif: maybe(dev),
    mark: fc.constantFrom(0, 0x80, 0x81),
    tos: fc.constantFrom(0, 0x10),
  })
  .map((asked) => ({ ...PLAIN_FLOW, ...asked }));

test('what was asked before changes no answer', () => {
  fc.assert(
    fc.property(
      fc.array(rule, { maxLength: 6 }),
      fc.array(question, { minLength: 2, maxLength: 40 }),
      (rules, questions) => {
        const netns: Netns = { ...base, rules: [...base.rules, ...rules].sort((a, b) => a.priority - b.priority) };
        const asked = createHost(netns, 'nodes/r');
        for (const query of questions) {
          expect(lookupRoute(asked, query)).toEqual(lookupRoute(createHost({ ...netns }, 'nodes/r'), query));
        }
      },
    ),
    { seed: 20261121, numRuns: 300 },
  );
});
