import { expect } from 'vitest';
import { answerOn } from '../../src/cli/answer.ts';
import { compareWalks, followKernel } from '../../src/cli/compare-walks.ts';
import { type NetnsId, parseIpRouteText } from '../../src/linux/index.ts';
import type { DataPlane, World } from '../../src/world/index.ts';
import { ipv6World } from '../lab/worlds.ts';
import { kernelTest } from './kernel.ts';
import { planeOf } from './plane.ts';

/** A cluster of IPv6 whose first node has routes of its own, and knows no neighbour on its interface. */
const base = ipv6World();
const NODE = base.directory.nodes[0]?.netns ?? ('' as NetnsId);
const POD =
  base.directory.pods.find((pod) => pod.node === base.directory.nodes[0]?.name && !pod.hostNetwork)?.netns ?? '';
const router = base.netns.get(NODE)?.neighbours.find(({ dst }) => dst.startsWith('fe80'))?.dst ?? '';

const ROUTES = `
2001:db8:aa::/48 via fe80::dead dev ens5
2001:db8:bb::/48 via fe80:ec2::1 dev ens5
2001:db8:cc::/48 via ${router} dev ens5
`;

const world: World = {
  ...base,
  netns: new Map(
    [...base.netns].map(([id, netns]) => {
      if (id !== NODE) return [id, netns];
      const { value } = parseIpRouteText(ROUTES, 'ip-route', 6);
      return [
        id,
        {
          ...netns,
          routes: [...netns.routes, ...value],
          neighbours: netns.neighbours.filter(({ dev }) => dev !== 'ens5'),
        },
      ];
    }),
  ),
};

const openPlane = planeOf(world);
for (const [name, from, to, want] of [
  ['a link-local address nobody has, from the node', NODE, '[2001:db8:aa::1]:53', 'refused'],
  ['a link-local address nobody has, from a pod', POD, '[2001:db8:aa::1]:53', 'refused'],
  ["the router's well-known address", NODE, '[2001:db8:bb::1]:53', 'delivered'],
  ["the router's own address", NODE, '[2001:db8:cc::1]:53', 'delivered'],
  ['the router as it announces itself', POD, '[2001:db8:ffff::1]:53', 'delivered'],
] as const)
  kernelTest(`both planes say the same of a next hop that is ${name}: ${want}`, async () => {
    const plane = await openPlane();
    const kernel = await answerOn(world, { from, to, protocol: 'udp' }, plane);
    const following: DataPlane = {
      name: 'sim',
      walk: async (of, probe) => [followKernel(of, probe, kernel.roundTrips[0])],
    };
    const sim = await answerOn(world, { from, to, protocol: 'udp' }, following);
    const { outcome, difference } = compareWalks(world, sim.roundTrips[0], kernel.roundTrips[0]);
    expect([outcome, difference]).toEqual(['agree', undefined]);
    expect([sim.roundTrips[0]?.disposition, kernel.roundTrips[0]?.disposition]).toEqual([want, want]);
  });
