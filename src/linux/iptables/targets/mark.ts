import { badValue, hex, missing, type OptionUse, parseMasked, parseUint, type TargetModule } from '../option.ts';
import type { Target } from '../types.ts';

type MarkTarget = Extract<Target, { kind: 'MARK' }>;
type ConnmarkTarget = Extract<Target, { kind: 'CONNMARK' }>;

const ALL = 0xffffffff;
const SETTERS = { '--set-xmark': 1, '--set-mark': 1, '--and-mark': 1, '--or-mark': 1, '--xor-mark': 1 };

/** Every spelling ends as one `--set-xmark` (extensions/libxt_MARK.c, mark_tg_parse). */
function xmark(use: OptionUse): { value: number; mask: number } | undefined {
  const text = use.args[0];
  if (use.name === '--set-xmark') return parseMasked(text);
  if (use.name === '--set-mark') {
    const found = parseMasked(text);
    return found && { value: found.value, mask: (found.value | found.mask) >>> 0 };
  }
  const bits = parseUint(text);
  if (bits === undefined) return undefined;
  if (use.name === '--and-mark') return { value: 0, mask: ~bits >>> 0 };
  return { value: bits, mask: use.name === '--or-mark' ? bits : 0 };
}

export const mark: TargetModule = {
  options: SETTERS,
  parse(uses) {
    const use = uses.at(-1);
    if (use === undefined) return missing('MARK', '--set-xmark VALUE/MASK');
    const found = xmark(use);
    return found === undefined ? badValue(use, 'a mark such as "0x4000/0x4000"') : { kind: 'MARK', ...found };
  },
};

export const connmark: TargetModule = {
  options: { ...SETTERS, '--save-mark': 0, '--restore-mark': 0, '--nfmask': 1, '--ctmask': 1, '--mask': 1 },
  parse(uses) {
    const setter = uses.find((use) => Object.hasOwn(SETTERS, use.name));
    if (setter !== undefined) {
      const found = xmark(setter);
      if (found === undefined) return badValue(setter, 'a mark such as "0x80/0x80"');
      return { kind: 'CONNMARK', op: { kind: 'set', ...found } };
    }
    const op = uses.find((use) => use.name === '--save-mark' || use.name === '--restore-mark');
    if (op === undefined) return missing('CONNMARK', '--set-xmark, --save-mark or --restore-mark');
    const masks = { nfmask: ALL, ctmask: ALL };
    for (const use of uses) {
      if (use === op) continue;
      const value = parseUint(use.args[0]);
      if (value === undefined) return badValue(use, 'a mask such as "0x80"');
      if (use.name !== '--ctmask') masks.nfmask = value;
      if (use.name !== '--nfmask') masks.ctmask = value;
    }
    return { kind: 'CONNMARK', op: { kind: op.name === '--save-mark' ? 'save' : 'restore', ...masks } };
  },
};

export const saveMarkTarget = (target: MarkTarget): string =>
  `-j MARK --set-xmark ${hex(target.value)}/${hex(target.mask)}`;

export const saveConnmarkTarget = ({ op }: ConnmarkTarget): string =>
  op.kind === 'set'
    ? `-j CONNMARK --set-xmark ${hex(op.value)}/${hex(op.mask)}`
    : `-j CONNMARK --${op.kind}-mark --nfmask ${hex(op.nfmask)} --ctmask ${hex(op.ctmask)}`;

function listXmark(name: string, value: number, mask: number): string {
  if (value === 0) return `${name} and ${hex(~mask)}`;
  if (value === mask) return `${name} or ${hex(value)}`;
  if (mask === 0) return `${name} xor ${hex(value)}`;
  return mask === ALL ? `${name} set ${hex(value)}` : `${name} xset ${hex(value)}/${hex(mask)}`;
}

export const listMarkTarget = (target: MarkTarget): string => listXmark('MARK', target.value, target.mask);

/** The odd `~` is what the tool prints (extensions/libxt_CONNMARK.c, connmark_tg_print). */
export function listConnmarkTarget({ op }: ConnmarkTarget): string {
  if (op.kind === 'set') return listXmark('CONNMARK', op.value, op.mask);
  if (op.nfmask === ALL && op.ctmask === ALL) return `CONNMARK ${op.kind}`;
  if (op.nfmask === op.ctmask) return `CONNMARK ${op.kind} mask ${hex(op.nfmask)}`;
  return op.kind === 'save'
    ? `CONNMARK save nfmask ${hex(op.nfmask)} ctmask ~${hex(op.ctmask)}`
    : `CONNMARK restore ctmask ${hex(op.ctmask)} nfmask ~${hex(op.nfmask)}`;
}
