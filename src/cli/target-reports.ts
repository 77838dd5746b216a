import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { TargetReport } from '../lab/index.ts';

/** What a lab's load balancers know of their targets, in the lab's own file system. A reader sees one round or the next. */
export function writeTargets(path: string, reports: readonly TargetReport[]): void {
  writeFileSync(`${path}.new`, JSON.stringify(reports));
  renameSync(`${path}.new`, path);
}

/** None while nobody has checked any. */
export function readTargets(path: string): readonly TargetReport[] {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as readonly TargetReport[]; // only this program writes it
  } catch {
    return [];
  }
}

/** One line a target group of a node, and one for each target that is out, with what its check met. */
export function targetLines(reports: readonly TargetReport[]): readonly string[] {
  const groups = new Map<string, TargetReport[]>();
  for (const each of reports) {
    const key = `${each.node}  ${each.group}`;
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups].flatMap(([name, targets]) => {
    const out = targets.filter(({ healthy }) => !healthy);
    const open = out.length === targets.length ? ', so all are used' : '';
    return [
      `  ${name}: ${targets.length - out.length} of ${targets.length} targets healthy${open}`,
      ...out.map(({ target, because }) => `    out: ${target}: ${because}`),
    ];
  });
}
