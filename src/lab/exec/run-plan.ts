import { type Command, etcDir, stepCommand } from '../plan/step-command.ts';
import type { LabPlan, PlanStep } from '../plan/types.ts';
import type { Executor, Hand } from './executor.ts';

/** A step the kernel refused: which command, what it read and what it said. */
export class PlanError extends Error {
  readonly command: Command;
  readonly line: string | undefined;

  constructor(command: Command, stderr: string) {
    const line = refusedLine(command, stderr);
    const said = stderr.trim().split('\n').slice(0, 3).join(' · ');
    const where = command.netns === undefined ? '' : ` in ${command.netns}`;
    super(`"${command.argv.join(' ')}"${where} failed${line === undefined ? '' : ` at "${line}"`}: ${said}`);
    this.name = 'PlanError';
    this.command = command;
    this.line = line;
  }
}

/** `ip -batch` and the restore tools name the line they stopped at. */
function refusedLine({ stdin }: Command, stderr: string): string | undefined {
  const number = /Command failed -:(\d+)/.exec(stderr)?.[1] ?? /line:? (\d+)/.exec(stderr)?.[1];
  return number === undefined ? undefined : stdin.split('\n')[Number(number) - 1];
}

/**
 * Puts a plan on the kernel the executor reaches. Phases follow one another; inside one, namespaces are worked on side by
 * side and each namespace's steps in order. Throws what failed first, once nothing of the plan runs any more.
 */
export async function runPlan(plan: LabPlan, executor: Executor): Promise<void> {
  for (const { steps } of plan.phases) {
    const queues = byNetns(steps);
    const failures: unknown[] = [];
    let next = 0;
    const worker = async (): Promise<void> => {
      const hand = executor.hand();
      for (let queue = queues[next++]; queue !== undefined; queue = queues[next++])
        for (const step of queue) if (failures.length === 0) await runStep(step, executor, hand).catch(fail);
      await hand.end();
    };
    const fail = (error: unknown): void => void failures.push(error);
    await Promise.all(Array.from({ length: Math.min(executor.parallel, queues.length) }, worker));
    if (failures.length > 0) throw failures[0];
  }
}

/** How often, and how long apart, a step is tried again for which the kernel has to let go of something. */
const TRIES = 250;
const PAUSE = 20;

async function runStep(step: PlanStep, executor: Executor, hand: Hand): Promise<void> {
  if (step.kind === 'sysctl') return executor.setSysctls(step.netns, step.values);
  if (step.kind === 'etc-file') return executor.writeFile(`${etcDir(step.netns, step.pod)}/${step.name}`, step.text);
  const command = stepCommand(step);
  let { status, stderr } = await hand.run(command);
  if ('awaits' in step && !('force' in step))
    for (let i = 0; status !== 0 && i < TRIES; i++) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
      ({ status, stderr } = await hand.run(command));
    }
  if (status !== 0 && !(step.kind === 'ip-batch' && step.force === true)) throw new PlanError(command, stderr);
}

function byNetns(steps: readonly PlanStep[]): readonly (readonly PlanStep[])[] {
  const queues = new Map<string, PlanStep[]>();
  for (const step of steps) {
    const key = step.kind === 'netns-add' ? '' : (step.netns ?? '');
    const queue = queues.get(key) ?? [];
    queues.set(key, queue);
    queue.push(step);
  }
  return [...queues.values()];
}
