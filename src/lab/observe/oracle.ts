import type { Step } from '../../trace/index.ts';
import type { Dice } from '../../world/index.ts';

/**
 * Chance as the kernel settled it. Both planes tell the same rules and translations in the same order, so what the model
 * has told so far (`steps`) points at what the kernel told next: a rule with that target means the draw took it, and the
 * next translation has the port that was drawn. What a load balancer chose the kernel's walk tells as a choice.
 */
export function oracleDice(told: readonly Step[], steps: readonly Step[]): Dice {
  const rules = told.filter((step) => step.kind === 'rule');
  const nats = told.filter(isTranslation);
  const choices = told.filter((step) => step.kind === 'choice');
  return {
    choose(options) {
      const balanced = choices[steps.filter(isBalancers).length];
      const same = options.findIndex(({ label }) => label === balanced?.of[balanced.taken]?.label);
      if (same >= 0) return same;
      const next = rules[steps.filter((step) => step.kind === 'rule').length];
      const led = next === undefined ? undefined : (next.target ?? targetOf(next.evidence.text) ?? next.verdict);
      const taken = options.findIndex(({ label }) => label === led);
      return taken < 0 ? options.length - 1 : taken;
    },
    port(min, max) {
      const done = steps.filter(isTranslation).length;
      for (const step of nats.slice(done)) {
        const { before, after } = step;
        const ofSource = step.kind === 'nat' ? step.manip === 'src' : before.src !== after.src;
        const port = after.icmp?.id ?? (ofSource ? after.sport : after.dport);
        if (port !== undefined && port >= min && port <= max) return port;
      }
      const now = steps.at(-1)?.after;
      const kept = now?.icmp?.id ?? now?.sport ?? min;
      return kept >= min && kept <= max ? kept : min;
    },
  };
}

/** Of a rule's text: the chain or target behind -j or -g. */
const targetOf = (text: string): string | undefined => / -[jg] (\S+)/.exec(text)?.[1];

/** By a namespace or by a gateway of the fabric. */
const isTranslation = ({ kind, before, after }: Step): boolean =>
  (kind === 'nat' || kind === 'fabric') &&
  (before.src !== after.src ||
    before.dst !== after.dst ||
    before.sport !== after.sport ||
    before.dport !== after.dport ||
    before.icmp?.id !== after.icmp?.id);

/** Chance of the fabric: a rule's own has the rule for evidence. */
const isBalancers = ({ kind, evidence }: Step): boolean => kind === 'choice' && evidence.artefact.rule === undefined;
