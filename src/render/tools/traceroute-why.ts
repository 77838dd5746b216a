import { decisiveTrip, type Place, type RoundTrip, type Step, type TraceResult } from '../../trace/index.ts';
import { longName, shortName } from '../words.ts';
import { arrivalOf } from './arrival.ts';

/** The walk of one probe. */
export interface TracerouteHop {
  readonly ttl: number;
  readonly result: TraceResult;
}

/**
 * What traceroute cannot print and its reader asks: who answered each TTL, what became of the address on the way, and for
 * probes nobody answered which rule did not take them, which route did, and where they died.
 */
export function tracerouteWhy(hops: readonly TracerouteHop[]): readonly string[] {
  const last = hops.at(-1)?.result;
  const trip = last?.roundTrips[0];
  if (last === undefined || trip === undefined) return [];
  const answers = hops.flatMap(({ ttl, result }) => {
    const place = answererOf(result.roundTrips[0]);
    return place === undefined ? [] : [`${ttl} ${nameOf(place)}`];
  });
  return [
    ...(answers.length === 0 ? [] : [line('answered', answers.join(' · '))]),
    ...translation(last, trip),
    ...failure(last, trip),
  ];
}

const line = (label: string, text: string): string => `${label.padEnd(11)} ${text}`;

const nameOf = (place: Place): string =>
  place.kind === 'node' ? `${place.kind}/${shortName(place)}` : longName(place);

/** Where the probe was when something came back: at its end, or where it died. */
function answererOf(trip: RoundTrip | undefined): Place | undefined {
  if (trip === undefined || trip.disposition === 'unknown' || arrivalOf(trip) === undefined) return undefined;
  const { diedAt, forward } = decisiveTrip(trip);
  return (diedAt?.leg === 'forward' ? forward.hops[diedAt.hop] : forward.hops.at(-1))?.where;
}

type Located = { readonly where: Place; readonly step: Step };

const stepsOf = ({ forward }: RoundTrip): readonly Located[] =>
  forward.hops.flatMap(({ where, steps }) => steps.map((step) => ({ where, step })));

/**
 * An error about a translated packet is translated back as a whole, its own source included (net/netfilter/nf_nat_core.c,
 * nf_nat_icmp_reply_translation): every hop behind the translation answers with the address that was asked.
 */
function translation({ query }: TraceResult, trip: RoundTrip): readonly string[] {
  const found = stepsOf(trip).find(({ step }) => step.kind === 'nat' && step.manip === 'dst' && !step.reply);
  if (found === undefined) return [];
  const asked = query.to.address ?? '';
  const behind = `: whatever answers behind it is translated back, and shows as ${asked}`;
  return [line('translated', `on ${nameOf(found.where)}, ${found.step.action}${behind}`)];
}

function failure({ findings, blockers }: TraceResult, trip: RoundTrip): readonly string[] {
  const cause = findings.find(({ severity }) => severity === 'error');
  const { disposition } = trip;
  // A closed port answers for its host: traceroute has got there.
  const arrived = disposition === 'refused' && blockers.every(({ cause: { kind } }) => kind === 'closed-port');
  if (
    arrived ||
    disposition === 'delivered' ||
    disposition === 'ttl-exceeded' ||
    (cause === undefined && blockers.length === 0)
  )
    return [];
  const routes = stepsOf(trip).flatMap(({ step }) =>
    step.kind === 'fabric' && step.what === 'subnet-route'
      ? [step.because === '' ? step.action : `${step.action}: ${step.because}`]
      : [],
  );
  return [
    ...(cause === undefined ? [] : [line('cause', cause.message)]),
    ...routes.map((text) => line('route', text)),
    ...blockers.map(({ message }) => line('blocker', message)),
    ...(cause === undefined || cause.fix === '' ? [] : [line('fix', cause.fix)]),
  ];
}
