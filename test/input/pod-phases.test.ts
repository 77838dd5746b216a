import { describe, expect, test } from 'vitest';
import { showIssue } from '../../src/base/index.ts';
import { loadWorld } from '../../src/load/index.ts';
import { BASE } from '../unmodelled/testing.ts';

const pod = (
  name: string,
  status: string,
  of: { readonly node?: string; readonly uid?: string; readonly host?: boolean } = {},
): string => `---
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: shop, labels: { app: web }${of.uid === undefined ? '' : `, uid: ${of.uid}`} }
spec:
  ${of.node === undefined ? '' : `nodeName: ${of.node}`}
  hostNetwork: ${of.host ?? false}
  containers: [{ name: main, image: "shop/web:1", ports: [{ containerPort: 8080 }] }]
status: { ${status} }
`;

const UNSCHEDULED =
  'phase: Pending, conditions: [{ type: PodScheduled, status: "False", reason: Unschedulable, message: "0/2 nodes are available: 2 Insufficient cpu." }]';
const CREATING =
  'phase: Pending, conditions: [{ type: PodScheduled, status: "True" }], containerStatuses: [{ name: main, state: { waiting: { reason: ContainerCreating } } }]';

function load(extra: string) {
  const files = [
    { path: 'base.yaml', text: BASE },
    { path: 'pods.yaml', text: extra },
  ];
  const { world, cluster, issues } = loadWorld(files, []);
  return {
    pods: world?.directory.pods ?? [],
    endpoints:
      cluster?.endpointSlices
        .filter(({ serviceName }) => serviceName === 'web')
        .flatMap((slice) => slice.endpoints.flatMap(({ addresses }) => addresses)) ?? [],
    sockets: (id: string): readonly number[] =>
      [...(world?.netns ?? [])].find(([netns]) => netns === id)?.[1].sockets.map(({ port }) => port) ?? [],
    said: issues.filter(({ at }) => at.file === 'pods.yaml').map(showIssue),
  };
}
const names = ({ pods }: ReturnType<typeof load>): readonly string[] => pods.map(({ name }) => name);

describe('a pod its API server shows Pending', () => {
  test.each([
    ['as it comes from the server', { uid: '7a' }],
    ['with its uid stripped', {}],
  ])('unscheduled, %s: no node and no address is made up, and the reason is given', (_, of) => {
    const loaded = load(pod('late', UNSCHEDULED, of));
    expect(names(loaded)).not.toContain('late');
    expect(loaded.endpoints).toEqual(['10.0.1.21']);
    expect(loaded.said).toEqual([
      expect.stringMatching(/"shop\/late".*Pending.*Unschedulable.*0\/2 nodes are available: 2 Insufficient cpu/),
    ]);
  });

  test('many of one reason share a warning', () => {
    const many = Array.from({ length: 40 }, (_, i) => pod(`late-${i}`, UNSCHEDULED, { uid: `u${i}` })).join('');
    const { said } = load(many);
    expect(said).toEqual([expect.stringMatching(/40 pods.*Pending.*Insufficient cpu/)]);
  });

  test('on a node and not yet started: no address, no endpoint, its own reason', () => {
    const loaded = load(pod('starting', CREATING, { uid: '7b', node: 'n1' }));
    expect(names(loaded)).not.toContain('starting');
    expect(loaded.endpoints).toEqual(['10.0.1.21']);
    expect(loaded.said).toEqual([expect.stringMatching(/"shop\/starting".*Pending.*ContainerCreating/)]);
  });

  test('on the host network: nothing listens yet', () => {
    const loaded = load(pod('agent', CREATING, { uid: '7c', node: 'n1', host: true }));
    expect(names(loaded)).not.toContain('agent');
    expect(loaded.sockets('node/n1')).not.toContain(8080);
  });

  test('with an address it is there: an image that cannot be pulled needs none', () => {
    const loaded = load(pod('pulling', 'phase: Pending, podIP: 10.0.1.31', { uid: '7d', node: 'n1' }));
    expect(names(loaded)).toContain('pulling');
    expect(loaded.sockets('pod/shop/pulling')).toEqual([]);
  });

  test('a manifest with a default status is to be started', () => {
    expect(names(load(pod('fresh', 'phase: Pending')))).toContain('fresh');
  });
});

