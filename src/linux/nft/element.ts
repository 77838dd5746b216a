import {
  cidrFirst,
  cidrLast,
  compareIp,
  type Family,
  familyOf,
  parseCidr,
  parseIp,
  parseProtocol,
} from '../../net/index.ts';
import { blockOf } from './build.ts';
import { durationText, parseDuration } from './duration.ts';
import type { NftDatatype, NftElement, NftRange, NftValue, NftVerdict } from './types.ts';

/**
 * The elements of a set as they stand between braces: `10.0.0.1 . tcp . 80 comment "c" : goto CHAIN`. undefined: one of
 * them the model cannot read.
 */
export function parseElements(
  text: string,
  types: readonly NftDatatype[],
  mapped: boolean,
): readonly NftElement[] | undefined {
  const elements: NftElement[] = [];
  for (const one of splitOutsideQuotes(text, ',')) {
    if (one.trim() === '') continue;
    const element = parseElement(one.trim(), types, mapped);
    if (element === undefined) return undefined;
    elements.push(element);
  }
  return elements;
}

/** Of a key, what may follow it, and a verdict behind the last colon that stands alone: addresses have colons without blanks. */
const ELEMENT =
  /^(?<key>(?:"[^"]*"|[^"])*?)(?: timeout (?<timeout>\w+))?(?: expires (?<expires>\w+))?(?: comment "(?<comment>[^"]*)")?(?: : (?<verdict>accept|drop|return|continue|(?:jump|goto) \S+))?$/;

function parseElement(text: string, types: readonly NftDatatype[], mapped: boolean): NftElement | undefined {
  const found = ELEMENT.exec(text)?.groups;
  const key = parseParts(found?.['key'] ?? '', types);
  const timeout = durationOf(found?.['timeout']);
  const expires = durationOf(found?.['expires']);
  const verdict = verdictOf(found?.['verdict']);
  if (key === undefined || timeout === null || expires === null || mapped !== (verdict !== undefined)) return undefined;
  const comment = found?.['comment'];
  return {
    key,
    ...(timeout === undefined ? {} : { timeout }),
    ...(expires === undefined ? {} : { expires }),
    ...(comment === undefined ? {} : { comment }),
    ...(verdict === undefined ? {} : { verdict }),
  };
}

/** null: there is one, and it cannot be read. */
const durationOf = (text: string | undefined): number | undefined | null =>
  text === undefined ? undefined : (parseDuration(text) ?? null);

function verdictOf(text: string | undefined): NftVerdict | undefined {
  const [word, chain] = (text ?? '').split(' ');
  if ((word === 'jump' || word === 'goto') && chain !== undefined) return { kind: word, chain };
  if (word === 'accept' || word === 'drop' || word === 'return' || word === 'continue')
    return { kind: 'verdict', verdict: word };
  return undefined;
}

function parseParts(text: string, types: readonly NftDatatype[]): readonly NftRange[] | undefined {
  const texts = text.trim().split(' . ');
  const key: NftRange[] = [];
  for (const [at, type] of types.entries()) {
    const part = parsePart((texts[at] ?? '').trim(), type);
    if (part === undefined) return undefined;
    key.push(part);
  }
  return texts.length === types.length ? key : undefined;
}

const one = (value: NftValue): NftRange => ({ from: value, to: value });

function parsePart(text: string, type: NftDatatype): NftRange | undefined {
  switch (type) {
    case 'ipv4_addr':
      return parseAddresses(text, 4);
    case 'ipv6_addr':
      return parseAddresses(text, 6);
    case 'inet_service':
      return parseNumbers(text, 0xffff);
    case 'integer':
      return parseNumbers(text, 0xffffffff);
    case 'mark':
      return /^(?:0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text) ? one(Number(text) >>> 0) : undefined;
    case 'inet_proto': {
      const protocol = parseProtocol(text);
      return protocol === undefined ? undefined : one(protocol);
    }
    case 'ifname': {
      const name = /^"([^"*]+)"$/.exec(text)?.[1];
      return name === undefined ? undefined : one(name);
    }
    case 'fib_addrtype':
      return /^[a-z]+$/.test(text) ? one(text) : undefined;
    case 'ct_state':
      return /^(?:invalid|established|related|new|untracked)$/.test(text) ? one(text) : undefined;
  }
}

function parseAddresses(text: string, family: Family): NftRange | undefined {
  const dash = text.indexOf('-');
  if (dash >= 0) {
    const [from, to] = [parseIp(text.slice(0, dash)), parseIp(text.slice(dash + 1))];
    if (from === undefined || to === undefined || familyOf(from) !== family || familyOf(to) !== family)
      return undefined;
    return compareIp(from, to) <= 0 ? { from, to } : undefined;
  }
  const block = parseCidr(text);
  return block?.family === family ? { from: cidrFirst(block), to: cidrLast(block) } : undefined;
}

function parseNumbers(text: string, most: number): NftRange | undefined {
  const [, from, to] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  if (from === undefined) return undefined;
  const range = { from: Number(from), to: Number(to ?? from) };
  return range.from <= range.to && range.to <= most ? range : undefined;
}

/** Splits at a character, though not between quotes. */
function splitOutsideQuotes(text: string, at: string): readonly string[] {
  return text.match(new RegExp(`(?:"[^"]*"|[^"${at}])+`, 'g')) ?? [];
}

/** An element as nft prints it. */
export function printElement(element: NftElement, types: readonly NftDatatype[]): string {
  const { key, timeout, expires, comment, verdict } = element;
  const words = [key.map((part, at) => printPart(part, types[at] ?? 'integer')).join(' . ')];
  if (timeout !== undefined) words.push(`timeout ${durationText(timeout)}`);
  if (expires !== undefined) words.push(`expires ${durationText(expires)}`);
  if (comment !== undefined) words.push(`comment "${comment}"`);
  if (verdict !== undefined) words.push(':', printVerdict(verdict));
  return words.join(' ');
}

export const printVerdict = (verdict: NftVerdict): string =>
  verdict.kind === 'verdict' ? verdict.verdict : `${verdict.kind} ${verdict.chain}`;

function printPart({ from, to }: NftRange, type: NftDatatype): string {
  if (type === 'ifname') return `"${String(from)}"`;
  if (type === 'mark') return `0x${Number(from).toString(16).padStart(8, '0')}`;
  if (from === to) return String(from);
  if (type === 'ipv4_addr' || type === 'ipv6_addr') return printAddresses(String(from), String(to));
  return `${from}-${to}`;
}

/** nft prints a range that is a block as one (src/rule.c, interval_map_decompose). */
function printAddresses(fromText: string, toText: string): string {
  const [from, to] = [parseIp(fromText), parseIp(toText)];
  const block = from === undefined || to === undefined ? undefined : blockOf(from, to);
  return block?.text ?? `${fromText}-${toText}`;
}
