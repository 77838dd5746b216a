import { expect, test } from 'vitest';
import { pod, workload } from '../../test/controllers/objects.ts';
import type { Pod } from '../cluster/index.ts';
import { endedFirst } from './scale-down.ts';

const COST = 'controller.kubernetes.io/pod-deletion-cost';

function on(name: string, nodeName: string | undefined, over: Partial<Pod['status']> = {}, cost?: string): Pod {
  const made = pod(name, nodeName === undefined ? {} : { nodeName });
  return {
    ...made,
    metadata: { ...made.metadata, annotations: cost === undefined ? {} : { [COST]: cost } },
    status: { phase: 'Running', ready: true, podIPs: [], ...over },
  };
}

const names = (kind: 'Deployment' | 'Job' | 'StatefulSet', ...pods: readonly Pod[]): string =>
  endedFirst(workload(kind, 'w', 1), pods)
    .map(({ metadata }) => metadata.name)
    .join(' ');

test.each<[string, string, readonly Pod[]]>([
  ['the last by name', 'c b a', [on('a', '1'), on('b', '2'), on('c', '3')]],
  [
    'without a node',
    'a c b',
    [on('a', undefined, { phase: 'Pending' }), on('b', '1'), on('c', '2', { phase: 'Pending' })],
  ],
  [
    'pending before unknown before running',
    'b a c',
    [on('a', '1', { phase: 'Unknown' }), on('b', '2', { phase: 'Pending' }), on('c', '3')],
  ],
  ['not ready', 'a c b', [on('a', '1', { ready: false }), on('b', '2'), on('c', '3')]],
  ['what costs less', 'a c b', [on('a', '1', {}, '-100'), on('b', '2', {}, '7'), on('c', '3')]],
  [
    'a cost that is no int32 is none',
    'c b a',
    [on('a', '1', {}, '-1e3'), on('b', '2', {}, '-3000000000'), on('c', '3', {}, '-07')],
  ],
  ['two of one node', 'b a c', [on('a', '1'), on('b', '1'), on('c', '2')]],
  ['not ready before two of one node', 'c b a', [on('a', '1'), on('b', '1'), on('c', '2', { ready: false })]],
])('of a ReplicaSet: %s', (_, want, pods) => {
  expect(names('Deployment', ...pods)).toBe(want);
});

test('of a Job neither costs nor nodes count, of a StatefulSet the ordinal alone', () => {
  expect(names('Job', on('a', '1', {}, '-1'), on('b', '1'), on('c', '2'))).toBe('c b a');
  expect(names('StatefulSet', on('w-9', '1'), on('w-10', '2'), on('w-8', '1', { ready: false }))).toBe('w-10 w-9 w-8');
});
