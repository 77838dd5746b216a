import { describe, expect, test } from 'vitest';
import { EKS, node, pod, service } from './manifests.ts';
import { file, refused } from './refused.ts';

const NETWORK = `apiVersion: packetwalk.dev/v1alpha1
kind: Network
spec:
  region: us-east-1
  clusterVpc: vpc-a
  vpcs:
    - id: vpc-a
      cidrs: [10.0.0.0/16]
      subnets:
        - {id: a, cidrs: [10.0.0.0/24], zone: us-east-1a, routeTable: rtb}
        - {id: b, cidrs: [10.0.1.0/24], zone: us-east-1b, routeTable: rtb}
        - {id: c, cidrs: [10.9.0.0/24], zone: us-east-1a, routeTable: rtb}
      routeTables: [{id: rtb, routes: []}]
`;

describe('objects that contradict each other', () => {
  const nodes = `${EKS}${node('n1', '10.0.0.10')}`;
  test.each([
    [
      'two pods',
      nodes + pod('a', '10.0.0.9') + pod('b', '10.0.0.9'),
      'in.yaml:18:1: Pod "shop/a" and pod "shop/b" both have 10.0.0.9 (the first is at in.yaml:12:1)',
    ],
    ['two nodes', nodes + node('n2', '10.0.0.10'), 'in.yaml:12:1: Node "n1" and node "n2" both have 10.0.0.10'],
    ['a pod and a node', nodes + pod('a', '10.0.0.10'), 'in.yaml:12:1: Node "n1" and pod "shop/a" both have 10.0.0.10'],
    [
      'a pod outside the VPC',
      nodes + pod('a', '10.9.9.9'),
      'in.yaml:12:1: Pod "shop/a" has 10.9.9.9, which is in no subnet of VPC',
    ],
    [
      'a pod outside its zone',
      nodes + pod('a', '10.0.40.9'),
      'in.yaml:12:1: Address 10.0.40.9 of pod "shop/a" fits on none of its node\'s ENIs',
    ],
    [
      "the router's address",
      nodes + pod('a', '10.0.0.1'),
      'in.yaml:12:1: Pod "shop/a" has 10.0.0.1, which AWS keeps in subnet',
    ],
    [
      'a node outside the VPC',
      EKS + node('n1', '10.9.9.9'),
      'in.yaml:7:1: Node "n1" has InternalIP 10.9.9.9 in no known subnet',
    ],
    [
      'ClusterIPs',
      EKS +
        service('a', 'clusterIP: 172.20.0.5, ports: [{port: 80}]') +
        service('b', 'clusterIP: 172.20.0.5, ports: [{port: 80}]'),
      'in.yaml:12:1: Services "shop/a" and "shop/b" both have ClusterIP 172.20.0.5 (the first is at in.yaml:7:1)',
    ],
    [
      'node ports',
      EKS +
        service('a', 'type: NodePort, ports: [{port: 80, nodePort: 30080}]') +
        service('b', 'type: NodePort, ports: [{port: 80, nodePort: 30080}]'),
      'in.yaml:12:1: Services "shop/a" and "shop/b" both have NodePort 30080 TCP',
    ],
    [
      'an object twice',
      EKS + service('a', 'ports: [{port: 80}]') + service('a', 'ports: [{port: 81}]'),
      'in.yaml:12:1: Service "shop/a" is given twice, and differently',
    ],
    [
      'a subnet outside its VPC',
      NETWORK,
      'in.yaml:12:11: Subnet "c" is 10.9.0.0/24, outside every CIDR of VPC "vpc-a" (10.0.0.0/16)',
    ],
    [
      'an instance type',
      EKS.replace('name: ng', 'name: ng, instanceType: m5.lrge'),
      'in.yaml:5:21: Unknown instance type "m5.lrge" of 2 nodes, such as "ip-',
    ],
  ])('%s', async (_, text, message) => {
    expect(await refused(['trace', '-f', file(text), 'pod/shop/a', 'internet'])).toContain(message);
  });

  const network = NETWORK.replace(/\n.*id: c.*\n/, '\n');
  const eni = (name: string, enis: string) =>
    `---\napiVersion: packetwalk.dev/v1alpha1\nkind: NodeNetwork\nspec: {node: ${name}, instanceType: m5.large, enis: [${enis}]}\n`;
  test.each([
    [
      'two ENIs',
      eni('n1', '{id: eni-1, deviceIndex: 0, subnet: a, primaryIp: 10.0.0.9}') +
        eni('n2', '{id: eni-2, deviceIndex: 0, subnet: a, primaryIp: 10.0.0.9}'),
      'Node "n1" and node "n2" both have 10.0.0.9',
    ],
    [
      'a secondary address',
      eni('n1', '{id: eni-1, deviceIndex: 0, subnet: a, primaryIp: 10.0.0.9, addresses: [10.0.0.20]}') +
        eni('n2', '{id: eni-2, deviceIndex: 0, subnet: a, primaryIp: 10.0.0.20}'),
      'ENI "eni-1" and node "n2" both have 10.0.0.20',
    ],
    [
      'an ENI in another zone',
      eni(
        'n1',
        '{id: eni-1, deviceIndex: 0, subnet: a, primaryIp: 10.0.0.9}, {id: eni-2, deviceIndex: 1, subnet: b, primaryIp: 10.0.1.9}',
      ),
      'in.yaml:16:110: ENI "eni-2" is in subnet "b" of zone "us-east-1b", its node "n1" in zone "us-east-1a"',
    ],
  ])('%s', async (_, enis, message) => {
    expect(await refused(['trace', '-f', file(network + enis), 'node/n1', 'internet'])).toContain(message);
  });
});
