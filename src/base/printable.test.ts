import { expect, test } from 'vitest';
import { forTerminal, hasControls, oneLine } from './printable.ts';

test('a name becomes one line, whatever is in it', () => {
  expect(oneLine('web\ntouch x\r\u001b[2J\u009b1m\u0000')).toBe('web\\ntouch x\\r\\u001b[2J\\u009b1m\\u0000');
  expect(oneLine('pod/default/wéb → 10.0.0.1')).toBe('pod/default/wéb → 10.0.0.1');
});

test('a terminal gets lines and colours, and nothing else it would obey', () => {
  expect(forTerminal('\u001b[1mgood\u001b[22m\n\tnext')).toBe('\u001b[1mgood\u001b[22m\n\tnext');
  expect(forTerminal('\u001b]0;title\u0007 \u001b[2J\r')).toBe('\\u001b]0;title\\u0007 \\u001b[2J\\r');
});

test('what has control characters', () => {
  expect(['a\n', 'a\u001b', 'a\u0085'].map(hasControls)).toEqual([true, true, true]);
  expect(['', 'a b', 'wéb'].map(hasControls)).toEqual([false, false, false]);
});
