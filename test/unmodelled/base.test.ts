import { describe, expect, test } from 'vitest';
import { readWorld, worldFiles } from '../../src/world/index.ts';
import { fromWeb, n1Out, plainOut, plainToClient, testRows, toWeb } from './rows.ts';
import { walk, worldWith } from './testing.ts';

describe('the base', () =>
  testRows([
    {
      what: 'nothing: the base itself',
      touched: [],
      says: [],
      untouched: [toWeb, fromWeb, plainOut, plainToClient, n1Out, ['pod/shop/plain', 'far.example.com:443']],
    },
  ]));

test('a World written to a folder says the same', async () => {
  const world = worldWith(
    'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: i, namespace: shop }\nspec: { rules: [{ host: shop.example.com }] }\n',
    [['nodeName: n2', 'nodeName: n9']],
  );
  const again = readWorld(new Map([...worldFiles(world)].map(({ path, text }) => [path, text])), 'world').value;
  for (const [from, to] of [toWeb, fromWeb, ['pod/shop/plain', 'shop.example.com']] as const) {
    const { verdict, unknowns } = await walk(world, from, to);
    const { verdict: verdictAgain, unknowns: unknownsAgain } = await walk(again, from, to);
    expect([verdict, unknowns]).toEqual(['unknown', [expect.any(String)]]);
    expect([verdictAgain, unknownsAgain]).toEqual([verdict, unknowns]);
  }
});
