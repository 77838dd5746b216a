import { describe, expect, test } from 'vitest';
import { kernelTest } from '../kernel/kernel.ts';
import { parseCase, printCase } from '../planes/case.ts';
import { randomCase } from './generate/random-case.ts';
import { prove } from './prove.ts';
import { shrink } from './shrink.ts';

const MINUTES = 60_000;

describe('the model says what the kernel says, for random packets in random namespaces', () => {
  const today = Math.floor(Math.random() * 1_000_000_000);
  for (const [name, seed] of [
    ['the same every time', 20_240_611],
    [`seed ${today}`, today],
  ] as const) {
    kernelTest(
      name,
      () => {
        const { differences, refused, unknown, namespaces } = prove({ packets: 10_000, seed });
        expect(differences.map(({ text, small }) => `${text}\n\n${printCase(small)}`)).toEqual([]);
        expect(unknown).toBe(0);
        expect(refused.length, refused.join('\n')).toBeLessThan(namespaces / 20);
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
  const of = randomCase(7, 60);
  const last = of.puts.at(-1)?.text;
  const small = shrink(
    of,
    (each) => each.puts.at(-1)?.text === last && (each.router.iptables ?? '').includes('*nat'),
    400,
  );
  expect(small.puts.length).toBeLessThan(4);
  expect(small.router.iptables).not.toContain('-A');
  expect(small.router.routes).toBe('');
});
