import { badValue, missing, type OptionUse, parseUint, type TargetModule } from '../option.ts';
import type { Target } from '../types.ts';

type Of<K extends Target['kind']> = Extract<Target, { kind: K }>;

const ALL = 0xff;
/** A name leaves the two highest bits alone (extensions/tos_values.c; seen with iptables 1.8.9). */
const NAMED = 0x3f;
const NAMES: ReadonlyMap<string, number> = new Map([
  ['minimize-delay', 0x10],
  ['maximize-throughput', 0x08],
  ['maximize-reliability', 0x04],
  ['minimize-cost', 0x02],
  ['normal-service', 0x00],
]);

/** Every spelling ends as one `--set-tos VALUE/MASK` (extensions/libxt_TOS.c). */
function setTos({ name, args }: OptionUse): { value: number; mask: number } | undefined {
  const text = args[0] ?? '';
  if (name === '--set-tos') {
    const named = NAMES.get(text.toLowerCase());
    if (named !== undefined) return { value: named, mask: NAMED };
    const [left, right, more] = text.split('/');
    const value = parseUint(left, ALL);
    const mask = right === undefined ? ALL : parseUint(right, ALL);
    return value === undefined || mask === undefined || more !== undefined ? undefined : { value, mask };
  }
  const bits = parseUint(text, ALL);
  if (bits === undefined) return undefined;
  if (name === '--and-tos') return { value: 0, mask: ~bits & ALL };
  return { value: bits, mask: name === '--or-tos' ? bits : 0 };
}

export const tos: TargetModule = {
  options: { '--set-tos': 1, '--and-tos': 1, '--or-tos': 1, '--xor-tos': 1 },
  parse(uses) {
    const use = uses.at(-1);
    if (use === undefined) return missing('TOS', '--set-tos VALUE/MASK');
    const found = setTos(use);
    return found === undefined ? badValue(use, 'a TOS byte such as "0x10/0xff"') : { kind: 'TOS', ...found };
  },
};

/** The code points libxt_DSCP has names for (extensions/dscp_helper.c). */
const CLASSES: ReadonlyMap<string, number> = new Map([
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((of) => [`cs${of}`, of << 3] as const),
  ...[1, 2, 3, 4].flatMap((of) => [1, 2, 3].map((drop) => [`af${of}${drop}`, (of << 3) | (drop << 1)] as const)),
  ['be', 0],
  ['ef', 0x2e],
]);

export const dscp: TargetModule = {
  options: { '--set-dscp': 1, '--set-dscp-class': 1 },
  parse(uses) {
    const use = uses.at(-1);
    if (use === undefined) return missing('DSCP', '--set-dscp VALUE');
    const text = use.args[0] ?? '';
    const value = use.name === '--set-dscp' ? parseUint(text, 0x3f) : CLASSES.get(text.toLowerCase());
    return value === undefined
      ? badValue(use, 'a code point from 0 to 63, or a class such as "CS1"')
      : { kind: 'DSCP', value };
  },
};

const byte = (value: number): string => `0x${value.toString(16).padStart(2, '0')}`;

export const saveTosTarget = ({ value, mask }: Of<'TOS'>): string => `-j TOS --set-tos ${byte(value)}/${byte(mask)}`;
export const listTosTarget = ({ value, mask }: Of<'TOS'>): string => `TOS set ${byte(value)}/${byte(mask)}`;
export const saveDscpTarget = ({ value }: Of<'DSCP'>): string => `-j DSCP --set-dscp ${byte(value)}`;
export const listDscpTarget = ({ value }: Of<'DSCP'>): string => `DSCP set ${byte(value)}`;
