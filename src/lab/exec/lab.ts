import type { World } from '../../world/index.ts';
import { planLab } from '../plan/plan-lab.ts';
import { NETNS_DIR } from '../plan/step-command.ts';
import type { LabPlan } from '../plan/types.ts';
import { requireLab } from './environment.ts';
import type { Executor } from './executor.ts';
import { type Holder, type HolderIdentity, startHolder } from './holder.ts';
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
