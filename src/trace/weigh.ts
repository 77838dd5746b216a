import type { RoundTrip, Trace } from './types.ts';

/** A round trip as one of several ways: all its packets have its odds. */
export function weigh(trip: RoundTrip, probability: number): RoundTrip {
  if (trip.probability === probability && trip.forward.probability === probability) return trip;
  const of = (trace: Trace): Trace => ({ ...trace, probability });
  const { forward, reply, followUp } = trip;
  return {
    ...trip,
    probability,
    forward: of(forward),
    reply: reply === null ? null : of(reply),
    ...(followUp === undefined ? {} : { followUp: of(followUp) }),
  };
}
