import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { createRng } from '../base/index.ts';
import { type Mac, macFromBytes } from '../net/index.ts';

// The API server, the ReplicaSet controller and EC2 draw names and ids at random. We draw them from a hash of what they
// name, so the same cluster gets the same names each time: the shapes are theirs, the letters are our invention.

/** 32-bit FNV-1a with a final avalanche (MurmurHash3 fmix32), so near texts give far numbers. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Consonants and digits that cannot spell a word (k8s.io/apimachinery `util/rand`). */
const SAFE = 'bcdfghjklmnpqrstvwxz2456789';

/** `length` characters as `rand.String` or `rand.SafeEncodeString` would give, drawn from `seed`. */
export function safeString(seed: string, length: number): string {
  const rng = createRng(hash32(seed));
  return Array.from({ length }, () => SAFE[rng.int(0, SAFE.length - 1)]).join('');
}

/** A name not in `taken`: tries the seed, then the seed with a counter. */
export function freeName(prefix: string, seed: string, taken: { has(name: string): boolean }): string {
  for (let attempt = 0; ; attempt++) {
    const name = `${prefix}${safeString(attempt === 0 ? seed : `${seed}#${attempt}`, 5)}`;
    if (!taken.has(name)) return name;
  }
}

/** `eni-` and 17 hex digits, with the MAC EC2 would pick with it: a locally administered unicast address. */
export function eniIdentity(seed: string): { readonly id: string; readonly mac: Mac } {
  const digest = sha256(utf8ToBytes(`eni/${seed}`));
  const hex = [...digest.subarray(0, 9)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return { id: `eni-${hex.slice(0, 17)}`, mac: macFromBytes(digest.subarray(16, 22)) };
}
