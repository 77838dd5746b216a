import { expect, test } from 'vitest';
import { foldPods, type WaysToEnd } from './ways.ts';

const end = (text: string, probability: number, ways = 1, sees: readonly string[] = ['10.0.0.9:4000']): WaysToEnd => ({
  end: text,
  sees,
  probability,
  ways,
});

test('pods of one namespace, port and fate are one end, with the odds of each; nothing else is', () => {
  const folded = foldPods([
    end('delivered: pod/a/web-1 10.0.1.1:80', 1 / 4, 2),
    end('delivered: pod/a/web-2 10.0.1.2:80', 1 / 8, 1, ['10.0.0.8:4000']),
    end('delivered: pod/a/web-1 10.0.1.1:81', 1 / 8),
    end('dropped: pod/a/web-3 10.0.1.3:80', 1 / 8),
    end('delivered: pod/b/web-1 10.0.2.1:80', 1 / 8),
    end('delivered: node/n1 10.0.0.1:80', 1 / 8),
  ]);
  expect(folded.map((each) => [each.end, each.ways])).toEqual([
    ['delivered: pods of a on 80 (web-1 1/4, web-2 1/8)', 3],
    ['delivered: pod/a/web-1 10.0.1.1:81', 1],
    ['dropped: pod/a/web-3 10.0.1.3:80', 1],
    ['delivered: pod/b/web-1 10.0.2.1:80', 1],
    ['delivered: node/n1 10.0.0.1:80', 1],
  ]);
  expect(folded[0]?.sees).toEqual(['10.0.0.9:4000', '10.0.0.8:4000']);
  expect(folded.reduce((sum, { probability }) => sum + probability, 0)).toBe(7 / 8);
});

test('beyond five pods four are named', () => {
  const pods = ['1', '2', '3', '4', '5', '6'].map((n) => end(`refused: pod/a/web-${n} [fd00::${n}]:80`, 1 / 8));
  expect(foldPods(pods).map((each) => each.end)).toEqual([
    'refused: pods of a on 80 (web-1 1/8, web-2 1/8, web-3 1/8, web-4 1/8, 2 more)',
  ]);
});