const RUNNING = 'phase: Running, podIP: 10.0.1.31';
const states = (...each: readonly string[]): string => `${RUNNING}, containerStatuses: [${each.join(', ')}]`;

describe('what its containers do', () => {
  test.each([
    ['runs', states('{ name: main, ready: true, state: { running: {} } }'), [8080], undefined],
    ['runs and is not ready', states('{ name: main, ready: false, state: { running: {} } }'), [8080], undefined],
    ['waits', states('{ name: main, ready: false, state: { waiting: { reason: CrashLoopBackOff } } }'), [], true],
    ['has terminated', states('{ name: main, ready: false, state: { terminated: { exitCode: 1 } } }'), [], true],
    [
      'waits for an init container that runs',
      `${states('{ name: main, state: { waiting: { reason: PodInitializing } } }')}, initContainerStatuses: [{ name: init, state: { running: {} } }]`,
      [],
      undefined,
    ],
    ['has no state', states('{ name: main, ready: false }'), [8080], undefined],
    ['has an empty state', states('{ name: main, state: {} }'), [8080], undefined],
    ['is another', states('{ name: other, state: { waiting: {} } }'), [8080], undefined],
  ])('it %s', (_, status, ports, idle) => {
    const loaded = load(pod('one', status, { uid: '8a', node: 'n1' }));
    expect(loaded.sockets('pod/shop/one')).toEqual(ports);
    expect(loaded.pods.find(({ name }) => name === 'one')?.idle).toBe(idle);
    expect(loaded.said).toEqual([]);
  });

  test('a port that a Service sends to is not opened by a container that waits', () => {
    const loaded = load(
      `${pod('web-2', states('{ name: main, state: { waiting: {} } }'), { uid: '8b', node: 'n1' })}---
apiVersion: v1
kind: Service
metadata: { name: all, namespace: shop }
spec: { selector: { app: web }, publishNotReadyAddresses: true, ports: [{ name: one, port: 80, targetPort: 8080 }, { name: other, port: 81, targetPort: 9090 }] }
`,
    );
    expect(loaded.sockets('pod/shop/web-2')).toEqual([]);
    expect(loaded.sockets('pod/shop/web')).toEqual([8080, 9090]);
  });
});

describe('a pod that finished', () => {
  test.each(['Succeeded', 'Failed'])("%s: its address is somebody else's, and it is no endpoint", (phase) => {
    const loaded = load(
      pod('done', `phase: ${phase}, podIP: 10.0.1.41`, { uid: '7e', node: 'n1' }) +
        pod('next', 'phase: Running, podIP: 10.0.1.41', { uid: '7f', node: 'n2' }),
    );
    expect(loaded.said).toEqual([]);
    expect(
      loaded.pods.filter(({ addresses }) => addresses.includes('10.0.1.41' as never)).map(({ name }) => name),
    ).toEqual(['next']);
    expect(loaded.endpoints).toEqual(['10.0.1.21', '10.0.1.41']);
  });
  test('on the host network nothing of it listens', () => {
    const loaded = load(pod('done', 'phase: Succeeded, podIP: 10.0.0.11', { uid: '7e', node: 'n1', host: true }));
    expect(loaded.sockets('node/n1')).not.toContain(8080);
    expect(loaded.endpoints).toEqual(['10.0.1.21']);
  });
});

test('pods that fit nowhere share one warning', () => {
  const nowhere = Array.from({ length: 40 }, (_, i) =>
    pod(`big-${i}`, 'phase: Pending').replace('containers:', 'nodeSelector: { size: huge }\n  containers:'),
  ).join('');
  const { said } = load(nowhere);
  expect(said).toEqual([expect.stringMatching(/40 pods stay Pending/)]);
});
