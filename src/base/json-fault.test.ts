import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonFault } from './index.ts';

const SEED = 20261121;

describe('the first fault of a JSON text', () => {
  test.each([
    ['{"a": 1,\n "b": }', 15, 'found "}" where a value should be'],
    ['{"a": 1,\n', 9, 'the text ends where a name in double quotes should be'],
    ['{"a": 1,}', 8, 'found "}" where a name in double quotes should be'],
    ['[1 2]', 3, 'found "2" where "," or the closing bracket should be'],
    ['{"a" 1}', 5, 'found "1" where ":" should be'],
    ['{a: 1}', 1, 'found "a" where a name in double quotes or "}" should be'],
    ['[1}', 2, 'found "}" where "," or the closing bracket should be'],
    ['{"a": "x\ny"}', 8, 'found a line break in a string, where JSON wants an escape'],
    ['{"a": "x', 6, 'a string begins here and does not end'],
    ['["\\x"]', 2, 'found the unknown escape "\\x"'],
    ['[01]', 1, 'found "01" where a value or "]" should be'],
    ['[\u0007]', 1, 'found the control character U+0007 where a value or "]" should be'],
    ['True', 0, 'found "True" where a value should be'],
    ['', 0, 'the text ends where a value should be'],
  ])('%j', (text, offset, message) => {
    expect(jsonFault(text)).toEqual({ offset, message });
  });

  test('values one after the other have none', () => {
    expect(jsonFault('[1]\n{"a": {}} "x" -1.5e3\n')).toBeUndefined();
  });

  test('any depth is read without recursion', () => {
    expect(jsonFault('['.repeat(1_000_000))?.offset).toBe(1_000_000);
  });

  test(`JSON.parse agrees on what JSON is (seed ${SEED})`, () => {
    const accepts = (text: string): boolean => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    const written = fc.json();
    const broken = fc
      .tuple(written, fc.nat(), fc.constantFrom('', ',', '}', ']', '"', '\\', '\n', '0', ':', 'e', '-', '.'))
      .map(([text, at, put]) => {
        const cut = at % (text.length + 1);
        return text.slice(0, cut) + put + text.slice(cut + 1);
      });
    fc.assert(
      fc.property(fc.oneof(written, broken), (text) => {
        // In a list there is room for one value only, so a text of several is a fault here as it is there.
        const listed = `[${text}]`;
        expect(jsonFault(listed) === undefined, listed).toBe(accepts(listed));
      }),
      { seed: SEED, numRuns: 5000 },
    );
  });
});
