import { parseNftRuleset, printElement } from '../../../linux/index.ts';
import type { PlanStep } from '../types.ts';

/** Sets that packets write to lose what earlier flows wrote; what such a set begins with is put back by these steps. */
export function refillSteps(steps: readonly PlanStep[]): readonly PlanStep[] {
  return steps.flatMap((step): readonly PlanStep[] => {
    if (step.kind !== 'nft' || step.observes || !step.text.includes('dynamic')) return [];
    const lines = parseNftRuleset(step.text, step.netns).value.flatMap(({ family, name, objects }) =>
      objects.flatMap((each) =>
        each.kind === 'set' && each.flags.includes('dynamic') && each.elements.length > 0
          ? [
              `add element ${family} ${name} ${each.name} { ${each.elements.map((one) => printElement(one, each.type)).join(', ')} }\n`,
            ]
          : [],
      ),
    );
    return lines.length === 0 ? [] : [{ ...step, text: lines.join('') }];
  });
}
