import { utf8ToBytes } from '@noble/hashes/utils.js';

/** What we ask of a hash of `@noble/hashes`. */
interface Hash<W extends Work<W>> {
  readonly outputLen: number;
  create(): W;
}

interface Work<W> {
  update(bytes: Uint8Array): W;
  digestInto(out: Uint8Array): void;
  _cloneInto(to: W): W;
}

const MAX_SHORT = 512;

/**
 * `hash` of a text's UTF-8 bytes, for one that is asked of tens of thousands of short texts: a large cluster's names are
 * hashes. The state and the buffers that a hash needs are made once, not for each text.
 *
 * @example
 * const sha256Of = textHash(sha256)
 * bytesToHex(sha256Of('default/web'))
 */
export function textHash<W extends Work<W>>(hash: Hash<W>): (text: string) => Uint8Array {
  const start = hash.create();
  const work = hash.create();
  const short = new Uint8Array(MAX_SHORT);
  return (text) => {
    const digest = new Uint8Array(hash.outputLen);
    start._cloneInto(work).update(bytesOf(text, short)).digestInto(digest);
    return digest;
  };
}

function bytesOf(text: string, short: Uint8Array): Uint8Array {
  if (text.length > short.length) return utf8ToBytes(text);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) return utf8ToBytes(text);
    short[at] = code;
  }
  return short.subarray(0, text.length);
}
