import type { Brand } from '../base/index.ts';

/** An IPv4 or IPv6 address in canonical text (RFC 5952 for IPv6). Made by `parseIp` or `ipFromBits` only. */
export type Ip = Brand<string, 'Ip'>;
export type Family = 4 | 6;

/** An address as a number: IPv4 as an unsigned 32-bit number, IPv6 as a bigint. Comparable within one family. */
export type IpBits = number | bigint;

const DOT = 46;
const ZERO = 48;

const MAX_REMEMBERED = 65_536;
const remembered = new Map<string, bigint>();

const MAX_TEXTS = 262_144;
const texts = new Map<string, Ip>();

/** One string for one address, wherever it was read: comparing two of them then need not look at their characters. */
function one(canonical: string): Ip {
  const known = texts.get(canonical);
  if (known !== undefined) return known;
  if (texts.size >= MAX_TEXTS) texts.clear();
  texts.set(canonical, canonical as Ip);
  return canonical as Ip;
}

/** Parses strict dotted-quad IPv4 (no leading zeros) or any RFC 4291 IPv6 text; undefined when it is neither. */
export function parseIp(text: string): Ip | undefined {
  if (text.includes(':')) {
    const bits = parseIpv6(text);
    return bits === undefined ? undefined : ipFromBits(bits, 6);
  }
  return parseIpv4(text) === undefined ? undefined : one(text);
}

/** For literals in code: throws RangeError when `text` is not an address. */
export function ip(text: string): Ip {
  const parsed = parseIp(text);
  if (parsed === undefined) throw new RangeError(`Not an IP address: "${text}"`);
  return parsed;
}

/** An IPv4 address has its first dot among its first four characters, and canonical IPv6 text has none. */
export const familyOf = (address: Ip): Family =>
  address.charCodeAt(1) === DOT || address.charCodeAt(2) === DOT || address.charCodeAt(3) === DOT ? 4 : 6;

/** Bit width of a family's addresses. */
export const widthOf = (family: Family): 32 | 128 => (family === 4 ? 32 : 128);

export const ipBits = (address: Ip): IpBits => (familyOf(address) === 4 ? ipv4Bits(address) : ipv6Bits(address));

function ipv6Bits(address: Ip): bigint {
  const known = remembered.get(address);
  if (known !== undefined) return known;
  const bits = parseIpv6(address) ?? 0n;
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(address, bits);
  return bits;
}

/** `10` of `10.0.3.42`; an IPv6 address has none. */
export function firstOctet(address: Ip): number {
  let octet = 0;
  for (let at = 0; at < 3; at++) {
    const digit = address.charCodeAt(at) - ZERO;
    if (digit < 0) return octet;
    octet = octet * 10 + digit;
  }
  return octet;
}

export function ipFromBits(bits: IpBits, family: Family): Ip {
  return one(family === 4 ? formatIpv4(Number(bits)) : formatIpv6(BigInt(bits)));
}

/** `address` moved by `offset` (may be negative), within its family. */
export function ipAdd(address: Ip, offset: number): Ip {
  const family = familyOf(address);
  const bits = ipBits(address);
  return ipFromBits(typeof bits === 'bigint' ? bits + BigInt(offset) : bits + offset, family);
}

/** Orders by family, then by number. */
export function compareIp(a: Ip, b: Ip): number {
  const families = familyOf(a) - familyOf(b);
  if (families !== 0) return families;
  const x = ipBits(a);
  const y = ipBits(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Of what is known to be an IPv4 address. */
export function ipv4Bits(address: Ip): number {
  let bits = 0;
  let octet = 0;
  for (let at = 0; at < address.length; at++) {
    const code = address.charCodeAt(at);
    if (code === DOT) {
      bits = (bits << 8) | octet;
      octet = 0;
    } else octet = octet * 10 + code - ZERO;
  }
  return ((bits << 8) | octet) >>> 0;
}

function parseIpv4(text: string): number | undefined {
  let bits = 0;
  let octets = 0;
  let octet = 0;
  let digits = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      if (digits === 0 || ++octets > 3) return undefined;
      bits = bits * 256 + octet;
      octet = 0;
      digits = 0;
      continue;
    }
    if (code < ZERO || code > ZERO + 9 || (digits > 0 && octet === 0)) return undefined;
    octet = octet * 10 + code - ZERO;
    if (octet > 255) return undefined;
    digits++;
  }
  return octets === 3 && digits > 0 ? bits * 256 + octet : undefined;
}

function formatIpv4(bits: number): string {
  return `${(bits >>> 24) & 255}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`;
}

function parseIpv6(text: string): bigint | undefined {
  let body = text;
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (tail?.[1] !== undefined && tail[2] !== undefined) {
    const v4 = parseIpv4(tail[2]);
    if (v4 === undefined) return undefined;
    body = `${tail[1]}${(v4 >>> 16).toString(16)}:${(v4 & 0xffff).toString(16)}`;
  }
  const halves = body.split('::');
  if (halves.length > 2) return undefined;
  const head = groups(halves[0] ?? '');
  const rest = halves.length === 2 ? groups(halves[1] ?? '') : [];
  if (head === undefined || rest === undefined) return undefined;
  const missing = 8 - head.length - rest.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  return [...head, ...Array<number>(missing).fill(0), ...rest].reduce(
    (bits, group) => (bits << 16n) | BigInt(group),
    0n,
  );
}

function groups(text: string): number[] | undefined {
  if (text === '') return [];
  const parsed: number[] = [];
  for (const part of text.split(':')) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
    parsed.push(Number.parseInt(part, 16));
  }
  return parsed;
}

function formatIpv6(bits: bigint): string {
  const parts = Array.from({ length: 8 }, (_, i) => Number((bits >> BigInt(112 - 16 * i)) & 0xffffn));
  let start = -1;
  let length = 0;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && parts[end] === 0) end++;
    if (end - i > length && end - i > 1) {
      start = i;
      length = end - i;
    }
  }
  const hex = (from: number, to: number): string =>
    parts
      .slice(from, to)
      .map((part) => part.toString(16))
      .join(':');
  return start < 0 ? hex(0, 8) : `${hex(0, start)}::${hex(start + length, 8)}`;
}
