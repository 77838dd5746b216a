import { expect, test } from 'vitest';
import type { World } from '../../src/world/index.ts';
import { walk, worldWith } from './testing.ts';

/**
 * What the input describes and the model does not have must end the walks it touches `unknown`, naming where it is
 * written, and leave every other walk as it was.
 */
export interface Row {
  readonly what: string;
  readonly extra?: string;
  /** Edits of the base. */
  readonly replace?: readonly (readonly [string, string])[];
  /** Each ends unknown, and says these words. */
  readonly touched: readonly (readonly [from: string, to: string])[];
  readonly says: readonly string[];
  /** Each is delivered as if nothing had been added. */
  readonly untouched: readonly (readonly [from: string, to: string])[];
}

export const toWeb = ['pod/shop/client', 'svc/shop/web'] as const;
export const fromWeb = ['pod/shop/web', 'host/legacy'] as const;
export const plainOut = ['pod/shop/plain', 'host/legacy'] as const;
export const plainToClient = ['pod/shop/plain', 'pod/shop/client:8080'] as const;
export const n1Out = ['node/n1', 'host/legacy'] as const;

/** One test a row, on the base with what the row adds to it. */
export function testRows(rows: readonly Row[]): void {
  for (const { what, extra = '', replace = [], touched, says, untouched } of rows)
    test(what, () => expectWalks(worldWith(extra, replace), touched, says, untouched));
}

export async function expectWalks(
  world: World,
  touched: Row['touched'],
  says: readonly string[],
  untouched: Row['untouched'],
): Promise<void> {
  for (const [from, to] of touched) {
    const { verdict, unknowns } = await walk(world, from, to);
    expect({ from, to, verdict }, unknowns.join('\n')).toEqual({ from, to, verdict: 'unknown' });
    for (const words of says) expect(unknowns.join('\n')).toContain(words);
  }
  for (const [from, to] of untouched) {
    const { verdict, unknowns } = await walk(world, from, to);
    expect({ from, to, verdict, unknowns }).toEqual({ from, to, verdict: 'delivered', unknowns: [] });
  }
}
