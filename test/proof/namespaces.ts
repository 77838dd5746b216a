import { describe, expect } from 'vitest';
import { GIVES_WAY } from '../../src/sim/netfilter/nat/unique-tuple.ts';
import { kernelTest } from '../kernel/kernel.ts';
import { printCase } from '../planes/case.ts';
import { prove } from './prove.ts';

const MINUTES = 60_000;

/** A run says the same twice; SEED=N walks others. */
export const SECOND = Number(process.env.SEED || 20_261_121);

/** Whether a closed connection's port is given to a new one goes by sequence numbers, which no walk has: one packet in so many, at most. */
const GIVEN_WAY = 5_000;

/** Random namespaces of one family, as the suite proves them: a file for each, so that they run side by side; `second` packets of the second seed. */
export function proveNamespaces(family: 4 | 6, second: number): void {
  describe(`the model says what the kernel says, for random packets in random IPv${family} namespaces`, () => {
    for (const [seed, packets] of [
      [20_240_611, 10_000],
      [SECOND, second],
    ] as const) {
      kernelTest(
        `${packets} of seed ${seed}`,
        () => {
          const { compared, differences, refused, lost, unknown, namespaces } = prove({ packets, seed, family });
          expect(differences.map(({ text, small }) => `${text}\n\n${printCase(small)}`)).toEqual([]);
          expect(compared).toBeGreaterThanOrEqual(packets);
          expect(unknown.filter((what) => !what.includes(GIVES_WAY))).toEqual([]);
          expect(unknown.length).toBeLessThanOrEqual(packets / GIVEN_WAY);
          expect(refused.length, refused.join('\n')).toBeLessThan(namespaces / 20);
          expect(lost.length, lost.join('\n')).toBeLessThan(namespaces / 20);
        },
        15 * MINUTES,
      );
    }
  });
}
