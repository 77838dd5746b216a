import { sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { describe, expect, test } from 'vitest';
import { textHash } from './text-hash.ts';

describe('textHash', () => {
  const texts = [
    '',
    'a',
    'packetlab.toolbox-a',
    'x'.repeat(55),
    'x'.repeat(56),
    'x'.repeat(64),
    'x'.repeat(700),
    'é',
    'a€😀',
  ];

  test.each([
    ['SHA-1', sha1],
    ['SHA-256', sha256],
  ])('is %s of the text, whatever was hashed before', (_name, hash) => {
    const of = textHash(hash);
    for (const before of texts)
      for (const text of texts) {
        of(before);
        expect(bytesToHex(of(text))).toBe(bytesToHex(hash(utf8ToBytes(text))));
      }
  });

  test('leaves the digests it gave as they are', () => {
    const of = textHash(sha256);
    const first = of('first');
    of('second');
    expect(bytesToHex(first)).toBe(bytesToHex(sha256(utf8ToBytes('first'))));
  });
});
