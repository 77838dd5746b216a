import { expect } from 'vitest';
import { answerOn } from '../../src/cli/answer.ts';
import { compareWalks, followKernel } from '../../src/cli/compare-walks.ts';
import type { DataPlane } from '../../src/world/index.ts';
import { exampleFiles, worldOf } from '../lab/worlds.ts';
import { kernelTest } from './kernel.ts';
import { planeOf } from './plane.ts';

const NODE = 'node/ip-10-0-0-75.ec2.internal';
const POD = 'pod/packetlab/toolbox-a';

/** Rules and routes somebody put on a node to refuse addresses. */
const PATCHES = `
apiVersion: packetwalk.dev/v1alpha1
kind: NodePatch
metadata: { name: rules }
spec:
  node: ip-10-0-0-75.ec2.internal
  artefact: ip-rule
  add:
    - "400: from all to 192.0.2.1 prohibit"
    - "400: from all to 192.0.2.2 unreachable"
    - "400: from all to 192.0.2.3 blackhole"
    - "401: from all fwmark 0x71 prohibit"
    - "402: from all fwmark 0x72 unreachable"
    - "403: from all fwmark 0x73 blackhole"
    - "404: from all to 10.97.0.5 lookup 97"
---
apiVersion: packetwalk.dev/v1alpha1
kind: NodePatch
metadata: { name: routes }
spec:
  node: ip-10-0-0-75.ec2.internal
  artefact: ip-route
  add: [prohibit 192.0.2.11, unreachable 192.0.2.12, blackhole 192.0.2.13, local 10.97.0.5 dev lo table 97 scope host]
---
apiVersion: packetwalk.dev/v1alpha1
kind: NodePatch
metadata: { name: answers }
spec:
  node: ip-10-0-0-75.ec2.internal
  artefact: iptables-save
  add:
    - "-t filter -I FORWARD -p tcp -m limit --limit 1/sec -j LOG"
    - "-t filter -I FORWARD -s 169.254.169.253/32 -j DROP"
    - "-t mangle -A OUTPUT -d 192.0.2.21/32 -j MARK --set-xmark 0x71/0xffffffff"
    - "-t mangle -A OUTPUT -d 192.0.2.22/32 -j MARK --set-xmark 0x72/0xffffffff"
    - "-t mangle -A OUTPUT -d 192.0.2.23/32 -j MARK --set-xmark 0x73/0xffffffff"
    - "-t nat -A PREROUTING -d 192.0.2.31/32 -j DNAT --to-destination 10.0.1.228"
---
apiVersion: packetwalk.dev/v1alpha1
kind: NodePatch
metadata: { name: deaf }
spec:
  node: ip-10-0-1-228.ec2.internal
  artefact: sysctl
  add: [net.ipv4.icmp_echo_ignore_all = 1]
---
apiVersion: packetwalk.dev/v1alpha1
kind: NodePatch
metadata: { name: localnet }
spec:
  node: ip-10-0-0-49.ec2.internal
  artefact: sysctl
  add: [net.ipv4.conf.all.route_localnet = 0]
`;
const world = worldOf([...exampleFiles('article'), { path: 'patches.yaml', text: PATCHES }]);

const openPlane = planeOf(world);

for (const [name, from, to, protocol, want] of [
  ['a connection that a rule logs now and then', POD, '10.0.2.127:8080', 'tcp', 'delivered'],
  ['a prohibit rule, to a pod', POD, '192.0.2.1:53', 'udp', 'refused'],
  ['a prohibit rule, to the node itself', NODE, '192.0.2.1:80', 'tcp', 'refused'],
  ['an unreachable rule, to a pod', POD, '192.0.2.2:80', 'tcp', 'no-route'],
  ['an unreachable rule, to the node itself', NODE, '192.0.2.2:53', 'udp', 'no-route'],
  ['a blackhole rule, to a pod', POD, '192.0.2.3:53', 'udp', 'dropped'],
  ['a blackhole rule, to the node itself', NODE, '192.0.2.3:80', 'tcp', 'dropped'],
  ['a prohibit route', NODE, '192.0.2.11:80', 'tcp', 'refused'],
  ['an unreachable route', NODE, '192.0.2.12:80', 'tcp', 'refused'],
  ['a blackhole route', NODE, '192.0.2.13:53', 'udp', 'dropped'],
  ['a prohibit rule OUTPUT sends a datagram into', NODE, '192.0.2.21:53', 'udp', 'refused'],
  ['a prohibit rule OUTPUT sends a connection into', NODE, '192.0.2.21:80', 'tcp', 'dropped'],
  ['an unreachable rule OUTPUT sends a datagram into', NODE, '192.0.2.22:53', 'udp', 'no-route'],
  ['an unreachable rule OUTPUT sends a connection into', NODE, '192.0.2.22:80', 'tcp', 'dropped'],
  ['a blackhole rule OUTPUT sends an echo request into', NODE, '192.0.2.23', 'icmp', 'dropped'],
  [
    'a node port at localhost that may not leave',
    'node/ip-10-0-0-49.ec2.internal',
    '127.0.0.1:32385',
    'tcp',
    'dropped',
  ],
  ['a node that answers no echo', POD, '10.0.1.228', 'icmp', 'dropped'],
  ['an address translated to a node that answers no echo', POD, '192.0.2.31', 'icmp', 'dropped'],
  ['an echo of which no answer leaves', POD, '10.97.0.5', 'icmp', 'reply-lost'],
  ['0.0.0.0 is this host', NODE, '0.0.0.0:10250', 'tcp', 'delivered'],
  ['0.0.0.0, where nothing listens', NODE, '0.0.0.0:81', 'tcp', 'refused'],
  ['0.0.0.0 of a pod', POD, '0.0.0.0:53', 'udp', 'refused'],
  ['an echo request to 0.0.0.0', POD, '0.0.0.0', 'icmp', 'delivered'],
  ["the VPC's resolver, over TCP", POD, '10.0.0.2:53', 'tcp', 'delivered'],
  ["the VPC's resolver, over UDP", POD, '10.0.0.2:53', 'udp', 'delivered'],
  ["the VPC's resolver, to the node itself", NODE, '10.0.0.2:53', 'tcp', 'delivered'],
  ["a resolver's answer that is dropped", POD, '169.254.169.253:53', 'udp', 'reply-lost'],
  ["a resolver's answer that is dropped, over TCP", POD, '169.254.169.253:53', 'tcp', 'reply-lost'],
] as const)
  kernelTest(`both planes say the same of ${name}: ${want}`, async () => {
    const plane = await openPlane();
    const kernel = await answerOn(world, { from, to, protocol }, plane);
    const following: DataPlane = {
      name: 'sim',
      walk: async (of, probe) => [followKernel(of, probe, kernel.roundTrips[0])],
    };
    const sim = await answerOn(world, { from, to, protocol }, following);
    const { outcome, lines, difference } = compareWalks(world, sim.roundTrips[0], kernel.roundTrips[0]);
    expect([outcome, difference]).toEqual(['agree', undefined]);
    expect([lines.sim[0]?.text, lines.kernel[0]?.text]).toEqual([want, want]);
    expect([sim.roundTrips[0]?.disposition, kernel.roundTrips[0]?.disposition]).toEqual([want, want]);
    expect(sim.roundTrips[0]?.farEnd.name).toBe(kernel.roundTrips[0]?.farEnd.name);
    // Of an answer no hook saw the kernel tells nothing that could be blamed.
    const unseen = kernel.verdict === 'failed' && kernel.roundTrips[0]?.diedAt === null;
    expect(kernel.blockers.length).toBe(unseen ? 0 : sim.blockers.length);
  });
