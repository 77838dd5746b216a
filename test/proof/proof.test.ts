import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { kernelTest } from '../kernel/kernel.ts';
import { type Case, parseCase, printCase } from '../planes/case.ts';
import { kernelPlane } from '../planes/kernel-plane.ts';
import { LostEvents, type Plane } from '../planes/plane.ts';
import { simPlane } from '../planes/sim-plane.ts';
import { proveBalancers, randomBalancers } from './balancers.ts';
import { proveCluster, randomCluster } from './clusters.ts';
import { compareCase } from './compare.ts';
import { randomCase } from './generate/random-case.ts';
import { SECOND } from './namespaces.ts';
import { prove } from './prove.ts';
import { shrink } from './shrink.ts';

const MINUTES = 60_000;

describe('what the proof once found stays found', () => {
  const folder = new URL('cases/', import.meta.url);
  for (const file of readdirSync(folder))
    kernelTest(file, () => {
      const found = parseCase(readFileSync(new URL(file, folder), 'utf8'));
      const { compared, difference } = compareCase(found, { sim: simPlane, kernel: kernelPlane });
      expect(difference).toBeUndefined();
      expect(compared).toBe(found.puts.length);
    });
});

describe('the model says what the kernel says, through whole compiled clusters', () => {
  for (const seed of [4, 7, 9, 14, 124, 126, 20_240_611, SECOND]) {
    kernelTest(
      randomCluster(seed).name,
      async () => {
        const { differences, transient, stays } = await proveCluster(seed, 100);
        expect(differences).toEqual([]);
        expect(transient.length, transient.join('\n\n')).toBeLessThan(4);
        // Filters and routes that lead nowhere end some walks early.
        expect(stays).toBeGreaterThan(100);
      },
      10 * MINUTES,
    );
  }
});

describe('the model says what the kernel says, through load balancers of every kind', () => {
  for (const seed of [1, 16, 27, SECOND]) {
    kernelTest(
      randomBalancers(seed).name,
      async () => {
        const { differences, transient, compared, undecided, packets } = await proveBalancers(seed, 40);
        expect(differences).toEqual([]);
        expect(transient.length, transient.join('\n\n')).toBeLessThan(3);
        expect(compared).toBeGreaterThan(undecided);
        expect(packets).toBeGreaterThanOrEqual(compared);
      },
      5 * MINUTES,
    );
  }
});

describe('events the kernel lost', () => {
  /** The model in the kernel's place, one that loses what was seen of some cases' first packets. */
  const losing = (isLost: (opened: number) => boolean): Plane => {
    let opened = 0;
    return {
      name: 'kernel',
      open(router) {
        const bench = simPlane.open(router);
        const loses = isLost(++opened);
        return {
          ...bench,
          put(packet, seen) {
            if (loses) throw new LostEvents();
            return bench.put(packet, seen);
          },
        };
      },
    };
  };
  const proved = (isLost: (opened: number) => boolean) =>
    prove({ packets: 300, seed: 7, planes: { sim: simPlane, kernel: losing(isLost) } });

  test('are asked for once more, and then it is as if they had not been lost', () => {
    expect(proved((opened) => opened === 1)).toEqual(proved(() => false));
  });

  test('twice: their packets are told as lost, and never counted as compared', () => {
    const { compared, lost, refused, namespaces } = proved((opened) => opened < 3);
    expect(lost).toEqual([expect.stringMatching(/^seed 7: The kernel lost events/)]);
    expect({ refused, fewest: compared >= 300, namespaces: namespaces > 1 }).toEqual({
      refused: [],
      fewest: true,
      namespaces: true,
    });
    const none = proved(() => true);
    expect(none.compared).toBe(0);
    expect(none.lost.length).toBe(none.namespaces);
  });
});

test('a case is the same for the same seed, and the same read back', () => {
  const one = randomCase(7, 40);
  expect(printCase(randomCase(7, 40))).toBe(printCase(one));
  expect(printCase(parseCase(printCase(one)))).toBe(printCase(one));
});

test('a case is made as small as what it shows: packets go with those that refer to them', () => {
  const shows = (each: Case): boolean => (each.router.iptables ?? '').includes('*nat') && each.puts.length > 2;
  const of =
    Array.from({ length: 20 }, (_, seed) => randomCase(seed, 60)).find(shows) ?? expect.fail('none has nat rules');
  const small = shrink(of, shows, 400);
  expect(small.puts).toHaveLength(3);
  expect(small.router.iptables).not.toContain('-A');
  expect(small.router.routes).toBe('');
});

test('a case is made no smaller once the time is over', () => {
  const of = randomCase(7, 60);
  let tries = 0;
  const shows = (): boolean => ++tries > 0;
  const small = shrink(of, shows, 400, () => tries < 2);
  expect(tries).toBe(2);
  expect(small.puts.length).toBeGreaterThan(1);
  expect(shrink(of, shows, 400, () => false)).toBe(of);
});

test('a case of IPv6 loses its rules, too', () => {
  const shows = (each: Case): boolean => (each.router.ip6tables ?? '').includes('*nat');
  const of = Array.from({ length: 20 }, (_, seed) => randomCase(seed, 4, 6)).find(shows) ?? expect.fail('none has nat');
  expect(shrink(of, shows, 400).router.ip6tables).not.toContain('-A');
});
