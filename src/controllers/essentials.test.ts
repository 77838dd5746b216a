import { describe, expect, test } from 'vitest';
import { cluster, pod, serviceOf } from '../../test/controllers/objects.ts';
import { settle } from './settle.ts';

describe('essentials', () => {
  test('a description gets CoreDNS, the node agents, kube-dns and kubernetes', () => {
    const { value } = settle(cluster());
    expect(value.clusterDns).toEqual(['172.20.0.10']);
    expect(serviceOf(value, 'kube-dns').spec.clusterIPs).toEqual(['172.20.0.10']);
    expect(serviceOf(value, 'kubernetes').spec.clusterIPs).toEqual(['172.20.0.1']);
    const dns = value.endpointSlices.find((slice) => slice.serviceName === 'kube-dns');
    expect(dns?.endpoints).toHaveLength(2);
    expect(value.apiserver.map((end) => end.subnet)).toEqual(['a', 'b']);
    expect(value.pods.filter((p) => p.spec.hostNetwork)).toHaveLength(4);
  });
  test('a live list without CoreDNS gets none, and says so', () => {
    const live = pod('x', { nodeName: 'n1' });
    const { value } = settle(cluster({ pods: [{ ...live, metadata: { ...live.metadata, uid: 'u' } }] }));
    expect(value.pods).toHaveLength(1);
    expect(value.assumptions.join()).toContain('without CoreDNS');
  });
});
