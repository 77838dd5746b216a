import { describe, expect, test } from 'vitest';
import { cluster, meta, nodeObject, pod, serviceOf, source } from '../../test/controllers/objects.ts';
import { type EndpointSlice, emptyServiceSpec, type Pod, type Service } from '../cluster/index.ts';
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
  describe('a live list without CoreDNS gets none, and who answers is not known', () => {
    const podOf = (name: string, namespace: string): Pod => {
      const made = pod(name, { nodeName: 'n1' });
      return { ...made, metadata: { ...made.metadata, ...meta(name, namespace, { 'k8s-app': name }), uid: 'u' } };
    };
    const live = podOf('x', 'shop');
    const service: Service = {
      kind: 'Service',
      metadata: meta('kube-dns', 'kube-system', {}),
      spec: { ...emptyServiceSpec, clusterIPs: ['172.20.0.10'], selector: { 'k8s-app': 'kube-dns' } },
      status: { ingress: [] },
      source,
    };
    const slice = (...endpoints: EndpointSlice['endpoints']): EndpointSlice => ({
      kind: 'EndpointSlice',
      metadata: meta('kube-dns', 'kube-system', {}),
      serviceName: 'kube-dns',
      addressType: 'IPv4',
      ports: [],
      endpoints,
      source,
    });
    const coredns = { kind: 'Pod', namespace: 'kube-system', name: 'kube-dns' } as const;
    const at = { addresses: ['10.0.0.99'], conditions: { ready: true }, targetRef: coredns };
    test.each<[string, Parameters<typeof cluster>[0], string | undefined]>([
      ['one namespace', {}, "kube-system's Service kube-dns and CoreDNS's pods are not in the input"],
      [
        'pods alone',
        { pods: [live, podOf('kube-dns', 'kube-system')] },
        "kube-system's Service kube-dns is not in the input",
      ],
      ['Services of all', { services: [service] }, "CoreDNS's pods are not in the input"],
      [
        'Services and slices of all',
        { services: [service], endpointSlices: [slice(at)] },
        "CoreDNS's pods are not in the input",
      ],
      ['slices that have no endpoints', { services: [service], endpointSlices: [slice()] }, undefined],
      [
        'a server elsewhere',
        { services: [service], endpointSlices: [slice({ addresses: ['10.0.0.99'], conditions: {} })] },
        undefined,
      ],
      ['both', { services: [service], pods: [live, podOf('kube-dns', 'kube-system')] }, undefined],
    ])('%s', (_what, given, missing) => {
      const { value } = settle(cluster({ pods: [live], ...given }));
      expect(value.unlistedDns).toBe(missing);
      expect(settle(value).value.unlistedDns).toBe(missing);
      expect(value.pods).toHaveLength(given?.pods?.length ?? 1);
    });
  });
});
