import { expect, test } from 'vitest';
import { formatTxtar, parseTxtar } from './txtar.ts';

test('a txtar archive survives parsing and printing', () => {
  const text = '# what it shows\ntrace a b\n-- a.yaml --\nkind: Pod\n-- empty --\n-- b --\nx\n';
  const archive = parseTxtar(text);
  expect([...archive.files]).toEqual([
    ['a.yaml', 'kind: Pod\n'],
    ['empty', ''],
    ['b', 'x\n'],
  ]);
  expect(archive.comment).toBe('# what it shows\ntrace a b\n');
  expect(formatTxtar(archive)).toBe(text);
});
