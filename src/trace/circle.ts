import type { Hop } from './types.ts';

/** What a packet that goes in a circle does again and again: `hops[from]` to `hops[from + length - 1]`, and `times` more after that. */
export interface Circle {
  readonly from: number;
  readonly length: number;
  /** Rounds after the first; what follows them is not a whole one. */
  readonly times: number;
}

/** Places one round may take: a route among some nodes, their VPCs and a transit gateway. */
const LONGEST = 16;

/** The circle a packet ran in until its TTL was used up; undefined where it ran in none. A round is told by what was done in it, but for the TTL. */
export function circleOf(hops: readonly Hop[]): Circle | undefined {
  if (hops.length < 5) return undefined;
  const told = hops.map(signatureOf);
  for (let length = 1; length <= LONGEST; length++) {
    const same = (i: number): boolean => told[i] === told[i + length];
    // The last place is where it died, in the middle of a round.
    const last = hops.length - 2 - length;
    if (last < 0 || !same(last)) continue;
    let from = last;
    while (from > 0 && same(from - 1)) from--;
    const times = Math.floor((last + 1 - from) / length);
    if (times >= 2) return { from, length, times };
  }
  return undefined;
}

const signatureOf = ({ where, steps }: Hop): string =>
  JSON.stringify([
    where.kind,
    where.name,
    ...steps.flatMap(({ kind, action, evidence, after }) =>
      kind === 'ttl' ? [] : [kind, action, evidence.text, after.src, after.dst, after.dport ?? 0],
    ),
  ]);
