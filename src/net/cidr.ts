import { type Family, familyOf, type Ip, type IpBits, ipBits, ipFromBits, ipv4Bits, parseIp, widthOf } from './ip.ts';

/** A block of addresses. `first` and `last` are computed once; `text` is canonical (`10.0.0.0/16`), so two equal blocks have equal text. */
export interface Cidr {
  readonly family: Family;
  readonly prefix: number;
  readonly first: IpBits;
  readonly last: IpBits;
  readonly text: string;
}

/** Parses `a.b.c.d/n`, `x::/n`, or a bare address (a /32 or /128). Host bits are cleared. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  const address = parseIp(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  if (slash < 0) return cidrOf(address);
  const length = text.slice(slash + 1);
  if (!/^(?:0|[1-9]\d{0,2})$/.test(length) || Number(length) > widthOf(familyOf(address))) return undefined;
  return cidrOf(address, Number(length));
}

/** For literals in code: throws RangeError when `text` is not a block. */
export function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (parsed === undefined) throw new RangeError(`Not a CIDR: "${text}"`);
  return parsed;
}

/** The block of `prefix` bits that holds `address`. */
export function cidrOf(address: Ip, prefix: number = widthOf(familyOf(address))): Cidr {
  const family = familyOf(address);
  const bits = ipBits(address);
  if (prefix === widthOf(family)) return { family, prefix, first: bits, last: bits, text: `${address}/${prefix}` };
  if (typeof bits === 'bigint') {
    const size = 1n << BigInt(128 - prefix);
    const first = (bits / size) * size;
    return { family, prefix, first, last: first + size - 1n, text: `${ipFromBits(first, 6)}/${prefix}` };
  }
  const size = 2 ** (32 - prefix);
  const first = Math.floor(bits / size) * size;
  return { family, prefix, first, last: first + size - 1, text: `${ipFromBits(first, 4)}/${prefix}` };
}

export const cidrContains = (block: Cidr, address: Ip): boolean => {
  if (familyOf(address) !== block.family) return false;
  const bits = block.family === 4 ? ipv4Bits(address) : ipBits(address);
  return bits >= block.first && bits <= block.last;
};

/** True when every address of `inner` is in `outer`. */
export const cidrCovers = (outer: Cidr, inner: Cidr): boolean =>
  outer.family === inner.family && inner.first >= outer.first && inner.last <= outer.last;

export const cidrsOverlap = (a: Cidr, b: Cidr): boolean =>
  a.family === b.family && a.first <= b.last && b.first <= a.last;

export const isHostCidr = (block: Cidr): boolean => block.prefix === widthOf(block.family);

/** First address of the block (`10.0.0.0` of `10.0.0.0/16`). */
export const cidrFirst = (block: Cidr): Ip => ipFromBits(block.first, block.family);
export const cidrLast = (block: Cidr): Ip => ipFromBits(block.last, block.family);

/** The `n`th address of the block, counted from 0. */
export const cidrNth = (block: Cidr, n: number): Ip =>
  ipFromBits(typeof block.first === 'bigint' ? block.first + BigInt(n) : block.first + n, block.family);

/** Number of addresses, capped at Number.MAX_SAFE_INTEGER for large IPv6 blocks. */
export function cidrSize(block: Cidr): number {
  const size =
    typeof block.first === 'bigint'
      ? Number((block.last as bigint) - block.first + 1n)
      : (block.last as number) - block.first + 1;
  return Math.min(size, Number.MAX_SAFE_INTEGER);
}

export const defaultRoute = (family: Family): Cidr => (family === 4 ? any4 : any6);
const any4 = cidr('0.0.0.0/0');
const any6 = cidr('::/0');
