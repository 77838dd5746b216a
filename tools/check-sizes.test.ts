import { describe, expect, test } from 'vitest';
import { checkSizes, type TooLong } from './check-sizes.ts';

const lines = (count: number): string => '  x();\n'.repeat(count);

/** The messages for source texts given by path. */
const check = (files: Readonly<Record<string, string>>, known: readonly TooLong[] = []): string[] =>
  checkSizes(new Map(Object.entries(files)), known).map(({ file, line, message }) => `${file}:${line}: ${message}`);

describe('a file', () => {
  test('of 350 lines is not too long', () => expect(check({ 'src/a.ts': 'x();\n'.repeat(350) })).toEqual([]));
  test('of 351 lines is', () =>
    expect(check({ 'src/a.ts': 'x();\n'.repeat(351) })).toEqual([
      'src/a.ts:351: The file has 351 lines, at most 350: split it by noun',
    ]));
  test('counts its last line also without a newline', () =>
    expect(check({ 'src/a.ts': `${'x();\n'.repeat(350)}x();` })).toHaveLength(1));
});

describe('a function', () => {
  const tooLong = (name: string, line = 1): string =>
    `src/a.ts:${line}: ${name} has 61 lines, at most 60: let it call smaller ones`;
  for (const [what, text, wanted] of [
    ['of 60 lines', `function f() {\n${lines(58)}}`, []],
    ['of 61 lines', `function f() {\n${lines(59)}}`, [tooLong('f')]],
    ['whose comment makes the difference', `/**\n * why\n */\nfunction f() {\n${lines(58)}}`, []],
    ['kept in a constant', `\n\nconst f = () => {\n${lines(59)}};`, [tooLong('f', 3)]],
    ['kept in a property', `const o = { f: function () {\n${lines(59)}} };`, [tooLong('f')]],
    ['that is a method', `class C { #f() {\n${lines(59)}} }`, [tooLong('#f')]],
    ['that is a constructor', `class C { constructor() {\n${lines(59)}} }`, [tooLong('constructor')]],
    ['given to another', `run(() => {\n${lines(59)}});`, [tooLong('the function given to run')]],
    ['around another', `function f() {\nfunction g() {\n${lines(57)}}\n}`, [tooLong('f')]],
    ['exported by its module', `export function f(\n  a: number,\n): void {\n${lines(57)}}`, [tooLong('f')]],
  ] as const) {
    test(what, () => expect(check({ 'src/a.ts': text })).toEqual(wanted));
  }

  test('that groups tests may be as long as its file', () => {
    const groups = ['describe', 'describe.skipIf(!root)', "describe.each(['a'])"];
    for (const group of groups)
      expect(check({ 'src/a.test.ts': `${group}('a', () => {\n${lines(200)}});` }), group).toEqual([]);
  });

  test('that is a test may not', () =>
    expect(check({ 'src/a.test.ts': `describe('a', () => {\ntest('b', () => {\n${lines(59)}});\n});` })).toEqual([
      'src/a.test.ts:2: the function given to test has 61 lines, at most 60: let it call smaller ones',
    ]));
});

describe('what is known to be too long', () => {
  const long = { 'src/a.ts': `function f() {\n${lines(59)}}` };
  test('passes', () => expect(check(long, [{ what: 'src/a.ts f', because: 'a table' }])).toEqual([]));
  test('passes under its own name only', () =>
    expect(check(long, [{ what: 'src/a.ts g', because: 'a table' }])).toHaveLength(2));
  test('leaves the list when it has become short', () =>
    expect(check({ 'src/a.ts': 'x();' }, [{ what: 'src/a.ts f', because: 'a table' }])).toEqual([
      'src/a.ts:1: "src/a.ts f" is not too long any more: take it out of tools/sizes.ts',
    ]));
});
