import { describe, expect, test } from 'vitest';
import { expectWalks, type Row } from './rows.ts';
import { eksctlWorldWith, walk } from './testing.ts';

describe('what a ClusterConfig has and the model does not', () => {
  const toWeb = ['deploy/shop/client', 'deploy/shop/web:8080'] as const;
  const near = ['deploy/shop/client', 'deploy/shop/plain:8080'] as const;
  const addons = 'addons: [{ name: vpc-cni, version: v1.21.1 }, { name: kube-proxy }]';
  const right = '{ name: right, ';
  for (const [what, replace, touched, says, untouched] of [
    ['nothing: the base itself', [], [], [], [toWeb, near]],
    ['an outpost', [[addons, `${addons}\noutpost: {}`]], [toWeb], ['Outposts', 'cluster.yaml:6:'], [near]],
    [
      'no default addons and none named',
      [[addons, 'addonsConfig: { disableDefaultAddons: true }\naddons: [{ name: kube-proxy }]']],
      [toWeb, near],
      ['"vpc-cni"', 'cluster.yaml:5:'],
      [],
    ],
    [
      'Auto Mode, whose nodes need no addons, and none named',
      [[addons, 'autoModeConfig: { enabled: true }']],
      [toWeb, near],
      ['EKS Auto Mode is on and no addon "vpc-cni"', 'cluster.yaml:5:'],
      [],
    ],
    [
      'Auto Mode beside groups with their addons',
      [[addons, `${addons}\nautoModeConfig: { enabled: true }`]],
      [],
      [],
      [toWeb, near],
    ],
    [
      'Auto Mode beside a group too small for all',
      [
        [addons, `${addons}\nautoModeConfig: { enabled: true }`],
        [right, `${right}taints: [{ key: gpu, effect: NoSchedule }], `],
      ],
      [toWeb],
      ['EKS Auto Mode starts a node for it', 'cluster.yaml:6:'],
      [],
    ],
    [
      'a Windows group, and what fits on no other',
      [
        [
          right,
          `{ name: other, amiFamily: WindowsServer2022CoreContainer }\n  - ${right}taints: [{ key: gpu, effect: NoSchedule }], `,
        ],
      ],
      [toWeb],
      ['node group "other" may run it', 'cluster.yaml:8:'],
      [],
    ],
    [
      'a group in a Local Zone',
      [
        [right, `${right}localZones: [eu-west-1-zzz-1a], `],
        ['managedNodeGroups', 'nodeGroups'],
      ],
      [toWeb],
      ['localZones', 'cluster.yaml:8:'],
      [near],
    ],
    [
      'a group with its own name server',
      [
        [`  - ${right}`, `  - { clusterDNS: 10.1.1.1, name: right, `],
        ['managedNodeGroups', 'nodeGroups'],
      ],
      [toWeb],
      ['clusterDNS', 'cluster.yaml:8:'],
      [near],
    ],
    [
      'a VPC that was there before, by its id',
      [[addons, `${addons}\nvpc: { id: vpc-1, cidr: 10.0.0.0/16 }`]],
      [['deploy/shop/client', 'internet/203.0.113.9:443']],
      [
        'is not in the input: give its routes, and the gateways and peerings they lead to, in a Network',
        'cluster.yaml:6:',
      ],
      [toWeb, near],
    ],
    [
      'a VPC that was there before, by its subnets',
      [
        [
          addons,
          `${addons}\nvpc: { cidr: 10.0.0.0/16, subnets: { private: { eu-west-1a: { id: subnet-a }, eu-west-1b: { id: subnet-b } } } }`,
        ],
      ],
      [['deploy/shop/client', 'internet/203.0.113.9:443']],
      [
        'is not in the input: give its routes, and the gateways and peerings they lead to, in a Network',
        'cluster.yaml:6:',
      ],
      [toWeb, near],
    ],
    [
      'networks of hybrid nodes',
      [
        [
          addons,
          `${addons}\nremoteNetworkConfig: { vpcGatewayID: tgw-1, remotePodNetworks: [{ cidrs: [10.80.0.0/16] }] }`,
        ],
      ],
      [['deploy/shop/client', '10.80.0.9:80']],
      ['tgw-1', '10.80.0.0/16'],
      [toWeb, near],
    ],
  ] as const satisfies readonly (readonly [
    string,
    readonly (readonly [string, string])[],
    Row['touched'],
    readonly string[],
    Row['untouched'],
  ])[]) {
    test(what, () => expectWalks(eksctlWorldWith(replace), touched, says, untouched));
  }

  test('a fully private cluster has no way out', async () => {
    const world = eksctlWorldWith([[addons, `${addons}\nprivateCluster: { enabled: true }`]]);
    const [trip] = (await walk(world, 'deploy/shop/client', 'internet/203.0.113.9:443')).roundTrips;
    expect(trip?.disposition).toBe('dropped');
    expect(world.fabric.internetGateways).toEqual([]);
  });
});
