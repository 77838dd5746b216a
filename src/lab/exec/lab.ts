import { existsSync, readFileSync } from 'node:fs';
import type { Netns } from '../../linux/index.ts';
import type { World } from '../../world/index.ts';
import { changePlan, touched } from '../plan/change/change-plan.ts';
import { keepNumbers } from '../plan/change/keep-numbers.ts';
import { settingsOf, withoutUntouched } from '../plan/host/new-settings.ts';
import { planLab } from '../plan/plan-lab.ts';
import { NETNS_DIR } from '../plan/step-command.ts';
import type { LabPlan, PlanStep } from '../plan/types.ts';
import type { AdoptedNetns } from './adopt-netns.ts';
import { requireLab } from './environment.ts';
import type { Executor } from './executor.ts';
import { type Holder, type HolderIdentity, startHolder } from './holder.ts';
import { differingFiles, readBack } from './read-back.ts';
import { insideLab, realExecutor } from './real-executor.ts';
import { runPlan } from './run-plan.ts';
import { compiledWorld, servedWorld } from './served-world.ts';
import { COMPILED_FILE, endServing, type Serving, type ServingReport, startServing, WORLD_FILE } from './serving.ts';
import { claimName, type LabRecord, RECORD_FILE } from './state.ts';

/** A World on this machine's kernel. */
export interface Lab {
  readonly holder: Holder;
  readonly plan: LabPlan;
  readonly executor: Executor;
  readonly serving: ServingReport | undefined;
  /** A planned namespace as a path this process can open and enter. */
  netnsPath(name: string): string;
}

/** What a lab is called, and when it was made: said with `lab status`. */
export interface LabTitle {
  readonly name: string;
  readonly since: string;
}

/** The command that serves a lab's sockets from inside it; undefined: nothing is served. */
export type ServeCommand = readonly string[] | undefined;

/** Puts a World on the kernel. If anything fails, or this process ends before `keepLab`, nothing of it is left. */
export async function openLab(
  world: World,
  title: LabTitle = { name: 'lab', since: '' },
  serve: ServeCommand = undefined,
): Promise<Lab> {
  const plan = planLab(world);
  requireLab(toolsOf(plan));
  const holder = await startHolder();
  let serving: Serving | undefined;
  try {
    const executor = realExecutor({ kind: 'holder', pid: holder.identity.pid });
    serving = serve === undefined ? undefined : startServing(holder.identity, serve);
    await runPlan(withoutUntouched(plan, executor.getSysctls(undefined, settingsOf(plan))), executor);
    const record: LabRecord = { ...title, world: world.name, plan };
    executor.writeFile(RECORD_FILE, JSON.stringify(record));
    const report = await begin(serving, executor, servedWorld(world));
    if (report !== undefined) executor.writeFile(RECORD_FILE, JSON.stringify({ ...record, serving: report }));
    return { holder, plan, executor, serving: report, netnsPath: (name) => netnsPath(holder.identity, name) };
  } catch (error) {
    holder.end();
    serving?.abandon();
    throw error;
  }
}

/**
 * Makes a lab outlive this process under a name, with the World that its rules and routes are explained by. False where
 * another lab has the name: then this one is ended.
 */
export function keepLab({ holder, executor }: Lab, world: World, name: string): boolean {
  let claimed = false;
  try {
    executor.writeFile(COMPILED_FILE, compiledWorld(world));
    claimed = claimName(name, holder.identity);
    return claimed;
  } finally {
    if (claimed) holder.stay();
    else holder.end();
  }
}

async function begin(
  serving: Serving | undefined,
  executor: Executor,
  world: string,
): Promise<ServingReport | undefined> {
  if (serving === undefined) return undefined;
  executor.writeFile(WORLD_FILE, world);
  return serving.begin();
}

export interface LabChange {
  readonly plan: LabPlan;
  readonly commands: number;
  /** `node/a: ip-rule.json`: what the kernel holds otherwise than the World, after all. Empty as long as nothing is wrong. */
  readonly differences: readonly string[];
  readonly serving: ServingReport | undefined;
}

export interface ChangeOptions {
  /** Namespaces that are there already under a name of the lab: somebody else made them. */
  readonly adopted?: readonly AdoptedNetns[];
  /** How the kernel's namespace is told from the World's. */
  readonly differs?: (wanted: Netns, found: Netns) => readonly string[];
  /** What fails half way is taken back. Else the lab is only to be ended. */
  readonly orUndo?: boolean;
  /** What is to be taken away may be gone already. */
  readonly force?: boolean;
}

/**
 * Makes a lab that is up hold another World: only what is different is done, so open connections go on. What was touched is
 * read back and compared. A lab whose change was interrupted has no record, and is only to be ended.
 */
