import { describe, expect, test } from 'vitest';
import {
  cluster,
  codes,
  eni,
  machine,
  meta,
  nodeObject,
  own,
  pod,
  podOf,
  service,
  source,
  specOf,
} from '../../../test/controllers/objects.ts';
import type { Cluster, NodeSpec, Pod } from '../../cluster/index.ts';
import { cidr, cidrContains, type Ip, ip, parseIp } from '../../net/index.ts';
import { settle } from '../settle.ts';
import { eniOfPod } from './eni-of-pod.ts';

describe('ipam', () => {
  const shape = (s: NodeSpec): string =>
    s.enis.map((e) => `${e.subnet}:${e.addresses.length}+${e.prefixes.length}`).join(' ');
  const bare = (count: number): readonly Pod[] =>
    Array.from({ length: count }, (_, i) => pod(`p-${i}`, { nodeName: 'n1' }));
  const live = { metadata: { ...meta('seen', '', {}), uid: 'u' } };
  /** A live list, so that no add-on joins the count. */
  const only = (count: number, settings: Record<string, string> = {}, over: Partial<NodeSpec> = {}): NodeSpec => {
    const base = cluster({ pods: bare(count), nodeSpecs: [machine('n1', over)] }, settings);
    return specOf(
      settle({
        ...base,
        nodes: [{ ...nodeObject('n1'), metadata: { ...nodeObject('n1').metadata, uid: live.metadata.uid } }],
      }).value,
      'n1',
    );
  };
  test.each<[string, number, Record<string, string>, string, string]>([
    ['no pod', 0, {}, 'm5.large', 'a:9+0'],
    ['first pod', 1, {}, 'm5.large', 'a:9+0 a:9+0'],
    ['tenth pod', 10, {}, 'm5.large', 'a:9+0 a:9+0 a:9+0'],
    ['WARM_IP_TARGET', 5, { WARM_IP_TARGET: '1', MINIMUM_IP_TARGET: '1' }, 't3.small', 'a:3+0 a:3+0'],
    ['MAX_ENI', 10, { MAX_ENI: '2' }, 'm5.large', 'a:9+0 a:9+0'],
    ['prefixes', 17, { ENABLE_PREFIX_DELEGATION: 'true' }, 't3.small', 'a:0+3'],
    ['prefixes, Xen', 1, { ENABLE_PREFIX_DELEGATION: 'true' }, 't2.medium', 'a:5+0 a:5+0'],
  ])('%s', (_name, count, settings, instanceType, want) => {
    expect(shape(only(count, settings, { instanceType }))).toBe(want);
  });
  test('custom networking puts pods on secondary ENIs of the ENIConfig of the zone', () => {
    const eniConfigs = [
      {
        kind: 'ENIConfig' as const,
        metadata: meta('us-east-1a', ''),
        spec: { subnet: 'pods', securityGroups: ['sg-p'] },
        source,
      },
    ];
    const settings = {
      AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: 'true',
      ENI_CONFIG_LABEL_DEF: 'topology.kubernetes.io/zone',
    };
    const { value } = settle(cluster({ eniConfigs, pods: bare(2) }, settings));
    const [primary, second] = specOf(value, 'n1').enis;
    expect([primary?.addresses.length, second?.subnet, second?.securityGroups]).toEqual([0, 'pods', ['sg-p']]);
    for (const p of own(value)) expect(p.status.podIPs[0]).toMatch(/^100\.64\./);
    expect(codes(cluster({}, settings))).toContain('eni-config-missing');
  });
  test.each<[string, string, boolean, readonly string[]]>([
    ['its own zone', 'a', false, []],
    ['another zone', 'b', false, ['eni-in-other-zone']],
    ['another zone, of a node whose ENIs are given', 'b', true, []],
  ])('an ENIConfig of %s', (_name, subnet, given, want) => {
    const config = { kind: 'ENIConfig' as const, metadata: meta('default', ''), source };
    const eniConfigs = [{ ...config, spec: { subnet, securityGroups: [] } }];
    const nodeSpecs = [machine('n1', given ? { enis: [eni(0, '10.0.0.75')] } : {})];
    const { value, issues } = settle(
      cluster({ eniConfigs, nodeSpecs, pods: bare(1) }, { AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: 'true' }),
    );
    expect(issues.filter(({ severity }) => severity === 'error').map(({ code }) => code)).toEqual(want);
    expect(specOf(value, 'n1').enis.every((each) => each.subnet === 'a')).toBe(true);
  });
  test('addresses already owned are never given out, nor the reserved ones', () => {
    const { value } = settle(cluster({ pods: bare(8) }));
    const dealt = value.nodeSpecs.flatMap((s) => s.enis.flatMap((e) => [e.primaryIp, ...e.addresses]));
    expect(new Set(dealt).size).toBe(dealt.length);
    for (const never of ['10.0.0.0', '10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.5'])
      expect(dealt).not.toContain(never);
    expect(dealt).toContain('10.0.0.4');
  });
  test('given ENIs and live addresses win, and nothing warm is added', () => {
    const enis = [eni(0, '10.0.0.75', ['10.0.1.60']), eni(1, '10.0.0.85', ['10.0.1.51'])];
    const pods = [
      pod('x', { nodeName: 'n1' }, { podIPs: [ip('10.0.1.51')] }),
      pod('y', { nodeName: 'n1' }, { podIPs: [ip('10.0.2.2')] }),
      pod('z', { nodeName: 'n1' }),
      pod('h', { nodeName: 'n1', hostNetwork: true }),
    ];
    const base = cluster({ pods, nodeSpecs: [machine('n1', { enis })] });
    const { value } = settle({
      ...base,
      nodes: [{ ...nodeObject('n1'), metadata: { ...nodeObject('n1').metadata, uid: 'u' } }],
    });
    const n1 = specOf(value, 'n1');
    expect(eniOfPod(n1, ip('10.0.1.51'))?.deviceIndex).toBe(1);
    expect(eniOfPod(n1, ip('10.0.2.2'))?.deviceIndex).toBe(0);
    expect(podOf(value, 'z').status.podIPs).toEqual(['10.0.1.60']);
    expect(podOf(value, 'h').status.podIPs).toEqual(['10.0.0.75']);
    expect(shape(n1)).toBe('a:2+0 a:1+0');
    expect(value.assumptions.join()).toContain('which ENI a pod sits on');
  });
  test('a placement names the device and the address', () => {
    const placements = [{ namespace: 'default', pod: 'p-0', deviceIndex: 1, ip: ip('10.0.9.9'), source }];
    const { value } = settle(cluster({ placements, pods: bare(1) }));
    expect(podOf(value, 'p-0').status.podIPs).toEqual(['10.0.9.9']);
    expect(eniOfPod(specOf(value, 'n1'), ip('10.0.9.9'))?.deviceIndex).toBe(1);
  });
  test('live pods of one /28 share its prefix', () => {
    const pods = ['10.0.8.16', '10.0.8.31'].map((address, i) =>
      pod(`p-${i}`, { nodeName: 'n1' }, { podIPs: [ip(address)] }),
    );
    const { value } = settle(cluster({ pods }, { ENABLE_PREFIX_DELEGATION: 'true' }));
    expect(specOf(value, 'n1').enis[0]?.prefixes.map((block) => block.text)).toContain('10.0.8.16/28');
  });
  test.each<[string, Partial<Cluster>, string]>([
    ['unknown type', { nodeSpecs: [machine('n1', { instanceType: 'm5.larg' })] }, 'instance-type-unknown'],
    ['subnet unknown', { nodeSpecs: [machine('n1', { subnet: 'nope' })] }, 'subnet-unknown'],
    [
      'address outside',
      { pods: [pod('x', { nodeName: 'n1' }, { podIPs: [ip('192.0.2.1')] })] },
      'pod-address-unplaced',
    ],
  ])('%s is an error', (_name, over, code) => {
    expect(codes(cluster(over))).toContain(code);
  });
  describe('a subnet too small for all', () => {
    const inTiny = [machine('n1', { subnet: 'tiny' }), machine('n2', { subnet: 'tiny' })];
    const on = (node: string, count: number, podIPs: readonly Ip[] = []): readonly Pod[] =>
      Array.from({ length: count }, (_, i) => pod(`${node}p${i}`, { nodeName: node }, { podIPs }));
    const live = (pods: readonly Pod[], nodeSpecs = inTiny) => {
      const base = cluster({ pods, nodeSpecs });
      const nodes = nodeSpecs.map(({ name }) => nodeObject(name));
      return settle({ ...base, nodes: nodes.map((n) => ({ ...n, metadata: { ...n.metadata, uid: 'u' } })) });
    };
    const addressed = (c: Cluster, node: string): number =>
      c.pods.filter((p) => p.spec.nodeName === node && p.status.podIPs.length > 0).length;
    test('leaves out warm addresses, and no pod', () => {
      const { value, issues } = live(on('n2', 5));
      expect(addressed(value, 'n2')).toBe(5);
      expect(issues.filter(({ severity }) => severity === 'error')).toEqual([]);
      expect(issues.map(({ message }) => message)).toContain(
        'Subnet "tiny" has too few addresses: 2 nodes (the first is "n1") hold fewer than the VPC CNI\'s warm targets ask for',
      );
      // Eleven addresses: two nodes' own, five of pods, the rest dealt in turn.
      expect(value.nodeSpecs.map(shape)).toEqual(['tiny:2+0', 'tiny:7+0']);
    });
    test('serves the pods of all nodes in turn, and the others wait', () => {
      const { value, issues } = live([...on('n1', 9), ...on('n2', 9)]);
      expect([addressed(value, 'n1'), addressed(value, 'n2')]).toEqual([5, 4]);
      expect(podOf(value, 'n2p8').status.phase).toBe('Pending');
      expect(issues.filter(({ code }) => code === 'pod-without-address').map(({ message }) => message)).toEqual([
        '4 pods stay Pending: no address is left on node "n1", and too few are free in subnet "tiny" (the first is "default/n1p5")',
        '5 pods stay Pending: no address is left on node "n2", and too few are free in subnet "tiny" (the first is "default/n2p4")',
      ]);
      const again = settle(value);
      expect(again.value.nodeSpecs).toEqual(value.nodeSpecs);
      expect(again.value.pods).toEqual(value.pods);
    });
    test('keeps the address a live pod has, whoever comes first', () => {
      const { value, issues } = live([...on('n1', 9), ...on('n2', 1, [ip('10.0.255.14')])]);
      expect(podOf(value, 'n2p0').status.podIPs).toEqual(['10.0.255.14']);
      expect(addressed(value, 'n1')).toBe(8);
      expect(issues.filter(({ severity }) => severity === 'error')).toEqual([]);
    });
    test('gets no ENI that EC2 could not fill', () => {
      const { value } = live(on('n1', 10), [machine('n1', { subnet: 'tiny', instanceType: 't3.small' })]);
      // Eleven: one ENI of four, another of four; three are no third one.
      expect(value.nodeSpecs.map(shape)).toEqual(['tiny:3+0 tiny:3+0']);
      expect(addressed(value, 'n1')).toBe(6);
    });
    test('is an error for a node without its own address', () => {
      const many = Array.from({ length: 12 }, (_, i) => machine(`n${i}`, { subnet: 'tiny' }));
      const { issues } = live([], many);
      expect(issues.filter(({ severity }) => severity === 'error').map(({ message }) => message)).toEqual([
        'Node "n9" gets no address in subnet "tiny"',
      ]);
    });
  });
  test('an IPv6 cluster: one /80 on the primary ENI, IPv6 node and pod addresses', () => {
    const { value } = settle(
      cluster({
        ipFamily: 'IPv6',
        serviceCidrs: [cidr('fd30:1c53:5f8a::/108')],
        pods: bare(3),
        services: [service('p')],
      }),
    );
    const n1 = specOf(value, 'n1');
    expect(n1.enis).toHaveLength(1);
    const prefix = n1.enis[0]?.prefixes[0];
    expect(prefix?.prefix).toBe(80);
    for (const p of own(value)) {
      const address = parseIp(p.status.podIPs[0] ?? '');
      expect(prefix !== undefined && address !== undefined && cidrContains(prefix, address)).toBe(true);
    }
    expect(value.nodes[0]?.status.addresses[0]?.address).toMatch(/^2600:/);
    expect(value.endpointSlices.find((slice) => slice.serviceName === 'p')?.addressType).toBe('IPv6');
    expect(value.clusterDns).toEqual(['fd30:1c53:5f8a::a']);
  });
});
