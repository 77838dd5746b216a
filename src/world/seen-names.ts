import { type Dns, dnsSeenFrom, type Subnet } from '../fabric/index.ts';
import type { NetnsId } from '../linux/index.ts';
import { cidrContains, type Ip } from '../net/index.ts';
import type { World } from './types.ts';

interface Home {
  readonly vpc: string;
  /** Of its interfaces; the resolver of a VPC has none. */
  readonly subnet?: Subnet;
}

const homes = new WeakMap<World, ReadonlyMap<string, Home>>();

/** What the name servers a namespace asks know: those of the VPC it is in, or of the internet. */
export const dnsOf = (world: World, netns: NetnsId): Dns => dnsSeenFrom(world.fabric.dns, homeOf(world, netns)?.vpc);

/** Whether a namespace asks from a subnet with DNS64; of the resolver of a VPC, whether `client` does. */
export function asksWithDns64(world: World, netns: NetnsId, client?: Ip): boolean {
  const home = homeOf(world, netns);
  if (home === undefined || home.subnet !== undefined) return home?.subnet?.dns64 === true;
  return world.fabric.subnets.some(
    ({ vpc, dns64, cidrs }) =>
      dns64 === true && vpc === home.vpc && client !== undefined && cidrs.some((block) => cidrContains(block, client)),
  );
}

/** By its interfaces, or for a pod by those of its node. */
function homeOf(world: World, netns: NetnsId): Home | undefined {
  const known = homes.get(world) ?? indexHomes(world);
  homes.set(world, known);
  return known.get(netns);
}

function indexHomes({ fabric }: World): ReadonlyMap<string, Home> {
  const subnets = new Map(fabric.subnets.map((subnet) => [subnet.id, subnet]));
  // The resolver of a VPC has no namespace in a World, and one in a lab.
  const home = new Map<string, Home>(fabric.vpcs.map(({ id }) => [`resolver/${id}`, { vpc: id }]));
  // The first interface last: a packet of the namespace's own leaves by it.
  for (const { attachment, subnet: id, owner } of fabric.enis.toSorted((a, b) => b.deviceIndex - a.deviceIndex)) {
    const subnet = subnets.get(id);
    if (subnet !== undefined) home.set(attachment?.netns ?? owner, { vpc: subnet.vpc, subnet });
  }
  for (const { a, b } of fabric.wires) {
    const known = home.get(a.netns) ?? home.get(b.netns);
    if (known === undefined) continue;
    home.set(a.netns, known);
    home.set(b.netns, known);
  }
  return home;
}
