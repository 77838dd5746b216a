import type { TraceResult } from '../../trace/index.ts';
import { arrivalOf, causeLines, icmpErrorText, unknownLine } from './arrival.ts';
import { type TracerouteHop, tracerouteWhy } from './traceroute-why.ts';

/** True when a probe of this TTL reached the target, or was refused by it: traceroute stops there. */
export function isLastHop(result: TraceResult): boolean {
  const [trip] = result.roundTrips;
  if (trip === undefined || ['not-sent', 'unknown'].includes(trip.disposition)) return true;
  const arrived = arrivalOf(trip);
  return arrived !== undefined && trip.disposition !== 'ttl-exceeded';
}

/** The walks as `traceroute -n` prints them: who answered each TTL, `*` for silence. Below it, why. */
export function renderTraceroute(asked: string, hops: readonly TracerouteHop[], maxHops: number): string {
  const first = hops[0]?.result;
  const unsure = unknownLine(first?.roundTrips[0]);
  if (unsure !== undefined) return `${unsure}\n`;
  const address = first?.query.to.address;
  if (first === undefined || address === null || address === undefined)
    return `${[`traceroute: ${asked}: Name or service not known`, ...causeLines(first)].join('\n')}\n`;
  const size = first.roundTrips[0]?.forward.hops[0]?.steps[0]?.before.length ?? 60;
  const lines = [`traceroute to ${asked} (${address}), ${maxHops} hops max, ${size} byte packets`];
  for (const { ttl, result } of hops) lines.push(`${String(ttl).padStart(2)}  ${answerOf(result)}`);
  const why = tracerouteWhy(hops);
  lines.push(...(why.length === 0 ? causeLines(hops.at(-1)?.result) : ['', ...why]));
  return `${lines.join('\n')}\n`;
}

function answerOf(result: TraceResult): string {
  const [trip] = result.roundTrips;
  const unsure = unknownLine(trip);
  if (unsure !== undefined) return unsure;
  const arrived = trip === undefined ? undefined : arrivalOf(trip);
  if (arrived === undefined) return '*';
  if (arrived.icmp === undefined || trip?.disposition === 'delivered') return arrived.src;
  const { mark } = icmpErrorText(arrived.icmp, arrived.family);
  return mark === '' ? arrived.src : `${arrived.src} ${mark}`;
}
