import { describe, expect, test } from 'vitest';
import { BASTION, CLIENT, NEAR, NODE_A, NODE_B, PEER, SERVER, testWorld } from '../../test/sim/test-world.ts';
import { ask, OUTSIDE, stepsOf, walk } from '../../test/sim/walks.ts';
import type { Protocol } from '../net/index.ts';
import type { Probe } from '../trace/index.ts';
import { walkSim } from './sim-data-plane.ts';

describe('chance', () => {
  const three = testWorld({ externalSnat: true, endpoints: ['10.0.2.127:8080', '10.0.1.60:8080', '10.0.0.150:80'] });
  const all = walkSim(three, ask(CLIENT, '172.20.0.80', 80), { choice: { kind: 'all' }, detail: 'full' });
  test('every endpoint once, weights sum to 1', () => {
    expect(all.map((trip) => trip.farEnd.name)).toEqual(['pod/t/server', 'pod/t/near', 'host/plain']);
    expect(all.reduce((sum, trip) => sum + trip.probability, 0)).toBe(1);
    for (const trip of all) expect(trip.probability).toBeCloseTo(1 / 3, 6);
    for (const { probability, forward, reply, followUp } of all)
      expect([forward, reply, followUp].map((trace) => trace?.probability)).toEqual(new Array(3).fill(probability));
  });
  test('first is one of them, a seed repeats itself', () => {
    expect(walk(three, ask(CLIENT, '172.20.0.80', 80)).farEnd.name).toBe('pod/t/server');
    const seeded = (): string[] =>
      [1, 2, 3, 4, 5, 6].map(
        (seed) =>
          walkSim(three, ask(CLIENT, '172.20.0.80', 80), { choice: { kind: 'seed', seed }, detail: 'verdict-only' })[0]
            ?.farEnd.name ?? '',
      );
    expect(seeded()).toEqual(seeded());
    expect(new Set(seeded()).size).toBeGreaterThan(1);
  });
  test('a verdict is the same with and without evidence', () => {
    const verdict = (detail: 'full' | 'verdict-only', probe: Probe): unknown =>
      walkSim(three, probe, { choice: { kind: 'all' }, detail }).map(({ disposition, farEnd, clientSees }) => ({
        disposition,
        farEnd,
        clientSees,
      }));
    const protocols: readonly Protocol[] = ['tcp', 'udp', 'icmp'];
    for (const protocol of protocols)
      for (const dst of ['172.20.0.80', '10.0.2.127', OUTSIDE, '10.9.0.10', '10.0.3.3', '10.0.0.200', '10.0.0.75'])
        for (const from of [CLIENT, NEAR, SERVER, NODE_A, NODE_B, BASTION, PEER]) {
          const probe = ask(from, dst, 80, { protocol });
          expect(verdict('verdict-only', probe)).toEqual(verdict('full', probe));
        }
  });
  test('every step names its evidence', () => {
    for (const trip of all)
      for (const step of [...stepsOf(trip), ...(trip.reply?.hops.flatMap((hop) => hop.steps) ?? [])])
        expect(step.evidence.text).not.toBe('');
  });
});
