import { invariant } from '../../src/base/index.ts';
import { comparable, showHeaders, withoutQuoted } from '../../src/lab/observe/index.ts';
import { parsePut } from '../planes/case.ts';
import { type Plane, place, type Sent, sentOf, type Walked } from '../planes/plane.ts';
import type { Group } from './parse-cases.ts';

/** What became of each row's packet on this plane. */
export function play(plane: Plane, { router, rows }: Group): readonly string[] {
  const bench = plane.open(router);
  try {
    const earlier: (Sent | undefined)[] = [];
    return rows.map(({ put, want }) => {
      const placed = place(parsePut(put), earlier);
      invariant(placed !== undefined, `"${put}" refers to a packet that did not leave`);
      const walks = bench.put(placed);
      earlier.push(sentOf(placed, walks));
      return sayWalks(walks, want.includes(' | '));
    });
  } finally {
    bench.close();
  }
}

function sayWalks(walks: readonly Walked[], withRules: boolean): string {
  const rules = withRules ? `${rulesOf(walks[0])} | ` : '';
  return rules + walks.map(sayEnd).join(' ; ');
}

function rulesOf(walk: Walked | undefined): string {
  const lines = walk === undefined ? [] : comparable(walk.trace).hops.flatMap((hop) => hop.lines);
  const rules = lines.flatMap((line) => ruleOf(line) ?? []);
  return rules.length === 0 ? 'no rule' : rules.join(', ');
}

function ruleOf(line: string): string | undefined {
  const rule = /^rule (.+ \d+) (\w+) at \w+$/.exec(line);
  if (rule !== null) return rule[1];
  const policy = /^policy (.+) drop$/.exec(line);
  return policy === null ? undefined : `policy ${policy[1]}`;
}

function sayEnd({ trace, end }: Walked): string {
  if (end.kind === 'sent') return `${end.dev} ${showHeaders(end.headers)}${markOf(trace)}`;
  if (end.kind !== 'delivered') return trace.disposition;
  const last = trace.hops.at(-1)?.steps.findLast((step) => step.kind === 'deliver');
  return last === undefined ? 'here' : `here ${showHeaders(withoutQuoted(last.after))}${markOf(trace)}`;
}

function markOf(trace: Walked['trace']): string {
  const last = trace.hops.at(-1)?.steps.findLast(({ kind }) => kind === 'leave' || kind === 'deliver');
  const mark = last?.after.mark ?? 0;
  return mark === 0 ? '' : ` mark 0x${(mark >>> 0).toString(16)}`;
}
