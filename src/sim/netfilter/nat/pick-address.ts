import { familyOf, type Ip, ipBits, ipFromBits } from '../../../net/index.ts';
import type { CtTuple } from '../../packet.ts';
import type { Manip, WantedNat } from '../types.ts';

/**
 * The address out of a range (net/netfilter/nf_nat_core.c, find_best_ips_proto): by a hash without a secret, of the source
 * and, unless `--persistent`, the destination, so one client keeps its address towards one server. Of IPv6 each word goes
 * into the next one's hash: for a destination the word just picked, which stands in its place by then. Words are as a
 * little-endian machine reads them, which every EKS node is.
 */
export function pickAddress(tuple: CtTuple, manip: Manip, { from, to, persistent }: WantedNat): Ip {
  const present = manip === 'src' ? tuple.src : tuple.dst;
  if (from === undefined) return present;
  if (to === undefined || to === from) return from;
  const low = wordsOf(from);
  const high = wordsOf(to);
  const dst = wordsOf(tuple.dst);
  const source = wordsOf(tuple.src).map(swap);
  let hash = jhash2([...source, 0, 0, 0].slice(0, 4), persistent ? 0 : swap(dst.at(-1) ?? 0));
  let full = false;
  const picked = low.map((least, i) => {
    const most = high[i] ?? 0;
    const start = full ? 0 : least;
    const distance = full ? 0xffffffff : most - least + 1;
    const word = (start + scale(hash, distance)) >>> 0;
    if (word !== most) full = true;
    if (!persistent) hash = (hash ^ swap(manip === 'dst' ? word : (dst[i] ?? 0))) >>> 0;
    return word;
  });
  return ipOf(picked, from);
}

/** Most significant word first. */
function wordsOf(address: Ip): number[] {
  const bits = ipBits(address);
  if (typeof bits === 'number') return [bits];
  return [96n, 64n, 32n, 0n].map((shift) => Number((bits >> shift) & 0xffffffffn));
}

function ipOf(words: readonly number[], like: Ip): Ip {
  if (familyOf(like) === 4) return ipFromBits(words[0] ?? 0, 4);
  return ipFromBits(
    words.reduce((bits, word) => (bits << 32n) | BigInt(word), 0n),
    6,
  );
}

const swap = (word: number): number =>
  (((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;

/** include/linux/math.h, reciprocal_scale. */
const scale = (value: number, into: number): number => Number((BigInt(value) * BigInt(into >>> 0)) >> 32n);

const rol = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

/** include/linux/jhash.h for four words: Bob Jenkins' lookup3. */
function jhash2(words: readonly number[], seed: number): number {
  let a = (0xdeadbeef + 16 + seed) | 0;
  let b = a;
  let c = a;
  a = (a + (words[0] ?? 0)) | 0;
  b = (b + (words[1] ?? 0)) | 0;
  c = (c + (words[2] ?? 0)) | 0;
  a = (a - c) ^ rol(c, 4);
  c = (c + b) | 0;
  b = (b - a) ^ rol(a, 6);
  a = (a + c) | 0;
  c = (c - b) ^ rol(b, 8);
  b = (b + a) | 0;
  a = (a - c) ^ rol(c, 16);
  c = (c + b) | 0;
  b = (b - a) ^ rol(a, 19);
  a = (a + c) | 0;
  c = (c - b) ^ rol(b, 4);
  b = (b + a) | 0;
  a = (a + (words[3] ?? 0)) | 0;
  c = (c ^ b) - rol(b, 14);
  a = (a ^ c) - rol(c, 11);
  b = (b ^ a) - rol(a, 25);
  c = (c ^ b) - rol(b, 16);
  a = (a ^ c) - rol(c, 4);
  b = (b ^ a) - rol(a, 14);
  c = (c ^ b) - rol(b, 24);
  return c >>> 0;
}
