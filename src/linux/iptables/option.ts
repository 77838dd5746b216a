import type { Family } from '../../net/index.ts';
import type { Match, PortRange, Target } from './types.ts';

/** One `[!] --name ARGS` as it stood in a rule. */
export interface OptionUse {
  readonly name: string;
  readonly not: boolean;
  readonly args: readonly string[];
}

/** What makes a value wrong, in the words of an Issue. */
export interface Bad {
  readonly kind: 'bad';
  readonly message: string;
  readonly expected?: string;
}

/** Option names (with the aliases iptables accepts) and how many words follow each. */
export type OptionTable = Readonly<Record<string, number>>;

/** One match module: the options of `-m NAME`, and how they read. */
export interface MatchModule {
  readonly options: OptionTable;
  readonly parse: (uses: readonly OptionUse[], family: Family, module: string) => Match | Bad;
}

export interface TargetModule {
  readonly options: OptionTable;
  readonly parse: (uses: readonly OptionUse[], family: Family) => Target | Bad;
}

export const bad = (message: string, expected?: string): Bad =>
  expected === undefined ? { kind: 'bad', message } : { kind: 'bad', message, expected };

export const badValue = (use: OptionUse, expected: string): Bad =>
  bad(`Cannot read "${use.args.join(' ')}" as the value of ${use.name}`, expected);

export const missing = (module: string, expected: string): Bad => bad(`Incomplete match "${module}"`, expected);

/** A number as iptables reads it: decimal, 0x hexadecimal, or octal with a leading 0 (xtables_strtoui). */
export function parseUint(text: string | undefined, max = 0xffffffff): number | undefined {
  if (text === undefined || !/^(?:0[xX][0-9a-fA-F]+|\d+)$/.test(text)) return undefined;
  const value = /^0[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number(text);
  return Number.isSafeInteger(value) && value <= max ? value : undefined;
}

/** `value[/mask]`; a missing mask is all ones. */
export function parseMasked(text: string | undefined): { value: number; mask: number } | undefined {
  const [left, right, extra] = (text ?? '').split('/');
  const value = parseUint(left);
  const mask = right === undefined ? 0xffffffff : parseUint(right);
  return value === undefined || mask === undefined || extra !== undefined ? undefined : { value, mask };
}

export const hex = (value: number): string => `0x${(value >>> 0).toString(16)}`;

/** `0x5` when every bit counts, else `0x5/0x7`. */
export const masked = (value: number, mask: number): string =>
  mask >>> 0 === 0xffffffff ? hex(value) : `${hex(value)}/${hex(mask)}`;

/** `5`, `5:9`, `:9` (from 0) or `5:` (to 65535). */
export function parseRange(text: string | undefined, separator = ':', max = 65535): PortRange | undefined {
  if (text === undefined || text === '' || text === separator) return undefined;
  const [left, right, extra] = text.split(separator);
  const from = left === '' ? 0 : parseUint(left, max);
  const to = right === undefined ? from : right === '' ? max : parseUint(right, max);
  if (from === undefined || to === undefined || extra !== undefined || from > to) return undefined;
  return { from, to };
}

export const range = (of: PortRange, separator = ':'): string =>
  of.from === of.to ? `${of.from}` : `${of.from}${separator}${of.to}`;

export const bang = (not: boolean): string => (not ? '! ' : '');
