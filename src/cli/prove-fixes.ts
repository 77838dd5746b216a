import { type Blocker, type Finding, isSuccess, type TraceResult } from '../trace/index.ts';
import { type Change, flagOf, narrowed, type Remedy, remediesFor, remedyOf } from '../verify/index.ts';
import { CommandError } from './io.ts';

/** Walks the question again with these changes beside the asker's own flags. */
export type WalkAgain = (changes: readonly Change[]) => Promise<TraceResult>;

/** A packet meets one smaller link after another; each walk shows the next. */
const MAX_LINKS = 8;

/**
 * Each blocker and finding with the changes that help against it: those with which the same question, walked again, arrives more often.
 * What does not help, is set already, or cannot be turned (a World folder, a dump it would rewrite), is not said.
 */
export async function proveFixes(result: TraceResult, again: WalkAgain): Promise<TraceResult> {
  const blockers: Blocker[] = [];
  for (const blocker of result.blockers) blockers.push(await prove(blocker, result, again));
  const findings: Finding[] = [];
  for (const finding of result.findings) findings.push(await proveFinding(finding, result, again));
  return { ...result, blockers, findings };
}

async function prove(blocker: Blocker, result: TraceResult, again: WalkAgain): Promise<Blocker> {
  for (const remedy of remediesFor(blocker.cause)) {
    const proved = await helps(remedy, result, again, MAX_LINKS);
    if (proved === undefined) continue;
    const fix = proved.alone || blocker.fix === '' ? proved.words : `${blocker.fix}, or ${proved.words}`;
    return { ...blocker, fix, setFlags: [flagOf(proved.change)] };
  }
  return blocker;
}

/** A fix that promises to show the pod, tried: without the translation the pod may be one nobody answers. */
async function proveFinding(finding: Finding, result: TraceResult, again: WalkAgain): Promise<Finding> {
  const remedy = remedyOf(finding);
  const walked = remedy && (await tryAgain(again, [remedy.change]));
  if (remedy === undefined || walked === undefined) return finding;
  const shown = walked.roundTrips.every(({ farEnd }) => farEnd.reached && farEnd.sees.identity.kind === 'pod');
  if (!shown || arriving(walked) < arriving(result)) return { ...finding, fix: '' };
  return { ...finding, fix: `${finding.fix}, or ${remedy.words}`, setFlags: [flagOf(remedy.change)] };
}

/** The remedy, or the smaller packet a walk with it asks for, that lets more of the question arrive. */
async function helps(
  remedy: Remedy,
  result: TraceResult,
  again: WalkAgain,
  links: number,
): Promise<Remedy | undefined> {
  const walked = await tryAgain(again, [remedy.change]);
  if (walked === undefined) return undefined;
  if (arriving(walked) > arriving(result)) return remedy;
  const { change } = remedy;
  if (change.kind !== 'size' || links === 0) return undefined;
  const smaller = walked.blockers
    .flatMap(({ cause }) => remediesFor(cause))
    .find((next) => next.change.kind === 'size' && next.change.bytes < change.bytes);
  if (smaller === undefined) return undefined;
  const behind = await helps(smaller, result, again, links - 1);
  return behind && narrowed(remedy, behind);
}

async function tryAgain(again: WalkAgain, changes: readonly Change[]): Promise<TraceResult | undefined> {
  try {
    return await again(changes);
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
}

const arriving = (result: TraceResult): number =>
  result.roundTrips.reduce((sum, trip) => sum + (isSuccess(trip.disposition) ? trip.probability : 0), 0);

/** A command line's own flags with some of them turned otherwise. */
export function withChanges<F extends { readonly set: readonly string[]; readonly size?: number }>(
  flags: F,
  changes: readonly Change[],
): F {
  let turned = flags;
  for (const change of changes) {
    if (change.kind === 'size') turned = { ...turned, size: change.bytes };
    else {
      const others = turned.set.filter((own) => own.slice(0, own.indexOf('=')) !== change.key);
      turned = { ...turned, set: [...others, `${change.key}=${change.value}`] };
    }
  }
  return turned;
}
