import { describe, expect, test } from 'vitest';
import { readLoosePairs, readPairs } from './pairs.ts';

const shown = (pairs: ReadonlyMap<string, string> | undefined): string | undefined =>
  pairs && [...pairs].map(([key, value]) => `${key}→${value}`).join(' ');

describe('pairs as the AWS Load Balancer Controller reads them', () => {
  test.each<[string, string | undefined]>([
    ['', ''],
    ['a=b', 'a→b'],
    [' a = b , c=d ', 'a→b c→d'],
    ['edge=', 'edge→'],
    ['a=b=c', 'a→b=c'],
    ['a=b,a=c', 'a→c'],
    ['a=b\\,c,d=e', 'a→b,c d→e'],
    ['a=b, ', 'a→b,'],
    ['a', undefined],
    ['=b', undefined],
    ['a=b,c', undefined],
    ['a=b,,c=d', undefined],
    [' ', undefined],
  ])('%j', (text, want) => expect(shown(readPairs(text))).toBe(want));

  test('a long text takes no time', () => {
    expect(readPairs(`a=${'x,'.repeat(200_000)}`)).toBeUndefined();
  });
});

describe('pairs as the cloud controller manager reads them', () => {
  test.each<[string, string]>([
    ['', ''],
    ['edge', 'edge→'],
    ['edge=,zone=a', 'edge→ zone→a'],
    ['a=b=c, =d,,', 'a→b'],
  ])('%j', (text, want) => expect(shown(readLoosePairs(text))).toBe(want));
});
