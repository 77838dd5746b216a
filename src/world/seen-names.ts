import { type Dns, dnsSeenFrom } from '../fabric/index.ts';
import type { NetnsId } from '../linux/index.ts';
import type { World } from './types.ts';

const homes = new WeakMap<World, ReadonlyMap<string, string>>();

/** What the name servers a namespace asks know: those of the VPC it is in, or of the internet. */
export const dnsOf = (world: World, netns: NetnsId): Dns => dnsSeenFrom(world.fabric.dns, vpcOf(world, netns));

/** By its interfaces, or for a pod by those of its node. */
function vpcOf(world: World, netns: NetnsId): string | undefined {
  const known = homes.get(world) ?? indexHomes(world);
  homes.set(world, known);
  return known.get(netns);
}

function indexHomes({ fabric }: World): ReadonlyMap<string, string> {
  const vpcs = new Map(fabric.subnets.map(({ id, vpc }) => [id, vpc]));
  // The resolver of a VPC has no namespace in a World, and one in a lab.
  const home = new Map(fabric.vpcs.map(({ id }) => [`resolver/${id}`, id]));
  for (const { attachment, subnet, owner } of fabric.enis) {
    const vpc = vpcs.get(subnet);
    if (vpc !== undefined) home.set(attachment?.netns ?? owner, vpc);
  }
  for (const { a, b } of fabric.wires) {
    const vpc = home.get(a.netns) ?? home.get(b.netns);
    if (vpc === undefined) continue;
    home.set(a.netns, vpc);
    home.set(b.netns, vpc);
  }
  return home;
}
