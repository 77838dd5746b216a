import { describe, expect, test } from 'vitest';
import { cluster, codes, machine, meta, pod, service, source, spec, workload } from '../../test/controllers/objects.ts';
import type { Cluster, EndpointSlice, Pod, Service } from '../cluster/index.ts';
import { ip } from '../net/index.ts';
import { settle } from './settle.ts';

describe('endpoint slices', () => {
  const slices = (c: Cluster, name: string) => settle(c).value.endpointSlices.filter((s) => s.serviceName === name);
  const named = (name: string, ready: boolean, deleted = false): Pod => {
    const made = pod(name, { nodeName: 'n1' }, { ready });
    return deleted ? { ...made, metadata: { ...made.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } } : made;
  };
  test.each<[string, Pod, boolean, object]>([
    ['ready', named('web-1', true), false, { ready: true, serving: true, terminating: false }],
    ['not ready', named('web-1', false), false, { ready: false, serving: false, terminating: false }],
    ['terminating', named('web-1', true, true), false, { ready: false, serving: true, terminating: true }],
    ['published', named('web-1', false, true), true, { ready: true, serving: false, terminating: true }],
  ])('%s', (_name, given, publishNotReadyAddresses, conditions) => {
    const made = slices(cluster({ pods: [given], services: [service('web', { publishNotReadyAddresses })] }), 'web');
    expect(made[0]?.endpoints[0]?.conditions).toEqual(conditions);
  });
  test('named ports are looked up per pod, a slice per answer', () => {
    const other = [
      { name: 'c', image: 'i', env: [], ports: [{ name: 'http', containerPort: 9090, protocol: 'TCP' as const }] },
    ];
    const pods = [named('web-1', true), { ...named('web-2', true), spec: spec({ nodeName: 'n1', containers: other }) }];
    const made = slices(cluster({ pods, services: [service('web')] }), 'web');
    expect(made.map((slice) => slice.ports[0]?.port).sort()).toEqual([8080, 9090]);
  });
  test('100 endpoints a slice, sorted by address', () => {
    const nodeSpecs = [machine('n1', { instanceType: 'm5.24xlarge' })];
    const made = slices(
      cluster({ nodeSpecs, workloads: [workload('Deployment', 'web', 150)], services: [service('web')] }),
      'web',
    );
    expect(made.map((slice) => slice.endpoints.length)).toEqual([100, 50]);
  });
  test.each<[NonNullable<Service['spec']['trafficDistribution']>, object]>([
    ['PreferClose', { forZones: ['us-east-1a'], forNodes: [] }],
    ['PreferSameZone', { forZones: ['us-east-1a'], forNodes: [] }],
    ['PreferSameNode', { forZones: ['us-east-1a'], forNodes: ['n1'] }],
  ])('%s writes hints', (trafficDistribution, hints) => {
    const made = slices(
      cluster({ pods: [named('web-1', true)], services: [service('web', { trafficDistribution })] }),
      'web',
    );
    expect(made[0]?.endpoints[0]?.hints).toEqual(hints);
  });
  describe('topology-mode: Auto', () => {
    const zoned = (annotations: Record<string, string>, replicas: number, zones = ['us-east-1a', 'us-east-1b']) => {
      const made = service('web', { trafficDistribution: 'PreferClose' });
      return settle(
        cluster({
          nodeSpecs: zones.map((zone, i) => machine(`n${i}`, { zone })),
          workloads: [workload('Deployment', 'web', replicas)],
          services: [{ ...made, metadata: { ...made.metadata, annotations } }],
        }),
      ).value;
    };
    const mode = 'service.kubernetes.io/topology-mode';
    const older = 'service.kubernetes.io/topology-aware-hints';
    test.each<[string, Record<string, string>, number, string[] | undefined, string | undefined]>([
      ['as many endpoints as zones', { [mode]: 'Auto' }, 2, undefined, mode],
      ['the older annotation', { [older]: 'auto' }, 2, undefined, older],
      ['fewer endpoints than zones', { [mode]: 'Auto' }, 1, undefined, undefined],
      ['one zone', { [mode]: 'Auto' }, 2, ['us-east-1a'], undefined],
      ['the newer one says no', { [mode]: 'Disabled', [older]: 'Auto' }, 2, undefined, undefined],
    ])('%s', (_what, annotations, replicas, zones, says) => {
      const { assumptions, endpointSlices } = zoned(annotations, replicas, zones);
      const hints = assumptions.filter((line) => line.includes('topology hints'));
      expect(hints).toEqual(says === undefined ? [] : [expect.stringContaining(says)]);
      const written = endpointSlices
        .flatMap((slice) => slice.endpoints)
        .some((endpoint) => endpoint.hints !== undefined);
      expect(written).toBe(annotations[mode] === 'Disabled');
    });
  });
  test('a StatefulSet behind a headless Service has hostnames', () => {
    const set = { ...workload('StatefulSet', 'db', 1), serviceName: 'db' };
    const made = slices(cluster({ workloads: [set], services: [service('db', { clusterIPs: ['None'] })] }), 'db');
    expect(made[0]?.endpoints[0]?.hostname).toBe('db-0');
  });
  test('no pod: an empty slice and a word; no selector: nothing', () => {
    const base = cluster({ services: [service('web')] });
    expect(slices(base, 'web').map((slice) => slice.endpoints)).toEqual([[]]);
    expect(codes(base)).toContain('service-selects-nothing');
    const { selector: _, ...without } = service('ext').spec;
    expect(slices(cluster({ services: [{ ...service('ext'), spec: without }] }), 'ext')).toEqual([]);
  });
  test('given slices stay as they are', () => {
    const given = {
      kind: 'EndpointSlice' as const,
      metadata: meta('web-x'),
      serviceName: 'web',
      addressType: 'IPv4' as const,
      ports: [],
      endpoints: [],
      source,
    };
    expect(
      slices(cluster({ pods: [named('web-1', true)], services: [service('web')], endpointSlices: [given] }), 'web'),
    ).toEqual([given]);
  });
  test("another controller's slice stands beside the controller's own", () => {
    const managed = (name: string, by: string) => ({
      ...SLICE,
      metadata: { ...meta(name), labels: { 'endpointslice.kubernetes.io/managed-by': by } },
    });
    const addresses = (...given: readonly EndpointSlice[]) => {
      const pods = [pod('web-1', { nodeName: 'n1' }, { podIPs: [ip('10.0.1.9')] })];
      const { value } = settle(cluster({ pods, services: [service('web')], endpointSlices: given }));
      const mine = value.endpointSlices.filter((slice) => slice.serviceName === 'web');
      return mine.flatMap((slice) => slice.endpoints.flatMap((each) => each.addresses));
    };
    const foreign = managed('web-x', 'me');
    expect(addresses(foreign)).toEqual(['10.0.2.70', '10.0.1.9']);
    expect(addresses(foreign, managed('web-y', 'endpointslice-controller.k8s.io'))).toEqual(['10.0.2.70', '10.0.2.70']);
    const again = settle(cluster({ services: [service('web')], endpointSlices: [foreign] })).value;
    expect(settle(again).value.endpointSlices).toEqual(again.endpointSlices);
  });
});

const SLICE: EndpointSlice = {
  kind: 'EndpointSlice',
  metadata: meta('web-x'),
  serviceName: 'web',
  addressType: 'IPv4',
  ports: [{ name: 'http', protocol: 'TCP', port: 5432 }],
  endpoints: [{ addresses: ['10.0.2.70'], conditions: { ready: true } }],
  source,
};
