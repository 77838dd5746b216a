import { ip } from '../../src/net/index.ts';
import { walkSim } from '../../src/sim/sim-data-plane.ts';
import type { Probe, RoundTrip, Step } from '../../src/trace/index.ts';
import type { World } from '../../src/world/index.ts';

// Questions put to the test World, and its answers in a line.

export const OUTSIDE = '198.51.100.7';

export const ask = (from: string, dst: string, dport?: number, of: Partial<Probe> = {}): Probe => ({
  from,
  dst: ip(dst),
  protocol: 'tcp',
  ...(dport === undefined ? {} : { dport }),
  ...of,
});
export const ping = (from: string, dst: string, of: Partial<Probe> = {}): Probe =>
  ask(from, dst, undefined, { protocol: 'icmp', ...of });

export function walk(world: World, probe: Probe): RoundTrip {
  const [trip] = walkSim(world, probe, { choice: { kind: 'first' }, detail: 'full' });
  if (trip === undefined) throw new Error('no round trip');
  return trip;
}

export const stepsOf = (trip: RoundTrip): readonly Step[] => trip.forward.hops.flatMap((hop) => hop.steps);
export const egress = (trip: RoundTrip, leg: 'forward' | 'reply', place: string): string[] =>
  (trip[leg]?.hops ?? [])
    .filter((hop) => `${hop.where.kind}/${hop.where.name}` === place)
    .flatMap((hop) => hop.steps.flatMap((step) => (step.kind === 'leave' ? [step.dev] : [])));
export const why = (trip: RoundTrip): string => `${trip.disposition}: ${stepsOf(trip).at(-1)?.because ?? ''}`;

/** `RoundTrip.farEnd` in one line: who is reached, and whom it sees. */
export const seen = (trip: RoundTrip): string =>
  `${trip.disposition} ${trip.farEnd.name} sees ${trip.farEnd.sees.ip} (${trip.farEnd.sees.identity.kind})`;
