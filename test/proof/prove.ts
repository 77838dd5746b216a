import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Case, printCase } from '../planes/case.ts';
import { kernelPlane } from '../planes/kernel-plane.ts';
import { LostEvents, ModelError } from '../planes/plane.ts';
import { simPlane } from '../planes/sim-plane.ts';
import { compareCase, type Difference, kindOf, type Outcome, type Planes } from './compare.ts';
import { randomCase } from './generate/random-case.ts';
import { shrink } from './shrink.ts';

/** Packets that meet one random namespace: enough that making it costs little of the whole. */
const PACKETS = 500;
const SHRINK_TRIES = 300;
/** A try puts all of a case's packets again. Beyond so long for one difference, or so many differences, they stay as large as found. */
const SHRINK_MS = 20_000;
const SHRUNK = 5;
const TRIES_AGAIN = 3;
const PLANES: Planes = { sim: simPlane, kernel: kernelPlane };

export interface Report {
  /** Packets put on both planes, each with everything it caused. */
  readonly compared: number;
  /** Of those, packets the model said it cannot decide: why. */
  readonly unknown: readonly string[];
  readonly namespaces: number;
  /** Random namespaces this kernel would not make: a rule it cannot load. */
  readonly refused: readonly string[];
  /** Random namespaces of whose packets the kernel lost events, twice: they prove nothing, and are not counted. */
  readonly lost: readonly string[];
  readonly differences: readonly Found[];
  /** Differences that did not come again when the same packets were put again: a retransmission, a timer, a busy machine. */
  readonly transient: readonly string[];
}

export interface Found {
  readonly seed: number;
  /** What each plane said, and the smallest case that shows it. */
  readonly text: string;
  readonly small: Case;
}

/** How far a proof got: told before each namespace, and before a difference in it is made small. */
export interface Progress {
  readonly compared: number;
  readonly seed: number;
  readonly shrinks: boolean;
}

/**
 * Random namespaces, each with random packets, until `packets` were compared or `time` is over. `seed` and `step` part the
 * seeds among processes.
 */
export function prove(of: {
  readonly packets: number;
  readonly seed: number;
  readonly step?: number;
  readonly family?: 4 | 6;
  readonly time?: () => boolean;
  readonly tell?: (progress: Progress) => void;
  readonly planes?: Planes;
}): Report {
  const { packets, seed, step = 1, family = 4, time = () => true, tell: told, planes = PLANES } = of;
  let [compared, namespaces] = [0, 0];
  const unknown: string[] = [];
  const refused: string[] = [];
  const lost: string[] = [];
  const differences: Found[] = [];
  const transient: string[] = [];
  const vain = (): number => refused.length + lost.length;
  for (let at = seed; compared < packets && vain() <= MOST_IN_VAIN + namespaces / 2 && time(); at += step) {
    told?.({ compared, seed: at, shrinks: false });
    namespaces++;
    const each = randomCase(at, Math.min(PACKETS, packets - compared), family);
    try {
      const outcome = twiceIfLost(each, planes);
      compared += outcome.compared;
      unknown.push(...outcome.unknown);
      if (outcome.difference === undefined) continue;
      told?.({ compared, seed: at, shrinks: true });
      const found = smallest(at, each, outcome.difference, differences.length < SHRUNK ? time : () => false);
      if (found === undefined) transient.push(`seed ${at}: ${outcome.difference.put}`);
      else differences.push(found);
    } catch (error) {
      const said = `seed ${at}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`;
      (error instanceof LostEvents ? lost : refused).push(said);
    }
  }
  return { compared, unknown, namespaces, refused, lost, differences, transient };
}

/** Namespaces that come to nothing, beyond half of all, before a proof gives up. */
const MOST_IN_VAIN = 20;

/** A busy machine may read too late once. */
function twiceIfLost(each: Case, planes: Planes): Outcome {
  try {
    return compareCase(each, planes);
  } catch (error) {
    if (!(error instanceof LostEvents)) throw error;
    return compareCase(each, planes);
  }
}

/**
 * The first packet on which the planes differ each time it is put, or on which the model throws; undefined where none of so
 * many does. Whatever else goes wrong is thrown: it says nothing of the model.
 */
export function findDifference(of: { readonly packets: number; readonly seed: number }): string | undefined {
  for (let [at, compared] = [of.seed, 0]; compared < of.packets; at++) {
    const each = randomCase(at, PACKETS);
    const first = putOnce(each);
    if (first.shown !== undefined && comesAgain(each, first.shown)) return `seed ${at}: ${first.shown}`;
    compared += Math.max(1, first.compared);
  }
  return undefined;
}

/** What a case shows: a packet on which the planes differ, or the model's own error. A rule the kernel refuses shows nothing. */
function putOnce(each: Case): { readonly compared: number; readonly shown: string | undefined } {
  try {
    const { compared, difference } = twiceIfLost(each, PLANES);
    const shown = difference === undefined ? undefined : `${difference.put} (${kindOf(difference)})`;
    return { compared, shown };
  } catch (error) {
    if (error instanceof ModelError) return { compared: 0, shown: `it throws: ${error.message.split('\n')[0]}` };
    if (error instanceof Error && error.message.includes('refused:')) return { compared: 0, shown: undefined };
    throw error;
  }
}

/** A busy machine lets TCP send again what nobody answered: that differs once, and then somewhere else. */
function comesAgain(each: Case, shown: string): boolean {
  for (let i = 0; i < TRIES_AGAIN; i++) if (putOnce(each).shown === shown) return true;
  return false;
}

/** Undefined where the same packets do not show it again, twice. */
function smallest(seed: number, found: Case, first: Difference, time: () => boolean): Found | undefined {
  const cut = { ...found, puts: found.puts.slice(0, first.at + 1) };
  if (!differs(cut, kindOf(first)) && !differs(cut, kindOf(first))) return undefined;
  const begin = performance.now();
  const small = shrink(
    cut,
    (each) => differs(each, kindOf(first)),
    SHRINK_TRIES,
    () => time() && performance.now() - begin < SHRINK_MS,
  );
  const again = small === cut ? undefined : compareCase(small, PLANES).difference;
  return { seed, text: tell(again ?? first), small };
}

function differs(each: Case, kind: string): boolean {
  try {
    const found = compareCase(each, PLANES).difference;
    return found !== undefined && kindOf(found) === kind;
  } catch {
    return false;
  }
}

export const tell = ({ put, kernel, sim }: Difference): string =>
  [put, '--- the kernel', ...kernel, '--- the model', ...sim].join('\n');

/** Writes the case where `make proof CASE=FILE` finds it; returns the file. */
export function save({ seed, small }: Found, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `seed-${seed}.txtar`);
  writeFileSync(file, printCase(small));
  return file;
}
