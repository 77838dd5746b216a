import { badValue, bang, type MatchModule, type OptionUse } from '../option.ts';
import type { AddrType, Match } from '../types.ts';

type Addrtype = Extract<Match, { kind: 'addrtype' }>;

/** Bit order of the kernel's mask, which is the order they are saved in (extensions/libxt_addrtype.c). */
const TYPES: readonly AddrType[] = [
  'UNSPEC',
  'UNICAST',
  'LOCAL',
  'BROADCAST',
  'ANYCAST',
  'MULTICAST',
  'BLACKHOLE',
  'UNREACHABLE',
  'PROHIBIT',
  'THROW',
  'NAT',
  'XRESOLVE',
];

export const addrtype: MatchModule = {
  options: { '--src-type': 1, '--dst-type': 1, '--limit-iface-in': 0, '--limit-iface-out': 0 },
  parse(uses) {
    const has = (name: string): boolean => uses.some((use) => use.name === name);
    const src = uses.find((use) => use.name === '--src-type');
    const dst = uses.find((use) => use.name === '--dst-type');
    const srcTypes = src && typesOf(src);
    const dstTypes = dst && typesOf(dst);
    if (src && srcTypes === undefined) return badValue(src, `some of ${TYPES.join(',')}`);
    if (dst && dstTypes === undefined) return badValue(dst, `some of ${TYPES.join(',')}`);
    return {
      kind: 'addrtype',
      ...(src && srcTypes ? { src: { not: src.not, types: srcTypes } } : {}),
      ...(dst && dstTypes ? { dst: { not: dst.not, types: dstTypes } } : {}),
      limitIfaceIn: has('--limit-iface-in'),
      limitIfaceOut: has('--limit-iface-out'),
    };
  },
};

function typesOf(use: OptionUse): readonly AddrType[] | undefined {
  const named = (use.args[0] ?? '').toUpperCase().split(',');
  const found = TYPES.filter((type) => named.includes(type));
  return named.every((name) => TYPES.some((type) => type === name)) ? found : undefined;
}

const sorted = (types: readonly AddrType[]): string => TYPES.filter((type) => types.includes(type)).join(',');

export function saveAddrtype(match: Addrtype): string {
  let text = '-m addrtype';
  if (match.src) text += ` ${bang(match.src.not)}--src-type ${sorted(match.src.types)}`;
  if (match.dst) text += ` ${bang(match.dst.not)}--dst-type ${sorted(match.dst.types)}`;
  if (match.limitIfaceIn) text += ' --limit-iface-in';
  if (match.limitIfaceOut) text += ' --limit-iface-out';
  return text;
}

export function listAddrtype(match: Addrtype): string {
  let text = 'ADDRTYPE match';
  if (match.src) text += ` src-type ${match.src.not ? '!' : ''}${sorted(match.src.types)}`;
  if (match.dst) text += ` dst-type ${match.dst.not ? '!' : ''}${sorted(match.dst.types)}`;
  if (match.limitIfaceIn) text += ' limit-in';
  if (match.limitIfaceOut) text += ' limit-out';
  return text;
}
