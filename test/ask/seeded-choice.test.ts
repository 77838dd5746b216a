import { expect, test } from 'vitest';
import { answerOn } from '../../src/cli/answer.ts';
import { exampleWorld } from '../lab/worlds.ts';

test('of one seed the address of a name and the way of a packet are drawn apart: all pairs come up', async () => {
  const world = exampleWorld('four-ways-in');
  const pairs = new Set<string>();
  for (let seed = 1; seed < 60; seed++) {
    const question = { from: 'internet', to: 'http://shop.example.com/', choice: { kind: 'seed', seed } } as const;
    const { roundTrips } = await answerOn(world, question);
    for (const { farEnd } of roundTrips) pairs.add(`${farEnd.sees.ip} ${farEnd.name}`);
  }
  expect([...pairs].sort()).toHaveLength(4);
});
