import { showTarget } from '../../../fabric/index.ts';
import type { Headers, Step } from '../../../trace/index.ts';
import { type BalancerNode, groupChain, targetChain } from '../../plan/index.ts';

/** What a node's rules did to a packet, in the words of a load balancer: which way it chose, and both ends rewritten at once. */
export function tellBalancer(node: BalancerNode, steps: readonly Step[]): Step[] {
  const told: Step[] = [];
  for (const step of steps) {
    if (step.kind === 'rule') {
      const choice = choiceOf(node, step);
      if (choice !== undefined) told.push(choice);
    }
    if (step.kind !== 'nat') continue;
    const last = told.at(-1);
    const first = last?.kind === 'fabric' ? told.pop() : undefined;
    told.push(translation(node, first?.before ?? step.before, step));
  }
  return told;
}

/** Groups and targets by the chains that stand for them. */
function labelsOf({ groups }: BalancerNode): ReadonlyMap<string, string> {
  return new Map(
    groups.flatMap(({ group, targets }, g) => [
      [groupChain(g), group.id] as const,
      ...targets.map((target, t) => [targetChain(g, t), showTarget(target)] as const),
    ]),
  );
}

/** `0 : goto target_0_0`, `0-89 : goto group_0`: how many of all numbers lead to which chain. */
const WAY = /(\d+)(?:-(\d+))? : goto (\w+)/g;

function choiceOf(node: BalancerNode, step: Extract<Step, { kind: 'rule' }>): Step | undefined {
  const { evidence, before, after, target } = step;
  const ways = [...evidence.text.matchAll(WAY)].map(([, from, to = from, chain = '']) => ({
    chain,
    share: Number(to) - Number(from) + 1,
  }));
  const taken = ways.findIndex(({ chain }) => chain === target);
  if (taken < 0) return undefined;
  const labels = labelsOf(node);
  const sum = ways.reduce((total, { share }) => total + share, 0);
  const of = ways.map(({ chain, share }) => ({ p: share / sum, label: labels.get(chain) ?? chain }));
  const { rule: _, ...artefact } = evidence.artefact;
  const action = `choose ${of[taken]?.label ?? ''}`;
  return { kind: 'choice', taken, of, action, because: '', evidence: { ...evidence, artefact }, before, after };
}

function translation({ groups }: BalancerNode, before: Headers, { evidence, after }: Step): Step {
  const isAnswer = groups.some(({ targets }) =>
    targets.some(({ ip, port }) => ip === before.src && port === before.sport),
  );
  const because = isAnswer
    ? 'the answer of a connection it balanced'
    : after.src === before.src
      ? "the client's address is kept"
      : "the node's own address stands in for the client's";
  const action = `to ${after.dst}:${after.dport ?? ''}`;
  return { kind: 'fabric', what: 'load-balancer', action, because, evidence, before, after };
}
