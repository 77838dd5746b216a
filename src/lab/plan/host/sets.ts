import { type IpSet, type Netns, printIpsetSave, printIptablesSave } from '../../../linux/index.ts';
import type { PlanGap, PlanStep } from '../types.ts';

/** Sets of ipset as `ipset restore` takes them. One this model cannot read, and no rule asks, is left out. */
export function planSets({ id, ipsets = [] }: Netns, gaps: PlanGap[]): string {
  for (const set of ipsets)
    if (!isHeld(set)) {
      const because = `"${set.unsupported ?? set.options}" is not modelled, and no rule asks it`;
      gaps.push({ where: id, what: `ipset ${set.name}`, because });
    }
  return printIpsetSave(ipsets.filter(isHeld));
}

const isHeld = ({ name, options, unsupported }: IpSet): boolean =>
  unsupported === undefined && [name, ...options.split(' ')].every((word) => !word.startsWith('-'));

/** A set that a rule asks and no lab can hold. */
export function unheldSet(netns: Netns): IpSet | undefined {
  const unheld = (netns.ipsets ?? []).filter((set) => !isHeld(set));
  if (unheld.length === 0) return undefined;
  const asked = askedSets(rulesOf(netns));
  return unheld.find(({ name }) => asked.has(name));
}

/** A set that a rule asks and the namespace has not: iptables-restore takes no such rule. */
export function missingSet({ iptables: { ip, ip6 }, ipsets = [] }: Netns): string | undefined {
  const names = new Set(ipsets.map(({ name }) => name));
  for (const ruleset of [ip, ip6])
    for (const { chains } of ruleset.values())
      for (const { rules } of chains.values())
        for (const { matches } of rules)
          for (const match of matches) if (match.kind === 'set' && !names.has(match.name)) return match.name;
  return undefined;
}

const rulesOf = ({ iptables: { ip, ip6 } }: Netns): string => `${printIptablesSave(ip)}${printIptablesSave(ip6)}`;

/** Names of the sets that rules ask or write to. */
export const askedSets = (rules: string): ReadonlySet<string> =>
  new Set([...rules.matchAll(/--(?:match|add|del|map)-set (\S+)/g)].map(([, name = '']) => name));

/** The lines of one set: the one that makes it, and what is put in. */
export interface SetLines {
  readonly create: string;
  readonly entries: readonly string[];
}

export function setsOf(text: string): ReadonlyMap<string, SetLines> {
  const sets = new Map<string, { create: string; entries: string[] }>();
  for (const line of text.split('\n')) {
    const [verb, name = ''] = line.split(' ', 2);
    if (verb === 'create') sets.set(name, { create: line, entries: [] });
    else if (verb === 'add') sets.get(name)?.entries.push(line);
  }
  return sets;
}

/** Sets that rules of their namespace write to (`-j SET`) are filled anew. */
export function refilledSets(steps: readonly PlanStep[]): readonly PlanStep[] {
  const written = new Map<string, Set<string>>();
  for (const step of steps)
    if (step.kind === 'iptables-restore')
      for (const [, name = ''] of step.text.matchAll(/--(?:add|del)-set (\S+)/g))
        written.set(step.netns, (written.get(step.netns) ?? new Set()).add(name));
  if (written.size === 0) return [];
  return steps.flatMap((step): readonly PlanStep[] => {
    const names = step.kind === 'ipset' ? written.get(step.netns) : undefined;
    if (step.kind !== 'ipset' || names === undefined) return [];
    const lines = [...setsOf(step.text)].flatMap(([name, { entries }]) =>
      names.has(name) ? [`flush ${name}`, ...entries] : [],
    );
    return lines.length === 0 ? [] : [{ ...step, text: `${lines.join('\n')}\n` }];
  });
}
