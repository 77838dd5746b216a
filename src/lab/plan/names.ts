/** IFNAMSIZ without its end: what a device, and here a namespace, may be called. */
const LONGEST = 15;
const TAIL = 4;

/**
 * Short names for long ones, each used once: a name that fits stays as it is, another is cut and ends in `_` and four
 * characters that only its whole name gives. `nft` wants a letter first. The same names in, the same names out.
 */
export class ShortNames {
  private readonly taken: Set<string>;

  constructor(taken: Iterable<string> = []) {
    this.taken = new Set(taken);
  }

  /** A name for `wanted`; `key` tells apart what would be cut to the same. */
  make(wanted: string, key: string = wanted): string {
    const clean = wanted.replaceAll(/[^A-Za-z0-9._-]/g, '-').replace(/^(?![A-Za-z])/, 'x');
    if (clean.length <= LONGEST && this.claim(clean)) return clean;
    const head = clean.slice(0, LONGEST - TAIL - 1);
    for (let salt = 0; ; salt++) {
      const name = `${head}_${tailOf(`${key}#${salt}`)}`;
      if (this.claim(name)) return name;
    }
  }

  private claim(name: string): boolean {
    if (this.taken.has(name)) return false;
    this.taken.add(name);
    return true;
  }
}

const tailOf = (key: string): string => (fnv1a(key) % 36 ** TAIL).toString(36).padStart(TAIL, '0');

/** FNV-1a, 32 bits: a name's number, not a secret. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}

/** Stands in for the classifiers of a namespace: no artefact of it, and none of what the observer tells as rules. */
export const CLASSIFIER_TABLE = 'zz_tc';
