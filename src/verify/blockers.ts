import { type Blocker, isSuccess, type RoundTrip, type Step } from '../trace/index.ts';
import { adviceFor } from './advice.ts';

/**
 * What stops the walks, and the change that would let a re-walk through. One blocker a place of death: round trips that
 * die at the same line are told once.
 */
export function blockersOf(trips: readonly RoundTrip[]): readonly Blocker[] {
  const blockers = new Map<string, Blocker>();
  for (const trip of trips) {
    if (isSuccess(trip.disposition) || trip.disposition === 'unknown' || trip.diedAt === null) continue;
    const trace = trip.diedAt.leg === 'forward' ? trip.forward : trip.reply;
    const hop = trace?.hops[trip.diedAt.hop];
    const step = hop?.steps[trip.diedAt.step];
    if (hop === undefined || step === undefined) continue;
    const message = describe(trip, step, `${hop.where.kind}/${hop.where.name}`);
    const { fix, setFlags } = adviceFor(trip, step);
    if (!blockers.has(message)) blockers.set(message, { at: trip.diedAt, message, fix, setFlags });
  }
  return [...blockers.values()];
}

function describe(trip: RoundTrip, step: Step, where: string): string {
  const { file, line } = step.evidence.artefact;
  const says = step.kind === 'drop' && step.action !== 'dropped' && step.action !== 'not sent';
  const bare = step.kind === 'rule' ? `rule "${step.evidence.text}"` : step.action;
  const why = step.because === '' || says ? bare : step.because;
  const leg = trip.diedAt?.leg === 'reply' ? ' (the reply)' : '';
  return `${trip.disposition}${leg} at ${where}: ${why} (${file}${line === undefined ? '' : `:${line}`})`;
}
