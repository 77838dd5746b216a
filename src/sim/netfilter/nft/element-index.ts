import type { NftElement, NftRange, NftValue } from '../../../linux/index.ts';
import { ipBits, parseIp } from '../../../net/index.ts';

/** Finds the element that holds a key: by the key itself, and only among ranges by comparing. */
export interface ElementIndex {
  find(key: readonly NftValue[]): NftElement | undefined;
}

/** A key in one word. */
export const keyText = (key: readonly NftValue[]): string => key.join(' ');

/**
 * The elements of one set. Ranges of a single value never overlap (net/netfilter/nft_set_rbtree.c refuses it), so one is
 * found by halving; ranges in concatenations are tried one after the other (nft_set_pipapo.c finds the first inserted).
 */
export function indexElements(elements: readonly NftElement[]): ElementIndex {
  const exact = new Map<string, NftElement>();
  const ranged: NftElement[] = [];
  for (const element of elements) {
    if (element.key.every(({ from, to }) => from === to))
      exact.set(keyText(element.key.map(({ from }) => from)), element);
    else ranged.push(element);
  }
  const among = ranged.every(({ key }) => key.length === 1) ? halved(ranged) : tried(ranged);
  return { find: (key) => exact.get(keyText(key)) ?? (ranged.length === 0 ? undefined : among(key)) };
}

type Find = ElementIndex['find'];

function halved(elements: readonly NftElement[]): Find {
  const sorted = elements
    .flatMap((element) => element.key.slice(0, 1).map((range) => ({ range, element })))
    .sort((a, b) => compare(a.range.from, b.range.from));
  return ([value]) => {
    if (value === undefined) return undefined;
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const at = sorted[middle];
      if (at !== undefined && compare(at.range.from, value) <= 0) low = middle + 1;
      else high = middle;
    }
    const last = sorted[low - 1];
    return last !== undefined && holds(last.range, value) ? last.element : undefined;
  };
}

const tried =
  (elements: readonly NftElement[]): Find =>
  (key) =>
    elements.find((element) => element.key.every((range, at) => holds(range, key[at] ?? '')));

export const holds = ({ from, to }: NftRange, value: NftValue): boolean =>
  from === to ? from === value : compare(from, value) <= 0 && compare(value, to) <= 0;

/** Addresses by their bits, numbers as they are; ranges are of nothing else. */
function compare(a: NftValue, b: NftValue): number {
  const [x, y] = [rank(a), rank(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function rank(value: NftValue): number | bigint {
  if (typeof value === 'number') return value;
  const address = parseIp(value);
  return address === undefined ? -1 : ipBits(address);
}
