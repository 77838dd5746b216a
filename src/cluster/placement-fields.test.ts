import { describe, expect, test } from 'vitest';
import { eks, join, lines, load, problems } from '../../test/cluster/load.ts';

describe('what decides where pods run', () => {
  const workload = (kind: string, api: string, spec: string, podSpec: string): string =>
    join(
      eks,
      `apiVersion: ${api}
kind: ${kind}
metadata: {name: w}
spec: {selector: {matchLabels: {a: w}}, ${spec}template: {metadata: {labels: {a: w}}, spec: {${podSpec}containers: [{name: c, image: i}]}}}
`,
    );
  const spec = 'spec.template.spec';
  test.each([
    [
      'a spread',
      'topologySpreadConstraints: [{topologyKey: k, minDomain: 2}], ',
      `${spec}.topologySpreadConstraints[0].minDomain`,
    ],
    ['a toleration', 'tolerations: [{key: k, operater: Exists}], ', `${spec}.tolerations[0].operater`],
    ['affinity', 'affinity: {nodeAfinity: {}}, ', `${spec}.affinity.nodeAfinity`],
    [
      'pod affinity',
      'affinity: {podAffinity: {requiredDuringScheduling: []}}, ',
      `${spec}.affinity.podAffinity.requiredDuringScheduling`,
    ],
    [
      'a node selector term',
      'affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchLabels: {}}]}}}, ',
      `${spec}.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchLabels`,
    ],
  ])('%s', (_, podSpec, field) => {
    expect(problems(workload('Deployment', 'apps/v1', '', podSpec))).toContain(`Unknown field "${field}"`);
  });
  test('ordinals and an index', () => {
    const sets = load(workload('StatefulSet', 'apps/v1', 'ordinals: {start: 3, end: 5}, ', ''));
    expect(sets.value.workloads[0]).toMatchObject({ firstOrdinal: 3 });
    expect(lines(sets.issues).join()).toContain('Unknown field "spec.ordinals.end"');
    const jobs = load(workload('Job', 'batch/v1', 'completionMode: Indexed, completions: 3, parallelism: 2, ', ''));
    expect(jobs.value.workloads[0]).toMatchObject({ indexed: true, replicas: 2 });
    expect(problems(workload('Job', 'batch/v1', 'completionMode: Indexed, ', ''))).toContain(
      'Field "spec.completions" is missing',
    );
  });
  test.each([
    ['Deployment', 'apps/v1', '{replicas: 3, readyReplicas: 2, observedGeneration: 1}', { pods: 3, ready: 2 }],
    ['Deployment', 'apps/v1', '{observedGeneration: 1}', { pods: 0, ready: 0 }],
    ['Deployment', 'apps/v1', '{}', undefined],
    ['DaemonSet', 'apps/v1', '{currentNumberScheduled: 2, numberReady: 2}', { pods: 2, ready: 2 }],
    ['Job', 'batch/v1', '{startTime: "2026-01-01T00:00:00Z", active: 2}', { pods: 2, ready: 2 }],
    ['Job', 'batch/v1', '{succeeded: 1}', undefined],
  ])('the status of a %s: %s %s', (kind, api, status, want) => {
    const text = workload(kind, api, '', '').replace(/\n$/, `\nstatus: ${status}\n`);
    expect(load(text).value.workloads[0]?.status).toEqual(want);
  });
  test('how far a Job is', () => {
    const status = '{succeeded: 4, completedIndexes: "1,3-5", conditions: [{type: Complete, status: "True"}]}';
    const job = (text: string) =>
      workload('Job', 'batch/v1', 'completions: 9, ', '').replace(/\n$/, `\nstatus: ${text}\n`);
    expect(load(job(status)).value.workloads[0]?.progress).toEqual({
      completions: 9,
      succeeded: 4,
      finished: true,
      done: [
        [1, 1],
        [3, 5],
      ],
    });
    expect(problems(job('{completedIndexes: "1-"}'))).toContain('status.completedIndexes');
  });
  test('a spread and a term of pod affinity without a selector count no pod', () => {
    const read = load(
      workload(
        'Deployment',
        'apps/v1',
        '',
        'topologySpreadConstraints: [{topologyKey: k, minDomains: 2, matchLabelKeys: [a], nodeTaintsPolicy: Honor, nodeAffinityPolicy: Ignore}], affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: k}], preferredDuringSchedulingIgnoredDuringExecution: [{}]}}, ',
      ),
    ).value.workloads[0]?.template.spec;
    const none = [{ key: '', operator: 'In', values: [] }];
    expect(read?.podAffinity[0]?.labelSelector.matchExpressions).toEqual(none);
    expect(read?.topologySpreadConstraints).toMatchObject([
      {
        labelSelector: { matchExpressions: none },
        minDomains: 2,
        matchLabelKeys: ['a'],
        nodeTaintsPolicy: 'Honor',
        nodeAffinityPolicy: 'Ignore',
      },
    ]);
    expect(read?.prefers).toBe(true);
  });
});
