import { describe, expect, test } from 'vitest';
import { cluster, machine, nodeObject, own, pod, podOf, workload } from '../../test/controllers/objects.ts';
import type { LabelSelector, Node, PodSpec, PriorityClass } from '../cluster/index.ts';
import { settle } from './settle.ts';

describe('scheduler', () => {
  const zoned = [
    nodeObject('n1', { disk: 'ssd', n: '5' }),
    nodeObject('n2', { 'topology.kubernetes.io/zone': 'us-east-1b' }),
  ];
  const term = (
    key: string,
    operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt',
    ...values: string[]
  ) => ({
    requiredNodeAffinity: [{ matchExpressions: [{ key, operator, values }], matchFields: [] }],
  });
  test.each<[string, Partial<PodSpec>, string]>([
    ['nodeSelector', { nodeSelector: { disk: 'ssd' } }, 'n1'],
    ['In', term('disk', 'In', 'ssd', 'nvme'), 'n1'],
    ['NotIn matches an absent key', term('disk', 'NotIn', 'ssd'), 'n2'],
    ['Exists', term('disk', 'Exists'), 'n1'],
    ['DoesNotExist', term('disk', 'DoesNotExist'), 'n2'],
    ['Gt', term('n', 'Gt', '4'), 'n1'],
    ['Lt', term('n', 'Lt', '6'), 'n1'],
    [
      'fields',
      {
        requiredNodeAffinity: [
          { matchExpressions: [], matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n2'] }] },
        ],
      },
      'n2',
    ],
    ['given node wins', { nodeName: 'n2', nodeSelector: { disk: 'ssd' } }, 'n2'],
  ])('%s', (_name, over, want) => {
    expect(podOf(settle(cluster({ nodes: zoned, pods: [pod('x', over)] })).value, 'x').spec.nodeName).toBe(want);
  });
  test('many pods that wait for one reason share a warning', () => {
    const nodes = ['n1', 'n2'].map((name) => nodeObject(name, {}, { unschedulable: true }));
    const said = (count: number) =>
      settle(cluster({ nodes, pods: Array.from({ length: count }, (_, i) => pod(`x${i}`)) }))
        .issues.map(({ message }) => message)
        .filter((message) => message.includes('Pending'));
    expect(said(1)).toContainEqual(expect.stringMatching(/^Pod "default\/x0" stays Pending/));
    expect(said(20)).toEqual([
      expect.stringMatching(/^2\d pods stay Pending: 0\/2 nodes are available: 2 node\(s\) were unschedulable/),
    ]);
  });
  test('says why a pod stays Pending, node by node', () => {
    const nodes = [
      nodeObject('n1', {}, { unschedulable: true }),
      nodeObject('n2', {}, { taints: [{ key: 'gpu', value: '1', effect: 'NoSchedule' }] }),
    ];
    const { value, issues } = settle(cluster({ nodes, pods: [pod('x')] }));
    expect(podOf(value, 'x').spec.nodeName).toBeUndefined();
    expect(issues.find((issue) => issue.message.includes('default/x'))?.message).toBe(
      'Pod "default/x" stays Pending: 0/2 nodes are available: 1 node(s) had untolerated taint {gpu: 1}, 1 node(s) were unschedulable',
    );
  });
  test('maxPods counts host network pods', () => {
    const nodeSpecs = [machine('n1', { maxPods: 4 })];
    const { value } = settle(cluster({ nodeSpecs, workloads: [workload('Deployment', 'web', 9)] }));
    expect(value.pods.filter((p) => p.spec.nodeName === 'n1')).toHaveLength(4);
  });
  const self: LabelSelector = { matchLabels: { app: 'web' }, matchExpressions: [] };
  test.each<[string, Partial<PodSpec>, number, number]>([
    [
      'anti-affinity on hostname',
      { podAntiAffinity: [{ labelSelector: self, namespaces: [], topologyKey: 'topology.kubernetes.io/zone' }] },
      2,
      2,
    ],
    [
      'affinity with itself',
      { podAffinity: [{ labelSelector: self, namespaces: [], topologyKey: 'topology.kubernetes.io/zone' }] },
      3,
      1,
    ],
    [
      'spread',
      {
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: 'topology.kubernetes.io/zone',
            whenUnsatisfiable: 'DoNotSchedule',
            labelSelector: self,
          },
        ],
      },
      3,
      2,
    ],
  ])('%s', (_name, over, placed, zones) => {
    const { value } = settle(cluster({ nodes: zoned, workloads: [workload('Deployment', 'web', 3, over)] }));
    const on = own(value).flatMap((p) => p.spec.nodeName ?? []);
    expect([on.length, new Set(on).size]).toEqual([placed, zones]);
  });
  test('a full zone blocks the other where the spread must hold', () => {
    const nodes = [
      nodeObject('n1'),
      nodeObject('n2', { 'topology.kubernetes.io/zone': 'us-east-1b' }, { unschedulable: true }),
    ];
    const over: Partial<PodSpec> = {
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'topology.kubernetes.io/zone',
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: self,
        },
      ],
    };
    const { value } = settle(cluster({ nodes, workloads: [workload('Deployment', 'web', 3, over)] }));
    expect(own(value).filter((p) => p.spec.nodeName !== undefined)).toHaveLength(1);
  });
  const twoZones = [
    nodeObject('n1'),
    nodeObject(
      'n2',
      { 'topology.kubernetes.io/zone': 'us-east-1b' },
      {
        taints: [{ key: 'gpu', value: '1', effect: 'NoSchedule' }],
      },
    ),
  ];
  const even = {
    maxSkew: 1,
    topologyKey: 'topology.kubernetes.io/zone',
    whenUnsatisfiable: 'DoNotSchedule',
    labelSelector: self,
  } as const;
  const placed = (over: Partial<PodSpec>, nodes = twoZones): number => {
    const { value } = settle(cluster({ nodes, workloads: [workload('Deployment', 'web', 3, over)] }));
    return own(value).filter((p) => p.spec.nodeName !== undefined).length;
  };
  const inZoneA = {
    requiredNodeAffinity: [
      {
        matchExpressions: [{ key: 'topology.kubernetes.io/zone', operator: 'In' as const, values: ['us-east-1a'] }],
        matchFields: [],
      },
    ],
  };
  const open = twoZones.map((node) => nodeObject(node.metadata.name, node.metadata.labels));
  test.each<[string, Partial<PodSpec>, readonly Node[], number]>([
    ['a tainted zone counts as empty', { topologySpreadConstraints: [even] }, twoZones, 1],
    ['nodeTaintsPolicy Honor', { topologySpreadConstraints: [{ ...even, nodeTaintsPolicy: 'Honor' }] }, twoZones, 3],
    ['a zone out of affinity does not count', { topologySpreadConstraints: [even], ...inZoneA }, open, 3],
    [
      'nodeAffinityPolicy Ignore',
      { topologySpreadConstraints: [{ ...even, nodeAffinityPolicy: 'Ignore' }], ...inZoneA },
      open,
      1,
    ],
    ['minDomains above what is there', { topologySpreadConstraints: [{ ...even, minDomains: 3 }] }, open, 2],
    ['minDomains as many as are there', { topologySpreadConstraints: [{ ...even, minDomains: 2 }] }, open, 3],
  ])('spread: %s', (_name, over, nodes, want) => {
    expect(placed(over, [...nodes])).toBe(want);
  });
  test('spread: matchLabelKeys count pods with the same value only', () => {
    const nodes = [open[0], nodeObject('n2', { 'topology.kubernetes.io/zone': 'us-east-1b' }, { unschedulable: true })];
    const at = (revision: string, name: string, over: Partial<PodSpec>) => {
      const made = pod(name, over);
      return { ...made, metadata: { ...made.metadata, labels: { app: 'web', revision } } };
    };
    const keyed = { topologySpreadConstraints: [{ ...even, matchLabelKeys: ['revision'] }] };
    const pods = [at('1', 'web-old', { nodeName: 'n1' }), at('2', 'web-new', keyed), at('1', 'web-more', keyed)];
    const { value } = settle(cluster({ nodes: nodes.flatMap((n) => n ?? []), pods }));
    expect([podOf(value, 'web-new').spec.nodeName, podOf(value, 'web-more').spec.nodeName]).toEqual(['n1', undefined]);
  });
  test('affinity that only weighs is said', () => {
    const said = (over: Partial<PodSpec>) => settle(cluster({ pods: [pod('x', over)] })).value.assumptions.join('\n');
    expect(said({ prefers: true })).toContain('preferred affinity is not weighed: "default/x" may be on another node');
    expect(said({})).not.toContain('preferred');
  });
  test('what is critical to the cluster is placed before what is not', () => {
    const workloads = [workload('Deployment', 'a', 9), workload('Deployment', 'b', 1, { priority: 5 })];
    const nodes = [{ ...nodeObject('n1'), status: { ...nodeObject('n1').status, capacityPods: 6 } }];
    const { value } = settle(cluster({ nodes, nodeSpecs: [machine('n1')], workloads }));
    const placed = (name: string) => value.pods.filter((p) => p.metadata.name.startsWith(name) && p.spec.nodeName);
    expect(['aws-node', 'kube-proxy', 'coredns', 'b-', 'a-'].map((name) => placed(name).length)).toEqual([
      1, 1, 2, 1, 1,
    ]);
  });
  describe('priority classes', () => {
    const source = { file: 'classes.yaml', line: 1 };
    const given = (name: string, value: number, over: Partial<PriorityClass> = {}): PriorityClass => ({
      kind: 'PriorityClass',
      metadata: { ...nodeObject(name).metadata },
      source,
      value,
      globalDefault: false,
      ...over,
    });
    /** Two pods, one place. */
    const run = (a: Partial<PodSpec>, b: Partial<PodSpec>, ...priorityClasses: readonly PriorityClass[]) => {
      const nodes = [{ ...nodeObject('n1'), status: { ...nodeObject('n1').status, capacityPods: 5 } }];
      const { value, issues } = settle(
        cluster({ nodes, nodeSpecs: [machine('n1')], pods: [pod('a', a), pod('b', b)], priorityClasses }),
      );
      const ran = value.pods.filter(
        (each) => each.metadata.namespace === 'default' && each.spec.nodeName !== undefined,
      );
      return {
        ran: ran.map(({ metadata }) => metadata.name).join(),
        said: issues.map(({ message }) => message).join('\n'),
      };
    };
    const of = (priorityClassName: string): Partial<PodSpec> => ({ priorityClassName });
    test.each<[string, string, ...Parameters<typeof run>]>([
      ['none: by name', 'a', {}, {}],
      ['the higher class first', 'b', {}, of('high'), given('high', 10)],
      ['below what has none', 'b', of('low'), {}, given('low', -1)],
      [
        'a number admission gave stands',
        'a',
        { priority: 11, ...of('low') },
        of('high'),
        given('high', 10),
        given('low', -1),
      ],
      ["the system's own", 'b', of('high'), of('system-cluster-critical'), given('high', 1e9)],
      ['the default of all', 'b', of('low'), {}, given('low', 5), given('all', 7, { globalDefault: true })],
      [
        'the lowest of several defaults',
        'a',
        of('low'),
        {},
        given('low', 5),
        given('all', 7, { globalDefault: true }),
        given('too', 3, { globalDefault: true }),
      ],
    ])('%s', (_, want, ...args) => {
      expect(run(...args).ran).toBe(want);
    });
    test('a class nobody gave is said once', () => {
      const { ran, said } = run(of('gone'), of('gone'));
      expect(ran).toBe('a');
      expect(said.match(/PriorityClass "gone" of pod "default\/a" is not in the input/g)).toHaveLength(1);
    });
    test('room that would be made is said to be', () => {
      const evicts = /Pod "default\/b" has a higher priority than pods with a node: kube-scheduler may evict/;
      const there = { nodeName: 'n1' };
      expect(run(there, of('high'), given('high', 10)).said).toMatch(evicts);
      expect(run(there, {}, given('high', 10)).said).not.toMatch(/evict/);
      expect(run(there, of('high'), given('high', 10, { preemptionPolicy: 'Never' })).said).not.toMatch(/evict/);
      expect(run(there, { ...of('high'), preemptionPolicy: 'Never' }, given('high', 10)).said).not.toMatch(/evict/);
    });
  });
});
