import { existsSync, readFileSync } from 'node:fs';
import type { World } from '../../world/index.ts';
import { changePlan, touched } from '../plan/change/change-plan.ts';
import { planLab } from '../plan/plan-lab.ts';
import { NETNS_DIR } from '../plan/step-command.ts';
import type { LabPlan } from '../plan/types.ts';
import { requireLab } from './environment.ts';
import type { Executor } from './executor.ts';
import { type Holder, type HolderIdentity, startHolder } from './holder.ts';
import { differingFiles, readBack } from './read-back.ts';
import { insideLab, realExecutor } from './real-executor.ts';
import { runPlan } from './run-plan.ts';
import {
  COMPILED_FILE,
  compiledWorld,
  endServing,
  type Serving,
  type ServingReport,
  servedWorld,
  startServing,
  WORLD_FILE,
} from './serving.ts';
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
    await runPlan(plan, executor);
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

/**
 * Makes a lab that is up hold another World: only what is different is done, so open connections go on. What was touched is
 * read back and compared. A lab whose change was interrupted has no record, and is only to be ended.
 */
export async function changeLab(
  identity: HolderIdentity,
  record: LabRecord,
  world: World,
  serve: ServeCommand = undefined,
): Promise<LabChange> {
  const plan = planLab(world);
  requireLab(toolsOf(plan));
  const change = changePlan(record.plan, plan);
  const commands = change.phases.reduce((sum, { steps }) => sum + steps.length, 0);
  const served = servedWorld(world);
  const executor = realExecutor({ kind: 'holder', pid: identity.pid });
  const same = record.serving === undefined || readServed(identity) === served;
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
  await runPlan(change, executor);
  const names = touched(change);
  const back = await readBack(world, plan, executor, (name) => names.has(name));
  const differences = [...back.netns].flatMap(([id, netns]) => {
    const wanted = world.netns.get(id);
    return wanted === undefined ? [] : differingFiles(wanted, netns).map((file) => `${id}: ${file}`);
  });
  if (differences.length > 0) return { plan, commands, differences, serving: record.serving };
  remember();
  if (same || record.serving === undefined || serve === undefined)
    return { plan, commands, differences, serving: record.serving };
  // Whoever listens, and what names mean, is another matter: the programs are started anew, and their connections end.
  endServing(record.serving.process);
  const serving = await begin(startServing(identity, serve), executor, served);
  executor.writeFile(RECORD_FILE, JSON.stringify({ ...next, serving }));
  return { plan, commands, differences, serving };
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
          : step.kind === 'conntrack'
            ? ['conntrack']
            : [],
      ),
    ),
  ),
];
