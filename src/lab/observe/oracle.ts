import type { Evidence, Step } from '../../trace/index.ts';
import type { Dice } from '../../world/index.ts';

/**
 * Chance as the kernel settled it. Both planes tell the same rules and translations in the same order, so what the model
 * has told so far (`steps`) points at what the kernel told next: a rule with that target means the draw took it, and the
 * next translation has the port that was drawn. What a load balancer chose the kernel's walk tells as a choice.
 */
export function oracleDice(told: readonly Step[], steps: readonly Step[]): Dice {
  const choices = told.filter((step) => step.kind === 'choice');
  return {
    choose(options, by) {
      const balanced = choices[steps.filter(isBalancers).length];
      const same = options.findIndex(({ label }) => label === balanced?.of[balanced.taken]?.label);
      if (same >= 0) return same;
      const next = nextOf(told, steps, isRule);
      const led =
        next === undefined || !isRuleOf(next, by)
          ? undefined
          : (next.target ?? targetOf(next.evidence.text) ?? next.verdict);
      const taken = options.findIndex(({ label }) => label === led);
      return taken < 0 ? options.length - 1 : taken;
    },
    port(min, max, { prefer } = {}) {
      // Of who asks: both planes send the same first packet.
      if (prefer !== undefined) return prefer;
      const opened = openedBy(told, steps.at(-1));
      if (opened !== undefined) return opened;
      const { kernel, model } = sinceProxy(told, steps);
      for (const step of kernel.filter(isTranslation).slice(model.filter(isTranslation).length)) {
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

type RuleStep = Extract<Step, { kind: 'rule' }>;
const isRule = (step: Step): step is RuleStep => step.kind === 'rule';

/** Not one further on, in a table that has chains of the same names. */
function isRuleOf({ evidence }: RuleStep, by: Evidence | undefined): boolean {
  const [told, asks] = [evidence.artefact.rule, by?.artefact.rule];
  if (told === undefined || asks === undefined) return true;
  return told.table === asks.table && told.chain === asks.chain && told.index === asks.index;
}

/** What the kernel told where the model is now. */
function nextOf<T extends Step>(
  told: readonly Step[],
  steps: readonly Step[],
  is: (step: Step) => step is T,
): T | undefined {
  const { kernel, model } = sinceProxy(told, steps);
  return kernel.filter(is)[model.filter(is).length];
}

/**
 * What both told of the connection the model walks. The model walks a proxy's own connection after all of the client's; a round
 * trip tells it before the client's answers. Its first step is the proxy's, in the same words.
 */
function sinceProxy(
  told: readonly Step[],
  steps: readonly Step[],
): { readonly kernel: readonly Step[]; readonly model: readonly Step[] } {
  const opened = steps.findLastIndex(isProxys);
  const said = opened < 0 ? -1 : told.findIndex((step) => isProxys(step) && step.action === steps[opened]?.action);
  return said < 0 ? { kernel: told, model: steps } : { kernel: told.slice(said), model: steps.slice(opened) };
}

/** What a load balancer says it does without touching the packet. */
const isProxys = (step: Step): boolean =>
  step.kind === 'fabric' && step.what === 'load-balancer' && !isTranslation(step);

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

/** The source port of the connection a proxy opened after it said so in the same words, and another's before. */
function openedBy(told: readonly Step[], last: Step | undefined): number | undefined {
  if (last === undefined || !isProxys(last)) return undefined;
  const said = told.findIndex((step) => step.kind === 'fabric' && step.action === last.action);
  const other = said < 0 ? undefined : told.slice(said).find(({ before }) => before.sport !== last.before.sport);
  return other?.before.sport;
}
