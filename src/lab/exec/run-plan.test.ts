import { expect, test } from 'vitest';
import type { LabPlan } from '../plan/types.ts';
import { type Hand, recordExecutor } from './executor.ts';
import { runPlan } from './run-plan.ts';

const batch = (netns: string, line: string) => ({ kind: 'ip-batch', netns, family: 4, lines: [line] }) as const;
const planOf = (...phases: LabPlan['phases'][number]['steps'][]): LabPlan => ({
  phases: phases.map((steps) => ({ title: '', steps })),
  namespaces: [],
  hostPods: [],
  gaps: [],
  wires: [],
});

test('once a step fails no other is begun, and what runs has ended before anybody hears of it', async () => {
  const recorder = recordExecutor();
  let [ended, free] = [0, 0];
  const executor = {
    ...recorder,
    parallel: 2,
    hand: (): Hand => ({
      async run(command) {
        await recorder.run(command);
        const refused = command.stdin.includes('refused');
        if (!refused) await new Promise((resolve) => setTimeout(resolve, 50));
        ended++;
        return { status: refused ? 1 : 0, stdout: '', stderr: '' };
      },
      async end() {
        free++;
      },
    }),
  };
  const plan = planOf(
    [batch('a', 'slow'), batch('a', 'after slow'), batch('b', 'refused'), batch('b', 'after'), batch('c', 'other')],
    [batch('a', 'next phase')],
  );
  await expect(runPlan(plan, executor)).rejects.toThrow(/in b failed/);
  const begun = recorder.recorded.map((each) => (each.kind === 'command' ? each.stdin.trim() : each.kind));
  expect(begun).toEqual(['slow', 'refused']);
  expect({ ended, free }).toEqual({ ended: 2, free: 2 });
});
