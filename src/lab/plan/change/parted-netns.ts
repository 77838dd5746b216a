import type { LabPlan } from '../types.ts';
import { numbersOf, viewCables } from './netns-view.ts';

/**
 * Namespaces that part from one they were wired to, while both would stay: each is known there by its number as long as both last
 * (net/core/net_namespace.c peernet2id), and who comes next could not be given it. Of two the one with fewer cables is made
 * anew: a pod that is on another node is another pod there.
 */
export function partedNetns(old: LabPlan, next: LabPlan, stays: ReadonlySet<string>): ReadonlySet<string> {
  const has = numbersOf(next);
  const cables = new Map<string, number>();
  for (const { ends } of viewCables(old)) for (const { netns } of ends) cables.set(netns, (cables.get(netns) ?? 0) + 1);
  const cablesOf = (name: string): number => cables.get(name) ?? 0;
  const parted = new Set<string>();
  for (const [at, others] of numbersOf(old))
    for (const other of others.keys())
      if (stays.has(at) && stays.has(other) && has.get(at)?.has(other) !== true)
        parted.add(cablesOf(other) > cablesOf(at) ? at : other);
  return parted;
}
