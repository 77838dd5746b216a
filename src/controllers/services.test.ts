import { describe, expect, test } from 'vitest';
import { cluster, codes, service, serviceOf } from '../../test/controllers/objects.ts';
import type { Service } from '../cluster/index.ts';
import { cidr, cidrContains, ip } from '../net/index.ts';
import { settle } from './settle.ts';

describe('services', () => {
  test('dynamic addresses and ports come from above the static bands, whatever the order of the input', () => {
    const many = Array.from({ length: 200 }, (_, i) => service(`s${i}`, { type: 'NodePort' }));
    const there = settle(cluster({ services: many })).value;
    const back = settle(cluster({ services: many.toReversed() })).value;
    const ips = many.map((s) => serviceOf(there, s.metadata.name).spec.clusterIPs[0] ?? '');
    expect(many.map((s) => serviceOf(back, s.metadata.name).spec.clusterIPs[0])).toEqual(ips);
    expect(new Set(ips).size).toBe(200);
    for (const address of ips) expect(cidrContains(cidr('172.20.0.0/24'), ip(address))).toBe(false);
    const ports = many.map((s) => serviceOf(there, s.metadata.name).spec.ports[0]?.nodePort ?? 0);
    expect(new Set(ports).size).toBe(200);
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(30086);
    expect(Math.max(...ports)).toBeLessThanOrEqual(32767);
  });
  test('what a Service has it keeps', () => {
    const ports = [{ name: '', protocol: 'TCP' as const, port: 80, targetPort: 8080, nodePort: 32385 }];
    const given = service('x', { type: 'NodePort', clusterIPs: ['172.20.152.84'], ports });
    const { value } = settle(cluster({ services: [given, service('hl', { clusterIPs: ['None'] })] }));
    expect(serviceOf(value, 'x').spec.clusterIPs).toEqual(['172.20.152.84']);
    expect(serviceOf(value, 'x').spec.ports).toEqual(ports);
    expect(serviceOf(value, 'hl').spec.clusterIPs).toEqual(['None']);
  });
  test('ports of one number share the node port the first of them was given', () => {
    const of = (protocol: 'TCP' | 'UDP' | 'SCTP', nodePort?: number) => ({
      ...{ name: protocol, protocol, port: 53, targetPort: 53 },
      ...(nodePort === undefined ? {} : { nodePort }),
    });
    const given = service('x', { type: 'NodePort', ports: [of('SCTP'), of('TCP', 30053), of('UDP', 30054)] });
    const { value } = settle(cluster({ services: [given] }));
    expect(serviceOf(value, 'x').spec.ports.map(({ nodePort }) => nodePort)).toEqual([30053, 30053, 30054]);
  });
  test.each<[string, Partial<Service['spec']>, boolean, boolean]>([
    ['ClusterIP', {}, false, false],
    ['LoadBalancer', { type: 'LoadBalancer' }, true, false],
    ['LoadBalancer, Local', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' }, true, true],
    ['no node ports', { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false }, false, false],
    ['NodePort, Local', { type: 'NodePort', externalTrafficPolicy: 'Local' }, true, false],
  ])('%s', (_name, over, nodePort, health) => {
    const { spec: made } = serviceOf(settle(cluster({ services: [service('x', over)] })).value, 'x');
    expect([made.ports[0]?.nodePort !== undefined, made.healthCheckNodePort !== undefined]).toEqual([nodePort, health]);
  });
  test('dual stack follows the policy and the cluster', () => {
    const serviceCidrs = [cidr('172.20.0.0/16'), cidr('fd00::/108')];
    const services = [service('x', { ipFamilyPolicy: 'PreferDualStack' }), service('y')];
    const { value } = settle(cluster({ serviceCidrs, services }));
    expect(serviceOf(value, 'x').spec.ipFamilies).toEqual(['IPv4', 'IPv6']);
    expect(serviceOf(value, 'y').spec.ipFamilies).toEqual(['IPv4']);
    expect(codes(cluster({ services: [service('z', { ipFamilyPolicy: 'RequireDualStack' })] }))).toContain(
      'service-family-missing',
    );
  });
  test.each<[string, Partial<Service['spec']>, string]>([
    ['address', { clusterIPs: ['172.20.5.5'] }, 'cluster-ip-taken'],
    [
      'port',
      { ports: [{ name: '', protocol: 'TCP', port: 1, targetPort: 1, nodePort: 30001 }], type: 'NodePort' },
      'node-port-taken',
    ],
  ])('two Services with one %s', (_name, over, code) => {
    expect(codes(cluster({ services: [service('x', over), service('y', over)] }))).toContain(code);
  });
  test('a full CIDR is an error, after the static band is used up too', () => {
    const services = Array.from({ length: 20 }, (_, i) => service(`s${i}`));
    const small = settle(cluster({ serviceCidrs: [cidr('172.20.0.0/28')], services }));
    expect(small.issues.filter((issue) => issue.code === 'cluster-ip-exhausted')).toHaveLength(8);
  });
});
