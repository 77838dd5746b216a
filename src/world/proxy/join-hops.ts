import type { Hop, Step } from '../../trace/index.ts';

/** Two stays at one proxy, of the one connection's end and of the other's start, are one. */
export function joinHops(near: readonly Hop[], far: readonly Hop[]): readonly Hop[] {
  const last = near.at(-1);
  const [first, ...rest] = far;
  if (last === undefined || first === undefined || !isSamePlace(last, first)) return [...near, ...far];
  return [...near.slice(0, -1), { where: last.where, steps: [...last.steps, ...first.steps] }, ...rest];
}

const isSamePlace = (a: Hop, b: Hop): boolean => a.where.kind === b.where.kind && a.where.name === b.where.name;

/** What the place a packet ended at did next. */
export function addSteps(hops: readonly Hop[], steps: readonly Step[]): readonly Hop[] {
  const last = hops.at(-1);
  return last === undefined ? hops : [...hops.slice(0, -1), { where: last.where, steps: [...last.steps, ...steps] }];
}
