import { parseDuration } from './duration.ts';
import { parseElements } from './element.ts';
import { cutKeys, datatypeOf } from './key.ts';
import { cut, type Reader, type TableContext } from './reader.ts';
import type { NftKey, NftSetRef } from './types.ts';

/** `KEY vmap @NAME`, `KEY vmap { ELEMENT : VERDICT, ... }`. */
export const verdictMap: Reader = (text, table) => {
  const key = cutKeys(text, table.family);
  const rest = key === undefined ? undefined : after(key.rest, ' vmap ');
  if (key === undefined || rest === undefined) return undefined;
  const map = cutSet(rest, key.keys, table, true);
  return map && [{ kind: 'vmap', keys: key.keys, map: map.set }, map.rest];
};

/** `KEY [!=] @NAME`, and every form of a concatenated key. */
export const namedLookup: Reader = (text, table) => lookup(text, table, true);

/** `KEY [!=] { ... }` or one element, of what the plain matches did not take. */
export const anonymousLookup: Reader = (text, table) => lookup(text, table, false);

function lookup(text: string, table: TableContext, early: boolean): ReturnType<Reader> {
  const key = cutKeys(text, table.family);
  if (key === undefined || key.keys.some(({ kind }) => kind === 'numgen')) return undefined;
  const negated = after(key.rest, ' != ');
  const rest = negated ?? after(key.rest, ' ');
  if (rest === undefined || (early && key.keys.length === 1 && !rest.startsWith('@'))) return undefined;
  const found = cutSet(rest, key.keys, table, false);
  return found && [{ kind: 'lookup', keys: key.keys, not: negated !== undefined, set: found.set }, found.rest];
}

const after = (text: string, start: string): string | undefined =>
  text.startsWith(start) ? text.slice(start.length) : undefined;

interface Cut {
  readonly set: NftSetRef;
  readonly rest: string;
}

/** A name, what stands between braces, or one element. */
function cutSet(text: string, keys: readonly NftKey[], { sets }: TableContext, mapped: boolean): Cut | undefined {
  const named = cut(text, /^@(\S+)/);
  if (named !== undefined) {
    const name = named[0][1] ?? '';
    const set = sets.get(name);
    if (set === undefined || (set.kind === 'vmap') !== mapped || set.type.length !== keys.length) return undefined;
    return { set: { kind: 'named', name }, rest: named[1] };
  }
  const braced = cut(text, /^\{((?:"[^"]*"|[^{}"])*)\}/);
  const bare = mapped || keys.length > 1 ? undefined : cut(text, /^[^\s{}]+/);
  const [found, rest] = braced ?? bare ?? [];
  if (found === undefined || rest === undefined) return undefined;
  const elements = parseElements(found[1] ?? found[0], keys.map(datatypeOf), mapped);
  return elements === undefined || elements.length === 0 ? undefined : { set: { kind: 'anonymous', elements }, rest };
}

/** `update @NAME { KEY timeout 5s }`: the dynamic set statement, without statements of its own. */
export const setUpdate: Reader = (text, { family, sets }) => {
  const read = cut(text, /^(add|update|delete) @(\S+) \{ (.*?)(?: timeout (\w+))? \}/);
  if (read === undefined) return undefined;
  const [[, op, set = '', keyText = '', timeoutText], rest] = read;
  const key = cutKeys(keyText, family);
  const timeout = timeoutText === undefined ? undefined : parseDuration(timeoutText);
  const known = sets.get(set);
  if (key === undefined || key.rest !== '' || known?.kind !== 'set') return undefined;
  if (known.type.length !== key.keys.length || (timeoutText !== undefined && timeout === undefined)) return undefined;
  return [
    {
      kind: 'update-set',
      op: op === 'add' || op === 'delete' ? op : 'update',
      set,
      keys: key.keys,
      ...(timeout === undefined ? {} : { timeout }),
    },
    rest,
  ];
};
