import { expect, test } from 'vitest';
import { ip } from '../net/index.ts';
import { EMPTY_FABRIC } from './fabric-json.ts';
import { servesClusterNames } from './name-servers.ts';
import type { World } from './types.ts';

const world: World = {
  name: 'w',
  netns: new Map(),
  fabric: { ...EMPTY_FABRIC, dns: { ...EMPTY_FABRIC.dns, clusterDns: [ip('172.20.0.10')] } },
  directory: {
    nodes: [],
    pods: [],
    absent: [],
    hosts: [],
    apiserver: [],
    serviceCidrs: [],
    services: [
      {
        namespace: 'kube-system',
        name: 'kube-dns',
        type: 'ClusterIP',
        clusterIPs: [ip('172.20.0.10')],
        externalIPs: [],
        loadBalancerIPs: [],
        loadBalancerHostnames: [],
        ports: [
          { port: 53, protocol: 'udp', endpoints: ['10.0.1.181:5353', '[2600::1]:5353'] },
          { port: 9153, protocol: 'tcp', endpoints: ['10.0.1.181:9153'] },
        ],
        notReady: [],
        externalTrafficPolicy: 'Cluster',
        internalTrafficPolicy: 'Cluster',
      },
    ],
  },
  assumptions: [],
};

test.each([
  ['172.20.0.10', 53, true],
  ['10.0.1.181', 5353, true],
  ['2600::1', 5353, true],
  ['10.0.1.181', 9153, false],
  ['10.0.1.182', 5353, false],
  ['10.0.0.2', 53, false],
] as const)('%s port %i serves the cluster zone: %s', (address, port, want) => {
  expect(servesClusterNames(world, ip(address), port)).toBe(want);
});
