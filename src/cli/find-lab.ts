import { didYouMean, fewOf } from '../base/index.ts';
import {
  enterNetns,
  findHolder,
  type HolderIdentity,
  isLabLocked,
  type LabPlan,
  type LabRecord,
  type PlannedNetns,
  readRecord,
} from '../lab/index.ts';
import { CommandError, EXIT } from './io.ts';

/** A lab that is up, with what it says of itself. */
export interface FoundLab {
  readonly holder: HolderIdentity;
  readonly record: LabRecord;
}

export function findLab(name: string): FoundLab {
  const holder = findHolder(name);
  if (holder === undefined)
    throw new CommandError(`No lab "${name}" is up; make one with "packetwalk lab up -f ..."`, EXIT.failed);
  const record = readRecord(holder) ?? readRecordLater(holder) ?? halfChanged(name);
  return { holder, record };
}

export function halfChanged(name: string): never {
  throw new CommandError(`The lab "${name}" is half made or half changed; "packetwalk lab down" ends it`, EXIT.failed);
}

const PAUSE = 50;
const LONGEST = 30_000;

/** A lab has no record while somebody changes it, which takes a moment. */
function readRecordLater(holder: HolderIdentity): LabRecord | undefined {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (let waited = 0; waited < LONGEST && isLabLocked(holder); waited += PAUSE) Atomics.wait(clock, 0, 0, PAUSE);
  return readRecord(holder);
}

/** `pod/NS/NAME`, and a node also without its domain. */
export const namesOf = ({ label }: PlannedNetns): ReadonlySet<string> =>
  new Set([label, ...(label.startsWith('node/') ? [label.split('.')[0] ?? label] : [])]);

/** The command that runs `argv` where a user says: in a namespace, or as a pod that lives in a node's. */
export function enterPlace(plan: LabPlan, where: string, argv: readonly string[]): readonly string[] {
  const pod =
    plan.hostPods.find(({ label }) => label === where) ??
    only(plan.hostPods.filter(({ label }) => label.startsWith(`${where}-`)));
  const alone = pod !== undefined && !plan.namespaces.some(({ label }) => label.startsWith(`${where}-`));
  return alone ? enterNetns(pod.netns, argv, pod.label) : enterNetns(findNetns(plan, where).name, argv);
}

const only = <T>(items: readonly T[]): T | undefined => (items.length === 1 ? items[0] : undefined);

/** A namespace by its label, a node's name without its domain, or the only label that begins like this. */
export function findNetns({ namespaces }: LabPlan, where: string): PlannedNetns {
  const exact = namespaces.find((netns) => namesOf(netns).has(where));
  if (exact !== undefined) return exact;
  const begins = namespaces.filter(({ label }) => label.startsWith(`${where}-`));
  const [only] = begins;
  if (only !== undefined && begins.length === 1) return only;
  const names = namespaces.flatMap((netns) => [...namesOf(netns)]);
  const hint =
    begins.length > 1
      ? `${begins.length} begin like this: ${fewOf(
          begins.map(({ label }) => label),
          MOST_NAMED,
        )}`
      : didYouMean(where, names).hint;
  throw new CommandError(`No namespace "${where}" in this lab${hint === undefined ? '' : `; ${hint}`}`, EXIT.usage);
}

const MOST_NAMED = 5;

/** Every name `enterPlace` may know a place of this lab by: its own, and what stands before each dash of it. */
export function placeNames({ namespaces, hostPods }: LabPlan): ReadonlySet<string> {
  const whole = [...namespaces.flatMap((netns) => [...namesOf(netns)]), ...hostPods.map(({ label }) => label)];
  return new Set([...whole, ...whole.flatMap(beforeDashes)]);
}

const beforeDashes = (label: string): readonly string[] =>
  [...label.matchAll(/-/g)].map(({ index }) => label.slice(0, index));
