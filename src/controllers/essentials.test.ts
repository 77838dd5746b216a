import { describe, expect, test } from 'vitest';
import { cluster, meta, nodeObject, pod, serviceOf, source } from '../../test/controllers/objects.ts';
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
  test.each([
    ['eks.amazonaws.com/compute-type', 'fargate', []],
    ['eks.amazonaws.com/compute-type', 'hybrid', ['kube-proxy']],
    ['kubernetes.io/os', 'windows', []],
    ['kubernetes.io/os', 'linux', ['aws-node', 'kube-proxy']],
  ])('agents of a node with %s=%s', (key, label, agents) => {
    const nodes = [nodeObject('n1'), nodeObject('n2', { [key]: label })];
    const there = settle(cluster({ nodes })).value.pods.filter(
      ({ spec }) => spec.nodeName === 'n2' && spec.hostNetwork,
    );
    expect(there.map(({ metadata }) => metadata.labels['k8s-app']).sort()).toEqual(agents);
  });
  test("the control plane's addresses are those the API server lists for itself", () => {
    const metadata = meta('kubernetes', 'default', { 'kubernetes.io/service-name': 'kubernetes' });
    const { value } = settle(
      cluster({
        endpointSlices: [
          {
            kind: 'EndpointSlice',
            metadata,
            serviceName: 'kubernetes',
            addressType: 'IPv4',
            ports: [{ name: 'https', protocol: 'TCP', port: 443 }],
            endpoints: [{ addresses: ['10.0.0.201'], conditions: { ready: true } }],
            source,
          },
        ],
      }),
    );
    expect(value.apiserver).toEqual([{ ip: '10.0.0.201', subnet: 'a' }]);
    expect(value.assumptions.join()).not.toContain('control plane');
  });
  test('a live list without CoreDNS gets none, and says so', () => {
    const live = pod('x', { nodeName: 'n1' });
    const { value } = settle(cluster({ pods: [{ ...live, metadata: { ...live.metadata, uid: 'u' } }] }));
    expect(value.pods).toHaveLength(1);
    expect(value.assumptions.join()).toContain('without CoreDNS');
  });
});
