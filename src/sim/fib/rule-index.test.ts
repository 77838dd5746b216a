import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { IpRule } from '../../linux/index.ts';
import { cidr, ip } from '../../net/index.ts';
import { PLAIN_FLOW } from '../types.ts';
import { matchRule } from './match-rule.ts';
import { RuleIndex } from './rule-index.ts';

const block = fc.constantFrom('10.0.0.1/32', '10.0.0.2/32', '10.0.0.0/24', '0.0.0.0/0').map(cidr);
const rule: fc.Arbitrary<IpRule> = fc
  .record({
    src: fc.option(block),
    dst: fc.option(block),
    not: fc.boolean(),
    fwmark: fc.option(fc.constantFrom(0x80, 0x1)),
  })
  .map(({ src, dst, not, fwmark }) => ({
    priority: 100,
    family: 4,
    not,
    action: { kind: 'nop' },
    ...(src === null ? {} : { src }),
    ...(dst === null ? {} : { dst }),
    ...(fwmark === null ? {} : { fwmark, fwmask: 0xff }),
  }));

test('the rules it passes over are rules that do not match, and the order stays', () => {
  const address = fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.9').map(ip);
  fc.assert(
    fc.property(
      fc.array(rule, { maxLength: 12 }),
      address,
      fc.option(address),
      fc.constantFrom(0, 0x80),
      (rules, dst, src, mark) => {
        const index = new RuleIndex(
          rules.map((entry, i) => ({
            entry,
            index: i,
            evidence: undefined,
            selects: true,
            table: undefined,
            hidden: undefined,
          })),
        );
        const query = { ...PLAIN_FLOW, dst, mark, src: src ?? undefined };
        const hosts = [index.to(dst), index.from(query.src).positions] as const;
        const all = rules.flatMap((entry, i) => (matchRule(entry, query) === 'match' ? [i] : []));
        const found: number[] = [];
        for (let i = index.next(0, ...hosts); i < rules.length; i = index.next(i + 1, ...hosts)) {
          const entry = rules[i];
          if (entry !== undefined && matchRule(entry, query) === 'match') found.push(i);
        }
        expect(found).toEqual(all);
      },
    ),
    { seed: 20261121, numRuns: 500 },
  );
});
