import { describe, expect, test } from 'vitest';
import { NODE, netns, TOOLBOX, table } from '../../../test/compile/compiled.ts';
import {
  articleCluster,
  articleNode,
  meta,
  testPod,
  testService,
  testSlice,
  withCni,
} from '../../../test/compile/test-cluster.ts';
import { invariant } from '../../base/index.ts';
import type { Cluster, Pod } from '../../cluster/index.ts';
import { cidr } from '../../net/index.ts';
import { compileWorld } from '../compile-world.ts';
import { podNetns } from './names.ts';

const source = { file: 'cluster.yaml' };

describe('a pod', () => {
  test('is wired as the article prints it', () => {
    const pod = netns(articleCluster, TOOLBOX);
    expect(table(pod, 254)).toEqual(['default via 169.254.1.1 dev eth0', '169.254.1.1 dev eth0 scope link']);
    expect(pod.links.at(-1)).toMatchObject({
      ifindex: 3,
      ifname: 'eth0',
      address: '0a:12:c5:d0:e4:e1',
      link_index: 336,
    });
    expect(pod.neighbours).toMatchObject([{ dst: '169.254.1.1', lladdr: '5a:f3:56:0b:86:d4', state: 'PERMANENT' }]);
    expect(pod.addresses.at(-1)).toMatchObject({ local: '10.0.1.51', prefixlen: 32 });
    expect(pod.resolvConf).toEqual({
      nameservers: ['172.20.0.10'],
      search: ['packetlab.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'ec2.internal'],
      options: ['ndots:5'],
    });
    expect(netns(withCni(articleCluster, '1.23.0'), TOOLBOX).links.at(-1)?.ifindex).toBe(2);
  });

  test('listens where a Service sends, and the assumption is said', () => {
    const service = testService('packetlab', 'echo', '172.20.122.189');
    const cluster = { ...articleCluster, services: [service], endpointSlices: [testSlice(service, ['10.0.1.51'])] };
    expect(netns(cluster, TOOLBOX).sockets).toEqual([
      { protocol: 'tcp', local: '*', port: 8080, process: 'echoserver' },
    ]);
    const { assumptions, directory } = compileWorld(cluster).value;
    expect(assumptions.join()).toContain('is taken to listen on tcp/8080');
    expect(directory.services[0]?.ports[0]?.endpoints).toEqual(['10.0.1.51:8080']);
  });

  test('dnsConfig is added to what the policy gives', () => {
    const dnsConfig = { nameservers: ['192.0.2.1'], searches: ['a.test'], options: [{ name: 'ndots', value: '2' }] };
    const read = (of: Partial<Pod['spec']>) => {
      const pod = testPod('packetlab', 'p', articleNode.name, '10.0.1.60', of);
      return netns({ ...articleCluster, pods: [pod] }, podNetns('packetlab', 'p')).resolvConf;
    };
    expect(read({ dnsConfig })).toMatchObject({ nameservers: ['172.20.0.10', '192.0.2.1'], options: ['ndots:2'] });
    expect(read({ dnsPolicy: 'None', dnsConfig })).toMatchObject({ nameservers: ['192.0.2.1'], search: ['a.test'] });
    expect(read({ dnsPolicy: 'Default' })).toEqual({
      nameservers: ['10.0.0.2'],
      search: ['ec2.internal'],
      options: [],
    });
  });
});

test('IPv6: host routes, the fe80::1 gateway, no SNAT', () => {
  const [primary] = articleNode.enis;
  invariant(primary !== undefined, 'The node has an interface');
  const [vpc] = articleCluster.network.vpcs;
  invariant(vpc !== undefined, 'The cluster has a VPC');
  const prefix = cidr('2600:1f18:0:1:ab::/80');
  const subnets = vpc.subnets.map((subnet) => ({ ...subnet, cidrs: [...subnet.cidrs, cidr('2600:1f18:0:1::/64')] }));
  const pod = testPod('packetlab', 'v6', articleNode.name, '2600:1f18:0:1:ab::7');
  const cluster: Cluster = {
    ...articleCluster,
    ipFamily: 'IPv6',
    network: { ...articleCluster.network, vpcs: [{ ...vpc, subnets }] },
    nodeSpecs: [{ ...articleNode, enis: [{ ...primary, prefixes: [prefix] }] }],
    nodes: [
      {
        kind: 'Node',
        metadata: meta(articleNode.name, ''),
        source,
        spec: { taints: [], unschedulable: false },
        status: { addresses: [{ type: 'InternalIP', address: '2600:1f18:0:1::75' }], ready: true },
      },
    ],
    pods: [pod],
  };
  const { issues } = compileWorld(cluster);
  expect(issues).toEqual([]);
  const inside = netns(cluster, podNetns('packetlab', 'v6'));
  expect(table(inside, 254).filter((line) => line.includes('fe80'))).toEqual([
    'default via fe80::1 dev eth0 metric 1024 pref medium',
    'fe80::1 dev eth0 metric 1024 pref medium',
  ]);
  expect(inside.unmodelled).toEqual([]);
  expect(table(inside, 254).filter((line) => line.includes('v4if0'))).toEqual([
    'default via 169.254.172.1 dev v4if0',
    '169.254.172.0/22 via 169.254.172.1 dev v4if0 src 169.254.172.2',
    '169.254.172.1 dev v4if0 scope link src 169.254.172.2',
  ]);
  const node = netns(cluster, NODE);
  expect(node.rules.filter((rule) => rule.family === 6).map((rule) => rule.priority)).toEqual([0, 512, 1024, 32766]);
  expect(node.rules.filter((rule) => rule.family === 4).map((rule) => rule.priority)).toEqual([0, 32766, 32767]);
  expect([...(node.iptables.ip.get('nat')?.chains.keys() ?? [])].filter((chain) => chain.startsWith('AWS'))).toEqual(
    [],
  );
});
