import { describe, expect, test } from 'vitest';
import { kernelTest } from '../kernel/kernel.ts';
import { type Case, parseCase, printCase } from '../planes/case.ts';
import { proveCluster, randomCluster } from './clusters.ts';
import { randomCase } from './generate/random-case.ts';
import { SECOND } from './namespaces.ts';
import { shrink } from './shrink.ts';

const MINUTES = 60_000;

describe('the model says what the kernel says, through whole compiled clusters', () => {
  for (const seed of [7, 9, 124, 126, 20_240_611, SECOND]) {
    kernelTest(
      randomCluster(seed).name,
      async () => {
        const { differences, transient, stays } = await proveCluster(seed, 100);
        expect(differences).toEqual([]);
        expect(transient.length, transient.join('\n\n')).toBeLessThan(4);
        expect(stays).toBeGreaterThan(200);
      },
      10 * MINUTES,
    );
  }
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
