import type { Netns } from '../linux/index.ts';

/** What was made for one namespace: indexes, plans, answers. Every walk through the namespace shares it. */
export type Kept = unknown[];

const keptByNetns = new WeakMap<Netns, Kept>();
let slots = 0;

export function keptOf(netns: Netns): Kept {
  let kept = keptByNetns.get(netns);
  if (kept === undefined) {
    kept = new Array(slots).fill(undefined);
    keptByNetns.set(netns, kept);
  }
  return kept;
}

/**
 * A function of a namespace, computed once for each: what walks ask again and again is found by position, not looked up.
 *
 * @example
 * const loopbackOf = perNetns((netns) => netns.links.find((link) => link.ifname === 'lo'));
 * loopbackOf(host);
 */
export function perNetns<T extends object>(
  make: (netns: Netns) => T,
): (of: { readonly netns: Netns; readonly kept: Kept }) => T {
  const slot = slots++;
  return ({ netns, kept }) => {
    const known = kept[slot] as T | undefined; // this slot is this function's alone
    if (known !== undefined) return known;
    const made = make(netns);
    kept[slot] = made;
    return made;
  };
}
