import type { NftElement, NftSet, NftValue } from '../../../linux/index.ts';
import type { WrittenElement } from '../../types.ts';
import type { Frame } from '../types.ts';
import { type ElementIndex, indexElements, keyText } from './element-index.ts';

const indexes = new WeakMap<NftSet, ElementIndex>();

function indexOf(set: NftSet): ElementIndex {
  let index = indexes.get(set);
  if (index === undefined) {
    index = indexElements(set.elements);
    indexes.set(set, index);
  }
  return index;
}

/** A set of the table that is being run; undefined: it has none of that name. */
export function setNamed({ table }: Frame, name: string): NftSet | undefined {
  if (table?.source.kind !== 'nft') return undefined;
  const found = table.source.table.objects.find((each) => each.kind !== 'unsupported' && each.name === name);
  return found?.kind === 'unsupported' ? undefined : found;
}

/** The element that holds a key now. One that packets wrote, or that ends, is kept or gone by the walk's clock. */
export function findElement(frame: Frame, set: NftSet, key: readonly NftValue[]): NftElement | undefined {
  const { host, walk } = frame;
  const written = host.written.get(set)?.get(keyText(key));
  if (written !== undefined) return written.until > walk.now ? written.element : undefined;
  const element = indexOf(set).find(key);
  return element !== undefined && endOf(set, element) > walk.now ? element : undefined;
}

/** Seconds from the World's beginning: what a listing says is left of it, else all of its time. */
function endOf({ timeout: ofSet }: NftSet, { expires, timeout }: NftElement): number {
  const left = expires ?? timeout ?? ofSet;
  return left === undefined ? Number.POSITIVE_INFINITY : left / 1000;
}

/**
 * Writes a key into a set (net/netfilter/nft_dynset.c, nft_dynset_eval): `add` leaves what is there alone, `update` begins
 * its time anew, and where the set is full the rule ends.
 */
export function writeElement(
  frame: Frame,
  set: NftSet,
  op: 'add' | 'update' | 'delete',
  key: readonly NftValue[],
  timeout: number | undefined,
): 'next' | 'break' {
  const { host, walk } = frame;
  const written = host.written.get(set) ?? new Map<string, WrittenElement>();
  host.written.set(set, written);
  const text = keyText(key);
  const known = findElement(frame, set, key);
  if (op === 'delete') {
    if (known !== undefined) written.set(text, { element: known, until: Number.NEGATIVE_INFINITY });
    return 'next';
  }
  if (known !== undefined && op === 'add') return 'next';
  if (known === undefined && set.size !== undefined && elementsNow(frame, set).length >= set.size) return 'break';
  const lasts = timeout ?? set.timeout;
  const until = lasts === undefined ? Number.POSITIVE_INFINITY : walk.now + lasts / 1000;
  written.set(text, { element: known ?? { key: key.map((value) => ({ from: value, to: value })) }, until });
  return 'next';
}

/** What a set holds now: what packets wrote, and what it came with. */
export function elementsNow({ host, walk }: Frame, set: NftSet): readonly NftElement[] {
  const written = host.written.get(set) ?? new Map<string, WrittenElement>();
  const live = [...written.values()].filter(({ until }) => until > walk.now).map(({ element }) => element);
  const given = set.elements.filter((element) => {
    const overwritten = written.has(keyText(element.key.map(({ from }) => from)));
    return !overwritten && endOf(set, element) > walk.now;
  });
  return [...live, ...given];
}
