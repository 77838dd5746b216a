import { expect, test } from 'vitest';
import { compareWalks } from '../../src/cli/compare-walks.ts';
import { ip } from '../../src/net/index.ts';
import { simDataPlane } from '../../src/sim/index.ts';
import type { RoundTrip, Trace } from '../../src/trace/index.ts';
import { exampleWorld } from '../lab/worlds.ts';

const world = exampleWorld('article');
const from = world.directory.pods.find(({ name }) => name.startsWith('toolbox-a'))?.netns ?? '';

async function walkTo(dst: string, dport: number): Promise<RoundTrip> {
  const probe = { from, dst: ip(dst), dport, protocol: 'tcp' } as const;
  const [trip] = await simDataPlane.walk(world, probe, { choice: { kind: 'first' }, detail: 'full' });
  if (trip === undefined) throw new Error('A walk gives a round trip');
  return trip;
}

const [refused, delivered] = [await walkTo('10.0.2.127', 81), await walkTo('10.0.2.127', 8080)];
const withReply = (trip: RoundTrip, of: (reply: Trace) => Trace): RoundTrip =>
  trip.reply === null ? trip : { ...trip, reply: of(trip.reply) };
const unsure = (reply: Trace): Trace => ({ ...reply, disposition: 'unknown' });
const cut = (reply: Trace): Trace => ({ ...reply, hops: reply.hops.slice(0, 1) });

for (const [name, sim, kernel, want] of [
  ['the same walk', refused, refused, 'agree'],
  ['two words for the end of one walk', refused, { ...refused, disposition: 'dropped' }, 'differ'],
  ['an end one of them does not know', refused, { ...refused, disposition: 'unknown' }, 'undecided'],
  ['an end neither knows', { ...refused, disposition: 'unknown' }, { ...refused, disposition: 'unknown' }, 'undecided'],
  ['a way back one of them does not know, and nothing that differs', refused, withReply(refused, unsure), 'agree'],
  ['a way back that differs as far as both know it', refused, withReply(refused, cut), 'differ'],
  ['one that differs behind what one of them knows', refused, withReply(withReply(refused, cut), unsure), 'undecided'],
  [
    'ways that differ before that',
    delivered,
    withReply({ ...delivered, forward: cut(delivered.forward) }, unsure),
    'differ',
  ],
] as const)
  test(`${name}: ${want}`, () => {
    expect(compareWalks(world, sim, kernel).outcome).toBe(want);
  });
