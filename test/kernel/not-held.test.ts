import { afterAll, describe, expect } from 'vitest';
import { enterSandbox } from '../../src/lab/exec/ffi/index.ts';
import { openLab } from '../../src/lab/index.ts';
import { kernelPlane } from '../../src/lab/observe/index.ts';
import {
  type Netns,
  type NetnsId,
  parseIpRouteText,
  parseIpRuleText,
  parseIptablesSave,
} from '../../src/linux/index.ts';
import { cidr, cidrOf, ip } from '../../src/net/index.ts';
import type { World } from '../../src/world/index.ts';
import { exampleWorld } from '../lab/worlds.ts';
import { kernelTest } from './kernel.ts';

const world = exampleWorld('article');
const NODE_75 = 'node/ip-10-0-0-75.ec2.internal';
const pod = world.directory.pods.find(({ name }) => name.startsWith('toolbox-a'));
const podId = pod?.netns ?? '';
const podIp = pod?.addresses[0] ?? ip('0.0.0.0');

let opened: ReturnType<typeof open> | undefined;

async function open() {
  const lab = await openLab(world);
  enterSandbox();
  return lab;
}

afterAll(async () => (await opened)?.holder.end());

describe('what the lab does not hold', () => {
  const what = 'a filter of which only the name is known';
  const node = world.netns.get(NODE_75 as NetnsId);
  if (node === undefined) throw new Error('The example has this node');
  const { fabric } = world;
  const withNode = (of: Partial<Netns>): World => ({
    ...world,
    netns: new Map([...world.netns, [node.id, { ...node, ...of }]]),
  });
  const partly = <T extends object>(read: { readonly value: readonly T[] }, unsupported: string) =>
    read.value.map((each) => ({ ...each, unsupported }));
  const routes = partly(parseIpRouteText('10.0.2.0/25 dev ens6 table 7', 'routes'), 'nhid 5');
  const dead = parseIpRouteText('10.0.2.0/25 dev ens6 table 7 dead', 'routes').value;
  const rules = partly(parseIpRuleText('9: from all lookup 7', 'rules'), 'l3mdev');
  const peer = { kind: 'cidr', cidr: cidr('34.0.0.0/8') } as const;
  const group = { id: 'sg-x', vpc: 'vpc-packetlab', ingress: [{ protocol: 'tcp', peer }], egress: [] } as const;
  const standIn = { block: cidrOf(podIp), of: 'a pod', give: 'nothing does' };
  const worn = fabric.enis.map((eni) => ({ ...eni, securityGroups: [group.id] }));
  const madeUp = (of: Partial<Netns>): World => ({ ...withNode(of), fabric: { ...fabric, standIns: [standIn] } });
  const compared = parseIptablesSave(
    '*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -s 34.1.0.0/16 -j DROP\nCOMMIT\n',
    'iptables-save',
    4,
  ).value;
  const classifier = {
    dev: 'ens6',
    side: 'egress',
    family: 4,
    program: 'handle_ingress',
    state: 'POLICIES_APPLIED',
    map: 'm',
  } as const;
  for (const [name, hidden, said = what] of [
    ['of a namespace', withNode({ unmodelled: [{ scope: { kind: 'netns' }, what }] })],
    ['of a device', withNode({ unmodelled: [{ scope: { kind: 'dev', dev: 'ens6' }, what }] })],
    ['of its routes', withNode({ unmodelled: [{ scope: { kind: 'routes', family: 4, table: 2 }, what }] })],
    ['of a hook', withNode({ unmodelled: [{ scope: { kind: 'hook', family: 4, hook: 'FORWARD' }, what }] })],
    ['of a card', { ...world, fabric: { ...fabric, unmodelled: [{ scope: { kind: 'eni', id: 'eni-75-1' }, what }] } }],
    [
      'of the VPC',
      { ...world, fabric: { ...fabric, unmodelled: [{ scope: { kind: 'vpc', id: 'vpc-packetlab' }, what }] } },
    ],
    [
      'of a port',
      withNode({ links: node.links.map((link) => (link.ifname === 'ens6' ? { ...link, master: 'red' } : link)) }),
      'ens6 is a port of red: what passes between ports is not modelled',
    ],
    [
      'of a cable',
      withNode({
        links: node.links.map((link) =>
          link.ifname === 'ens6' ? { ...link, flags: [...link.flags, 'NO-CARRIER'] } : link,
        ),
      }),
      "ens6 has no carrier, and the lab's has one",
    ],
    [
      'of a dead route',
      withNode({ routes: [...node.routes, ...dead] }),
      "route 10.0.2.0/25 dev ens6 table 7 dead: the lab's is not dead",
    ],
    ['of a route', withNode({ routes }), 'route 10.0.2.0/25 nhid 5 dev ens6 table 7: nhid 5 is not modelled'],
    [
      'of a full table',
      withNode({
        sysctls: new Map([
          ...node.sysctls,
          ['net.netfilter.nf_conntrack_count', '262144'],
          ['net.netfilter.nf_conntrack_max', '262144'],
        ]),
      }),
      "the connection table is full (net.netfilter.nf_conntrack_count = 262144, net.netfilter.nf_conntrack_max = 262144), and the lab's is not",
    ],
    [
      'of an address that stands in for another',
      { ...world, fabric: { ...fabric, enis: worn, securityGroups: [group], standIns: [standIn] } },
      `${podIp} stands in for a public address of a pod, which the input does not give: nothing does; whether it is in 34.0.0.0/8 is not known`,
    ],
    [
      'of an address that stands in for another, at a rule of a node',
      madeUp({ iptables: { ...node.iptables, ip: compared } }),
      `${podIp} stands in for a public address of a pod, which the input does not give: nothing does; whether it is in 34.1.0.0/16 is not known`,
    ],
    [
      'of one at a classifier',
      madeUp({
        bpf: { classifiers: [classifier], entries: [{ maps: ['m'], keys: [cidr('34.2.0.0/16')], values: [] }] },
      }),
      `${podIp} stands in for a public address of a pod, which the input does not give: nothing does; whether it is in 34.2.0.0/16 is not known`,
    ],
    ['of a rule', withNode({ rules }), 'ip rule 9: l3mdev is not modelled'],
  ] as const)
    kernelTest(`${name}: the answer is unknown, and names it`, async () => {
      opened ??= open();
      const lab = await opened;
      const plane = kernelPlane(hidden, lab, { served: false });
      try {
        const probe = { from: podId, dst: ip('10.0.2.127'), dport: 8080, protocol: 'tcp' } as const;
        const [trip] = await plane.walk(hidden, probe, { choice: { kind: 'first' }, detail: 'full' });
        expect([trip?.disposition, trip?.unknowns]).toEqual(['unknown', [said]]);
      } finally {
        plane.close();
      }
    });

  kernelTest('of a way out of a transit gateway: the answer is unknown, and names it', async () => {
    const office = exampleWorld('on-prem');
    const gateway = office.fabric.transitGateways[0];
    const attached = gateway?.attachments.flatMap(({ to }) => (to.kind === 'vpc' ? to.subnets : [])) ?? [];
    const acl = { id: 'acl-x', vpc: office.fabric.vpcs[0]?.id ?? '', subnets: attached, ingress: [], egress: [] };
    const closed: World = { ...office, fabric: { ...office.fabric, networkAcls: [acl] } };
    const lab = await openLab(closed);
    enterSandbox();
    const plane = kernelPlane(closed, lab, { served: false });
    try {
      const from = office.directory.pods.find(({ hostNetwork }) => !hostNetwork)?.netns ?? '';
      const probe = { from, dst: ip('192.168.40.7'), dport: 80, protocol: 'udp' } as const;
      const [trip] = await plane.walk(closed, probe, { choice: { kind: 'first' }, detail: 'full' });
      expect([trip?.disposition, trip?.unknowns]).toEqual([
        'unknown',
        ['network ACL acl-x on a subnet of attachment att-apps is not in the lab'],
      ]);
    } finally {
      plane.close();
      await lab.holder.end();
    }
  });
});
