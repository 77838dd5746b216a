import { expect, test } from 'vitest';
import { type Observation, renderExperiments } from './experiments.ts';
import type { Style } from './style.ts';

const style: Style = {
  good: (text) => `+${text}`,
  bad: (text) => `!${text}`,
  strong: (text) => `*${text}`,
  faint: (text) => text,
};
const shown = (observation: Omit<Observation, 'command'>): string[] =>
  renderExperiments([{ title: '1  Routes', observations: [{ command: 'ip route', ...observation }] }], style);
const command = (verdict: string): string => `${'  $ ip route'.padEnd(76)}${verdict}`;

test('what all give stands once, as the program printed it', () => {
  expect(shown({ printed: 'a b\nc', model: 'a   b\nc\n'.trim() })).toEqual([
    '*1  Routes',
    command('+same'),
    '    a   b',
    '    c',
    '',
  ]);
  expect(shown({ printed: 'a b', model: 'a  b', kernel: 'a b' }).slice(1)).toEqual([command('+same'), '    a b', '']);
});

test('an article that leaves lines and parts out is the same, and both are shown', () => {
  expect(shown({ printed: 'x ... z', model: 'w\nx y z' }).slice(1, -1)).toEqual([
    command('+same'),
    '    article   x ... z',
    '    computed  w',
    '    computed  x y z',
  ]);
  expect(shown({ printed: 'z ... x', model: 'x y z' })[1]).toBe(command('!differs'));
});

test('kernel and model that agree stand together; a reason explains the article', () => {
  expect(shown({ printed: '/24', model: '/22', kernel: '/22', reason: 'one subnet' }).slice(1, -1)).toEqual([
    command('differs, and must'),
    '    article        /24',
    '    model, kernel  /22',
    '    because        one subnet',
  ]);
});

test('a kernel that says otherwise than the model is never excused', () => {
  expect(shown({ printed: '/24', model: '/24', kernel: '/22', reason: 'any' }).slice(1, -1)).toEqual([
    command('!kernel and model differ'),
    '    article, model  /24',
    '    kernel          /22',
    '    because         any',
  ]);
});
