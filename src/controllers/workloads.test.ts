import { describe, expect, test } from 'vitest';
import { cluster, nodeObject, own, pod, workload } from '../../test/controllers/objects.ts';
import type { Pod, Workload } from '../cluster/index.ts';
import { ip } from '../net/index.ts';
import { settle } from './settle.ts';

describe('workloads', () => {
  test('a Deployment makes a ReplicaSet and pods with names of the real shape', () => {
    const { value } = settle(cluster({ workloads: [workload('Deployment', 'web', 3)] }));
    expect(own(value)).toHaveLength(3);
    const safe = '[bcdfghjklmnpqrstvwxz2456789]';
    for (const made of own(value)) {
      expect(made.metadata.name).toMatch(new RegExp(`^web-${safe}{8,10}-${safe}{5}$`));
      const owner = made.metadata.ownerReferences[0]?.name;
      expect(value.workloads.find((w) => w.kind === 'ReplicaSet' && w.metadata.name === owner)).toBeDefined();
    }
    expect(new Set(own(value).map((p) => p.metadata.name)).size).toBe(3);
  });
  test.each([
    ['StatefulSet', 2, ['db-0', 'db-1']],
    ['StatefulSet', 0, []],
  ] as const)('%s of %i', (kind, replicas, names) => {
    const { value } = settle(cluster({ workloads: [workload(kind, 'db', replicas)] }));
    expect(own(value).map((p) => p.metadata.name)).toEqual(names);
  });
  test('a StatefulSet counts from where its ordinals start', () => {
    const set = { ...workload('StatefulSet', 'db', 2), firstOrdinal: 5 };
    const pods = own(settle(cluster({ workloads: [set] })).value);
    expect(pods.map((p) => [p.metadata.name, p.spec.hostname])).toEqual([
      ['db-5', 'db-5'],
      ['db-6', 'db-6'],
    ]);
    expect(pods[0]?.metadata.labels['apps.kubernetes.io/pod-index']).toBe('5');
  });
  test('pods of an Indexed Job have their index in name, hostname, label and annotation', () => {
    const pods = own(settle(cluster({ workloads: [{ ...workload('Job', 'sum', 2), indexed: true }] })).value);
    expect(pods.map((p) => [p.metadata.name.slice(0, -5), p.spec.hostname])).toEqual([
      ['sum-0-', 'sum-0'],
      ['sum-1-', 'sum-1'],
    ]);
    const index = 'batch.kubernetes.io/job-completion-index';
    expect(pods.map((p) => [p.metadata.labels[index], p.metadata.annotations[index]])).toEqual([
      ['0', '0'],
      ['1', '1'],
    ]);
    const [plain] = own(settle(cluster({ workloads: [workload('Job', 'sum', 1)] })).value);
    expect(plain?.metadata.name).toMatch(/^sum-\w{5}$/);
    expect(plain?.spec.hostname).toBeUndefined();
    for (const each of [...pods, plain]) expect(each?.metadata.labels['batch.kubernetes.io/job-name']).toBe('sum');
  });
  test('a DaemonSet runs once on each node it tolerates', () => {
    const nodes = [
      nodeObject('n1'),
      nodeObject('n2', {}, { taints: [{ key: 'gpu', value: '1', effect: 'NoSchedule' }] }),
    ];
    const { value } = settle(cluster({ nodes, workloads: [workload('DaemonSet', 'agent', 0)] }));
    expect(own(value).map((p) => p.spec.nodeName)).toEqual(['n1']);
  });
  test('live pods stand for their workload, by owner, by ReplicaSet name, or by name and labels', () => {
    const owners = [{ kind: 'ReplicaSet', name: 'web-545755bc68', controller: true }];
    const live = pod('web-545755bc68-v5kdv', { nodeName: 'n1' }, { podIPs: [ip('10.0.3.193')] });
    for (const given of [live, { ...live, metadata: { ...live.metadata, ownerReferences: owners } }]) {
      const { value } = settle(cluster({ pods: [given], workloads: [workload('Deployment', 'web', 2)] }));
      expect(own(value).map((p) => p.metadata.name)).toEqual(['web-545755bc68-v5kdv']);
    }
  });
  describe('the status of a live one', () => {
    const ended = (index?: number): Pod => {
      const made = pod(`w-${index ?? 'x'}`, {}, { phase: 'Succeeded' });
      const ownerReferences = [{ kind: 'Job', name: 'w', controller: true }];
      const annotations = index === undefined ? {} : { 'batch.kubernetes.io/job-completion-index': String(index) };
      return { ...made, metadata: { ...made.metadata, ownerReferences, annotations } };
    };
    const made = (over: Partial<Workload>, kind: Workload['kind'], pods: readonly Pod[] = []) => {
      const given = cluster({ pods, workloads: [{ ...workload(kind, 'w', 4), ...over }] });
      const { value, issues } = settle(given);
      expect(settle(value).value).toEqual(value);
      const news = own(value).filter((p) => !pods.includes(p));
      const warned = issues.some(({ code }) => code === 'workload-status-differs');
      return { pods: news.length, ready: news.filter((p) => p.status.ready !== false).length, warned, news };
    };
    test.each<[string, Workload['kind'], Workload['status'], object]>([
      ['as many as asked', 'Deployment', { pods: 4, ready: 4 }, { pods: 4, ready: 4, warned: false }],
      ['fewer', 'Deployment', { pods: 3, ready: 2 }, { pods: 3, ready: 2, warned: true }],
      ['none', 'Deployment', { pods: 0, ready: 0 }, { pods: 0, ready: 0, warned: true }],
      ['more', 'ReplicaSet', { pods: 5, ready: 5 }, { pods: 5, ready: 5, warned: true }],
      ['one is not ready', 'StatefulSet', { pods: 4, ready: 3 }, { pods: 4, ready: 3, warned: false }],
      ['on one of two nodes', 'DaemonSet', { pods: 1, ready: 1 }, { pods: 1, ready: 1, warned: true }],
      ['on nodes that are not here too', 'DaemonSet', { pods: 9, ready: 9 }, { pods: 2, ready: 2, warned: false }],
    ])('%s: %s', (_what, kind, status, want) => {
      expect(made(status === undefined ? {} : { status }, kind)).toMatchObject(want);
    });
    const progress = { succeeded: 0, finished: false, done: [], completions: 6 };
    test.each<[string, Partial<Workload>, readonly Pod[], object]>([
      ['nothing done', { progress }, [], { pods: 4, warned: false }],
      ['finished', { progress: { ...progress, finished: true } }, [], { pods: 0, warned: false }],
      ['two left', { progress: { ...progress, succeeded: 4 } }, [], { pods: 2, warned: false }],
      [
        'one of two left runs',
        { progress: { ...progress, succeeded: 4 }, status: { pods: 1, ready: 1 } },
        [],
        { pods: 1, warned: true },
      ],
      [
        'a pod in the input has succeeded',
        { progress: { ...progress, succeeded: 2, completions: 3 } },
        [ended()],
        { pods: 1 },
      ],
      ['all have, and no status says it', { progress: { ...progress, completions: 1 } }, [ended()], { pods: 0 }],
      ['one success is enough', { progress: { succeeded: 1, finished: false, done: [] } }, [], { pods: 0 }],
    ])('a Job: %s', (_what, over, pods, want) => {
      expect(made(over, 'Job', pods)).toMatchObject(want);
    });
    test('an Indexed Job goes on with the indexes that are left', () => {
      const done = [
        [5, 5],
        [0, 1],
      ] as const;
      const { news } = made({ indexed: true, progress: { ...progress, succeeded: 3, completions: 9, done } }, 'Job', [
        ended(3),
      ]);
      expect(news.map((p) => p.spec.hostname)).toEqual(['w-2', 'w-4', 'w-6', 'w-7']);
    });
  });
  describe('a number that was set', () => {
    const names = (kind: Workload['kind'], replicas: number, live: readonly string[], over: Partial<Workload> = {}) => {
      const pods = live.map((name, i): Pod => {
        const made = pod(name, { nodeName: 'n1' }, { ready: i !== 0 });
        const ownerReferences = [{ kind, name: 'w', controller: true }];
        return { ...made, metadata: { ...made.metadata, ownerReferences } };
      });
      const given = cluster({ pods, workloads: [{ ...workload(kind, 'w', replicas), turned: 'count', ...over }] });
      const { value } = settle(given);
      expect(settle(value).value).toEqual(value);
      return own(value).map((p) => p.metadata.name);
    };
    test('fewer: not ready ones go first, of a StatefulSet the highest', () => {
      expect(names('ReplicaSet', 2, ['w-a', 'w-b', 'w-c', 'w-d'])).toEqual(['w-b', 'w-c']);
      expect(names('StatefulSet', 2, ['w-0', 'w-1', 'w-2', 'w-10'])).toEqual(['w-0', 'w-1']);
      expect(names('ReplicaSet', 0, ['w-a'])).toEqual([]);
    });
    test('more: those that are there stay', () => {
      expect(names('StatefulSet', 4, ['w-0', 'w-2'])).toEqual(['w-0', 'w-2', 'w-1', 'w-3']);
      const more = names('ReplicaSet', 3, ['w-a']);
      expect([more.length, more[0]]).toEqual([3, 'w-a']);
      expect(names('Job', 3, ['w-a'])).toHaveLength(3);
    });
  });
});
