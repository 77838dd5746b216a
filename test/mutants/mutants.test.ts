import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MUTANTS, type Mutant } from './mutants.ts';

const SIM = resolve(import.meta.dirname, '../../src/sim');
const sourceOf = ({ file }: Mutant): string => readFileSync(resolve(SIM, file), 'utf8');

/** A fault whose text has moved away is put nowhere and proves nothing. */
describe('the faults of make mutants', () => {
  test.each(MUTANTS)('$file: $from => $to', (mutant) => {
    const { file, from, to } = mutant;
    expect(sourceOf(mutant).split(from).length - 1, `"${from}" has to stand once in src/sim/${file}`).toBe(1);
    expect(to).not.toBe(from);
  });

  test('no two make the same source', () => {
    const made = MUTANTS.map((mutant) => `${mutant.file}\n${sourceOf(mutant).replace(mutant.from, () => mutant.to)}`);
    const twice = MUTANTS.filter((_, at) => made.indexOf(made[at] ?? '') !== at);
    expect(twice).toEqual([]);
  });
});
