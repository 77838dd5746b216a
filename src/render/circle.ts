import type { Circle, Hop } from '../trace/index.ts';

/** The way up to the end of the first round of a circle, and what comes after the last. */
export const unrolled = (
  hops: readonly Hop[],
  { from, length, times }: Circle,
): { readonly first: readonly Hop[]; readonly last: readonly Hop[] } => ({
  first: hops.slice(0, from + length),
  last: hops.slice(from + length * (1 + times)),
});

/** `the same 124 times more, until the TTL is 0` */
export const timesMore = ({ length, times }: Circle): string =>
  `the same ${length === 1 ? '' : `${length} places `}${times} times more, until the TTL is 0`;
