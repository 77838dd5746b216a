import { beforeAll, describe, expect, test } from 'vitest';
import type { Plane } from '../planes/plane.ts';
import type { KnownGap } from './known-gaps.ts';
import type { Group } from './parse-cases.ts';
import { play } from './play.ts';

/** One suite, two planes. A row that is a known gap of the plane must fail there: one that passes is no gap any more. */
export function conform(plane: Plane, groups: readonly Group[], gaps: readonly KnownGap[]): void {
  for (const group of groups) {
    describe(`${plane.name}: ${group.title}`, () => {
      let said: readonly string[] = [];
      beforeAll(() => {
        said = play(plane, group);
      });
      for (const [at, { put, want }] of group.rows.entries()) {
        const gap = gaps.find((each) => each.plane === plane.name && each.group === group.title && each.put === put);
        const check = (): void => expect(said[at]).toBe(want);
        if (gap === undefined) test(put, check);
        else test.fails(`${put} (known gap: ${gap.because})`, check);
      }
    });
  }
}
