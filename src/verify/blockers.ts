import type { Blocker, RoundTrip, SenderCause, StepRef } from '../trace/index.ts';
import type { Directory } from '../world/index.ts';
import { adviceFor } from './advice.ts';
import { type Death, deathOf } from './cause-of.ts';

/**
 * What stops the walks. One blocker a place of death: round trips that die at the same line, or of the same rule that is missing
 * wherever its groups are worn, are told once. `setFlags` is
 * empty until somebody walks again with a remedy and finds that it helps.
 */
export function blockersOf(trips: readonly RoundTrip[], directory: Directory): readonly Blocker[] {
  const blockers = new Map<string, Blocker>();
  for (const trip of trips) {
    const death = deathOf(trip, directory);
    if (death === undefined || trip.diedAt === null) continue;
    const message = describe(death);
    const key = missingRule(death) ?? message;
    if (blockers.has(key)) continue;
    blockers.set(key, { at: trip.diedAt, cause: death.cause, message, fix: adviceFor(death.cause), setFlags: [] });
  }
  return [...blockers.values()];
}

/** A rule of security groups that would let all of these through, whichever interface asked for it. */
function missingRule({ cause, trip }: Death): string | undefined {
  if (cause.kind !== 'security-group') return undefined;
  const { eni: _, ...rule } = cause;
  return `${trip.disposition} ${trip.diedAt?.leg} ${JSON.stringify(rule)}`;
}

/** These steps say in their action what happened, and in `because` what was tried. */
const UNNAMED: ReadonlySet<string> = new Set<SenderCause['kind']>([
  'unresolved-name',
  'silent-name-server',
  'no-address',
]);

const WHOSE: Readonly<Record<StepRef['leg'], string>> = {
  forward: '',
  reply: ' (the reply)',
  followUp: ' (the packet after the handshake)',
};

function describe({ trip, step, where, cause }: Death): string {
  const { artefact, by } = step.evidence;
  const { file, line } = artefact;
  const written = step.kind === 'drop' && by !== undefined && /:\d+$/.test(by) ? by : undefined;
  const place = written ?? (line === undefined ? file : `${file}:${line}`);
  const bare = step.kind === 'rule' ? `rule "${step.evidence.text}"` : step.action;
  const why = step.because === '' || UNNAMED.has(cause.kind) ? bare : step.because;
  return `${trip.disposition}${trip.diedAt === null ? '' : WHOSE[trip.diedAt.leg]} at ${where}: ${why} (${place})`;
}
