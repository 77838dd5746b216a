import type { NftElement, NftKey, NftSet, NftSetRef, NftStatement, NftValue } from '../../../linux/index.ts';
import { askedBy, stopUnknown } from '../evidence.ts';
import { recordChoice } from '../matches/statistic.ts';
import type { Frame, StatementEval, StatementVerdict } from '../types.ts';
import { type ElementIndex, holds, indexElements } from './element-index.ts';
import { elementsNow, findElement, setNamed, writeElement } from './named-set.ts';
import { type PacketKey, readerOf, type Unread } from './read-key.ts';

type Of<K extends NftStatement['kind']> = Extract<NftStatement, { kind: K }>;

/** nft_lookup.c, nft_lookup_eval: a packet without the key leaves the rule, negated or not. */
export function compileLookup({ keys, not, set }: Of<'lookup'>): StatementEval {
  const read = readKeys(keys);
  const find = finderOf(set);
  return (frame) => {
    const key = read(frame);
    if (key === undefined) return 'break';
    const found = find(frame, key);
    if (found === 'undecided') return 'stop';
    return (found !== undefined) === not ? 'break' : 'next';
  };
}

export function compileVmap(statement: Of<'vmap'>): StatementEval {
  const [only] = statement.keys;
  if (only?.kind === 'numgen') return compileDraw(statement, only);
  const read = readKeys(statement.keys);
  const find = finderOf(statement.map);
  return (frame) => {
    const key = read(frame);
    if (key === undefined) return 'break';
    const found = find(frame, key);
    return found === 'undecided' ? 'stop' : mapped(found);
  };
}

export function compileUpdate({ op, set: name, keys, timeout }: Of<'update-set'>): StatementEval {
  const read = readKeys(keys);
  let set: NftSet | undefined;
  return (frame) => {
    set ??= setNamed(frame, name);
    if (set === undefined) return missing(frame, name);
    const key = read(frame);
    if (key === undefined) return 'break';
    return isRead(key) ? writeElement(frame, set, op, key, timeout) : stopUnknown(frame, unreadOf(key));
  };
}

const mapped = (element: NftElement | undefined): StatementVerdict =>
  element?.verdict === undefined ? 'break' : { verdict: element.verdict, element };

type Key = readonly (NftValue | Unread)[];

const isRead = (key: Key): key is readonly NftValue[] => key.every((value) => typeof value !== 'object');
const unreadOf = (key: Key): string => key.flatMap((value) => (typeof value === 'object' ? value.unread : []))[0] ?? '';

function readKeys(keys: readonly NftKey[]): (frame: Frame) => Key | undefined {
  const readers = keys.filter((key): key is PacketKey => key.kind !== 'numgen').map(readerOf);
  return (frame) => {
    const values: (NftValue | Unread)[] = [];
    for (const reader of readers) {
      const value = reader(frame);
      if (value === undefined) return undefined;
      values.push(value);
    }
    return values;
  };
}

type Finder = (frame: Frame, key: Key) => NftElement | undefined | 'undecided';

/** Of a key whose parts are not all known: nothing where no element has the others. */
function findAmong(frame: Frame, elements: readonly NftElement[], key: Key): undefined | 'undecided' {
  const may = elements.some((element) =>
    element.key.every((range, at) => {
      const value = key[at] ?? '';
      return typeof value === 'object' || holds(range, value);
    }),
  );
  if (!may) return undefined;
  stopUnknown(frame, unreadOf(key));
  return 'undecided';
}

/** A rule is of one table, so the set it names is looked up once. */
function finderOf(ref: NftSetRef): Finder {
  if (ref.kind === 'anonymous') {
    let index: ElementIndex | undefined;
    return (frame, key) => {
      if (!isRead(key)) return findAmong(frame, ref.elements, key);
      index ??= indexElements(ref.elements);
      return index.find(key);
    };
  }
  let set: NftSet | undefined;
  return (frame, key) => {
    set ??= setNamed(frame, ref.name);
    if (set !== undefined)
      return isRead(key) ? findElement(frame, set, key) : findAmong(frame, elementsNow(frame, set), key);
    missing(frame, ref.name);
    return 'undecided';
  };
}

const missing = (frame: Frame, name: string): 'stop' => {
  stopUnknown(frame, `set ${name} is not in the table, which no kernel loads`);
  return 'stop';
};

// ---- numbers the kernel draws ------------------------------------------------------------------------------------------

type Numgen = Extract<NftKey, { kind: 'numgen' }>;

/**
 * nft_numgen.c: each number below `mod` is as likely as the others. Here it is one choice among what the map has for them,
 * so that every branch can be walked with its probability.
 */
function compileDraw(statement: Of<'vmap'>, key: Numgen): StatementEval {
  if (key.mode === 'inc') return compileCount(statement, key);
  const { map } = statement;
  let ways: readonly Way[] | undefined;
  return (frame) => {
    if (ways === undefined) {
      const elements = elementsOf(frame, map);
      if (elements === undefined) return missing(frame, map.kind === 'named' ? map.name : '');
      ways = waysOf(elements, key);
    }
    if (ways.length === 1) return mapped(ways[0]?.element);
    const taken = frame.walk.dice.choose(ways, askedBy(frame));
    recordChoice(
      frame,
      taken,
      ways.map(({ p, label }) => ({ p, label })),
      'this rule draws a number, and its map says where each leads',
    );
    return mapped(ways[taken]?.element);
  };
}

interface Way {
  readonly p: number;
  readonly label: string;
  /** Undefined: the map has nothing for these numbers, and the rule ends. */
  readonly element: NftElement | undefined;
}

/** What one of `mod` numbers can lead to, and how many of them do. */
function waysOf(elements: readonly NftElement[], { mod, offset }: Numgen): readonly Way[] {
  const ways: Way[] = [];
  let left = mod;
  for (const element of elements) {
    const [range] = element.key;
    const [from, to] = [Math.max(Number(range?.from), offset), Math.min(Number(range?.to), offset + mod - 1)];
    if (to < from || element.verdict === undefined) continue;
    const count = to - from + 1;
    left -= count;
    const { verdict } = element;
    ways.push({ p: count / mod, label: verdict.kind === 'verdict' ? verdict.verdict : verdict.chain, element });
  }
  return left > 0 ? [...ways, { p: left / mod, label: 'next rule', element: undefined }] : ways;
}

function elementsOf(frame: Frame, ref: NftSetRef): readonly NftElement[] | undefined {
  return ref.kind === 'anonymous' ? ref.elements : setNamed(frame, ref.name)?.elements;
}

/** nft_ng_inc_eval: the first packet gets the lowest number. */
function compileCount(statement: Of<'vmap'>, { mod, offset }: Numgen): StatementEval {
  const find = finderOf(statement.map);
  return (frame) => {
    const { counters } = frame.host;
    const value = counters.get(statement) ?? 0;
    counters.set(statement, (value + 1) % mod);
    const found = find(frame, [value + offset]);
    return found === 'undecided' ? 'stop' : mapped(found);
  };
}
