import { arrivalOf } from '../../render/index.ts';
import type { TraceResult } from '../../trace/index.ts';

/** Address(es) a far end saw, each once. */
export const seen = (result: TraceResult): string =>
  [...new Set(result.roundTrips.map((trip) => trip.farEnd.sees.ip))].join(', ');

export const ttl = (result: TraceResult): string => {
  const [trip] = result.roundTrips;
  const arrived = trip === undefined ? undefined : arrivalOf(trip);
  return arrived === undefined ? 'no reply' : `ttl=${arrived.ttl}`;
};