export async function changeLab(
  identity: HolderIdentity,
  record: LabRecord,
  wanted: World,
  serve: ServeCommand = undefined,
  { adopted = [], differs = differingFiles, orUndo = false, force = false }: ChangeOptions = {},
): Promise<LabChange> {
  const world = keepNumbers(record.plan, wanted);
  const plan = planLab(world, namesOf(record.plan, adopted));
  requireLab(toolsOf(plan));
  const executor = realExecutor({ kind: 'holder', pid: identity.pid });
  // Nobody sets anything in the lab's root namespace: it is as every namespace began.
  const untouched = (setting: string): string | undefined => executor.getSysctls(undefined, [setting]).get(setting);
  const needed = withoutAdopted(changePlan(record.plan, plan, untouched), adopted);
  const change = force ? forced(needed) : needed;
  const commands = change.phases.reduce((sum, { steps }) => sum + steps.length, 0);
  const served = servedWorld(world);
  // Sockets of a namespace that is made anew were the old one's, and keep it.
  const lost = remade(record.plan, change);
  const same = record.serving === undefined || (!lost && readServed(identity) === served);
  const next: LabRecord = { ...record, world: world.name, plan };
  const remember = (): void => {
    // What no namespace holds may be another, too: names, the fabric as it was meant, who wrote what.
    if (existsSync(insideLab(identity.pid, COMPILED_FILE))) executor.writeFile(COMPILED_FILE, compiledWorld(world));
    executor.writeFile(RECORD_FILE, JSON.stringify(next));
  };
  if (commands === 0 && same) {
    remember();
    return { plan, commands, differences: [], serving: record.serving };
  }
  executor.writeFile(RECORD_FILE, '');
  if (lost && record.serving !== undefined && serve !== undefined) endServing(record.serving.process);
  const undo = async (): Promise<void> => {
    if (!orUndo) return;
    await runPlan(forced(changePlan(plan, record.plan, untouched)), executor);
    executor.writeFile(RECORD_FILE, JSON.stringify(record));
  };
  try {
    await runPlan(change, executor);
  } catch (error) {
    await undo();
    throw error;
  }
  const differences = await differing(world, plan, change, executor, differs);
  if (differences.length > 0) {
    await undo();
    return { plan, commands, differences, serving: record.serving };
  }
  remember();
  if (same || record.serving === undefined || serve === undefined)
    return { plan, commands, differences, serving: record.serving };
  // Whoever listens, and what names mean, is another matter: the programs are started anew, and their connections end.
  endServing(record.serving.process);
  const serving = await begin(startServing(identity, serve), executor, served);
  executor.writeFile(RECORD_FILE, JSON.stringify({ ...next, serving }));
  return { plan, commands, differences, serving };
}

/** What a change touched, as the kernel holds it otherwise than the World. */
async function differing(
  world: World,
  plan: LabPlan,
  change: LabPlan,
  executor: Executor,
  differs: NonNullable<ChangeOptions['differs']>,
): Promise<readonly string[]> {
  const names = touched(change);
  const back = await readBack(world, plan, executor, (name) => names.has(name));
  return [...back.netns].flatMap(([id, netns]) => {
    const wanted = world.netns.get(id);
    return wanted === undefined ? [] : differs(wanted, netns).map((file) => `${id}: ${file}`);
  });
}

/** Namespaces of a lab that is up, and those that join it, keep their names. */
const namesOf = ({ namespaces }: LabPlan, adopted: readonly AdoptedNetns[]): ReadonlyMap<string, string> =>
  new Map([...namespaces, ...adopted].map(({ label, name }) => [label, name]));

/** A namespace that is there is not made, and a number it is known by is not given again. */
function withoutAdopted(plan: LabPlan, adopted: readonly AdoptedNetns[]): LabPlan {
  if (adopted.length === 0) return plan;
  const names = new Set(adopted.map(({ name }) => name));
  const numbered = new Set(adopted.flatMap(({ name, numbered }) => (numbered ? [name] : [])));
  const isGiven = (line: string): boolean => line.startsWith('netns set ') && numbered.has(line.split(' ')[2] ?? '');
  const stepsOf = (step: PlanStep): readonly PlanStep[] => {
    if (step.kind === 'netns-add') {
      const made = step.names.filter((name) => !names.has(name));
      return made.length === 0 ? [] : [{ ...step, names: made }];
    }
    if (step.kind !== 'ip-batch') return [step];
    const lines = step.lines.filter((line) => !isGiven(line));
    return lines.length === 0 ? [] : [{ ...step, lines }];
  };
  return {
    ...plan,
    phases: plan.phases.map(({ title, steps }) => ({ title, steps: steps.flatMap(stepsOf) })),
  };
}

/** A plan whose lines may find their work done, or nothing to do. */
const forced = (plan: LabPlan): LabPlan => ({
  ...plan,
  phases: plan.phases.map(({ title, steps }) => ({
    title,
    steps: steps.map((step) => (step.kind === 'ip-batch' ? { ...step, force: true } : step)),
  })),
});

function remade(old: LabPlan, { phases }: LabPlan): boolean {
  const had = new Set(old.namespaces.map(({ name }) => name));
  return phases.some(({ steps }) =>
    steps.some((step) => step.kind === 'netns-add' && step.names.some((name) => had.has(name))),
  );
}

function readServed({ pid }: HolderIdentity): string {
  try {
    return readFileSync(insideLab(pid, WORLD_FILE), 'utf8');
  } catch {
    return '';
  }
}

export const netnsPath = ({ pid }: HolderIdentity, name: string): string => insideLab(pid, `${NETNS_DIR}/${name}`);

const toolsOf = (plan: LabPlan): readonly string[] => [
  ...new Set(
    plan.phases.flatMap(({ steps }) =>
      steps.flatMap((step) =>
        step.kind === 'iptables-restore'
          ? [`${step.family === 4 ? 'iptables' : 'ip6tables'}-${step.flavour}-restore`]
          : step.kind === 'conntrack' || step.kind === 'ipset'
            ? [step.kind]
            : [],
      ),
    ),
  ),
];
