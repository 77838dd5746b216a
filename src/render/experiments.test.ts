import { expect, test } from 'vitest';
import { agrees, type Observation, renderExperiments } from './experiments.ts';
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

test('a kernel that differs because it is a lab says why, and what was run instead', () => {
  const differs = { printed: 'ens5', model: 'ens5', kernel: 'ens5@if2', labReason: 'a veth', ranAs: 'ip -br link' };
  expect(shown(differs).slice(1, -1)).toEqual([
    command('the lab differs, and must'),
    '    article, model  ens5',
    '    kernel          ens5@if2',
    '    in the lab      a veth',
    '    run as          ip -br link',
  ]);
  expect(agrees({ command: 'ip link', ...differs })).toBe(true);
  expect(shown({ ...differs, kernel: 'ens5' }).slice(1, -1)).toEqual([
    command('+same'),
    '    ens5',
    '    run as  ip -br link',
  ]);
});

test('what no article prints needs the kernel and the model alone; a command that was not run says why', () => {
  expect(shown({ model: 'a', kernel: 'a' }).slice(1, -1)).toEqual([command('+same'), '    a']);
  expect(shown({ model: 'a', kernel: 'b' }).slice(1, -1)).toEqual([
    command('!kernel and model differ'),
    '    model     a',
    '    kernel    b',
  ]);
  expect(shown({ model: 'a', notRun: 'no arping' }).slice(1, -1)).toEqual([
    command('computed only'),
    '    a',
    '    not run  no arping',
  ]);
  expect(agrees({ command: 'x', model: 'a', kernel: 'b' })).toBe(false);
});
