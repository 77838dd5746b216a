import { askedSets, type SetLines, setsOf } from '../host/sets.ts';
import type { PlanStep } from '../types.ts';
import type { NetnsView } from './netns-view.ts';

type SetsView = Pick<NetnsView, 'sets' | 'rules'>;

/**
 * Whether the sets of a namespace can become others. One that rules ask before and after is theirs throughout:
 * it may be filled otherwise, never made otherwise.
 */
export function keepsSets(old: SetsView, next: SetsView): boolean {
  if (old.sets === next.sets) return true;
  const [after, had, asks] = [setsOf(next.sets), asked(old), asked(next)];
  return [...setsOf(old.sets)].every(
    ([name, { create }]) => isKept(after.get(name), create) || !had.has(name) || !asks.has(name),
  );
}

/** What is done to sets before the rules that will ask them are there, and what after those that asked them are gone. */
export function changeSets(netns: string, old: SetsView, next: SetsView): Record<'before' | 'after', PlanStep[]> {
  const steps: Record<'before' | 'after', PlanStep[]> = { before: [], after: [] };
  if (old.sets === next.sets) return steps;
  const [before, after, had] = [setsOf(old.sets), setsOf(next.sets), asked(old)];
  const gone = [...before].flatMap(([name, { create }]) => (isKept(after.get(name), create) ? [] : [name]));
  const late = gone.filter((name) => had.has(name) || !after.has(name));
  const early = gone.filter((name) => !late.includes(name));
  const fill = [...after].flatMap(([name, set]) => (late.includes(name) ? [] : changed(name, set, before.get(name))));
  const again = late.flatMap((name) => linesOf(after.get(name)));
  steps.before.push(...destroy(netns, early), ...restore(netns, fill));
  steps.after.push(...destroy(netns, late), ...restore(netns, again));
  return steps;
}

/** A table grows in place, and has a seed of its own: neither makes another set (ipset(8)). */
const kindOf = (create: string): string => create.replaceAll(/ (?:hashsize|bucketsize|initval) \S+/g, '');
const isKept = (set: SetLines | undefined, create: string): boolean =>
  set !== undefined && kindOf(set.create) === kindOf(create);

const asked = ({ rules }: SetsView): ReadonlySet<string> =>
  new Set([...rules.values()].flatMap(({ text }) => [...askedSets(text)]));

const linesOf = (set: SetLines | undefined): readonly string[] =>
  set === undefined ? [] : [set.create, ...set.entries];

function changed(name: string, set: SetLines, had: SetLines | undefined): readonly string[] {
  if (!isKept(had, set.create)) return linesOf(set);
  return had?.entries.join() === set.entries.join() ? [] : [`flush ${name}`, ...set.entries];
}

/** What rules asked is free once the kernel has done away with them, which it does later (net/netfilter/nf_tables_api.c). */
const destroy = (netns: string, names: readonly string[]): readonly PlanStep[] =>
  names.map((name) => ({ kind: 'ipset', netns, text: `destroy ${name}\n`, awaits: true }) as const);

const restore = (netns: string, lines: readonly string[]): readonly PlanStep[] =>
  lines.length === 0 ? [] : [{ kind: 'ipset', netns, text: lines.map((line) => `${line}\n`).join('') }];
