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
import { type LabRecord, RECORD_FILE } from './state.ts';

/** A World on this machine's kernel. */
export interface Lab {
  readonly holder: Holder;
  readonly plan: LabPlan;
  readonly executor: Executor;
  /** A planned namespace as a path this process can open and enter. */
  netnsPath(name: string): string;
}

/** What a lab is called, and when it was made: said with `lab status`. */
export interface LabTitle {
  readonly name: string;
  readonly since: string;
}

/** Puts a World on the kernel. If anything fails, or this process ends before `stay`, nothing of it is left. */
export async function openLab(world: World, title: LabTitle = { name: 'lab', since: '' }): Promise<Lab> {
  const plan = planLab(world);
  requireLab(toolsOf(plan));
  const holder = await startHolder();
  try {
    const executor = realExecutor({ kind: 'holder', pid: holder.identity.pid });
    await runPlan(plan, executor);
    const record: LabRecord = { ...title, world: world.name, plan };
    executor.writeFile(RECORD_FILE, JSON.stringify(record));
    return { holder, plan, executor, netnsPath: (name) => netnsPath(holder.identity, name) };
  } catch (error) {
    holder.end();
    throw error;
  }
}

export interface LabChange {
  readonly plan: LabPlan;
  readonly commands: number;
  /** `node/a: ip-rule.json`: what the kernel holds otherwise than the World, after all. Empty as long as nothing is wrong. */
  readonly differences: readonly string[];
}

/**
 * Makes a lab that is up hold another World: only what is different is done, so open connections go on. What was touched is
 * read back and compared. A lab whose change was interrupted has no record, and is only to be ended.
 */
export async function changeLab(identity: HolderIdentity, record: LabRecord, world: World): Promise<LabChange> {
  const plan = planLab(world);
  requireLab(toolsOf(plan));
  const change = changePlan(record.plan, plan);
  const commands = change.phases.reduce((sum, { steps }) => sum + steps.length, 0);
  if (commands === 0) return { plan, commands, differences: [] };
  const executor = realExecutor({ kind: 'holder', pid: identity.pid });
  executor.writeFile(RECORD_FILE, '');
  await runPlan(change, executor);
  const names = touched(change);
  const back = await readBack(world, plan, executor, (name) => names.has(name));
  const differences = [...back.netns].flatMap(([id, netns]) => {
    const wanted = world.netns.get(id);
    return wanted === undefined ? [] : differingFiles(wanted, netns).map((file) => `${id}: ${file}`);
  });
  const next: LabRecord = { ...record, world: world.name, plan };
  if (differences.length === 0) executor.writeFile(RECORD_FILE, JSON.stringify(next));
  return { plan, commands, differences };
}

export const netnsPath = ({ pid }: HolderIdentity, name: string): string => insideLab(pid, `${NETNS_DIR}/${name}`);

const toolsOf = (plan: LabPlan): readonly string[] => [
  ...new Set(
    plan.phases.flatMap(({ steps }) =>
      steps.flatMap((step) =>
        step.kind === 'iptables-restore'
          ? [`${step.family === 4 ? 'iptables' : 'ip6tables'}-${step.flavour}-restore`]
          : [],
      ),
    ),
  ),
];
