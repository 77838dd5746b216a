import type { NetnsId } from '../linux/index.ts';
import { type Ip, PrefixTrie } from '../net/index.ts';
import type { Probe, RoundTrip } from '../trace/index.ts';
import type { DataPlane, World } from '../world/index.ts';

/** Senders that leave alike: of one kind of place, through interfaces of one subnet. One of them speaks for all. */
interface Alike {
  readonly speaker: NetnsId;
  readonly count: number;
}

/**
 * How many workloads a far end cannot tell apart behind the address it sees: those whose packets to the same destination
 * arrive with it, each kind asked by a walk. A node counts once, with its hostNetwork pods; an address that is one
 * workload's own is shared by nobody.
 */
export async function countSharing(
  plane: DataPlane,
  world: World,
  probe: Probe,
  trips: readonly RoundTrip[],
): Promise<readonly RoundTrip[]> {
  const counted = new Map<Ip, number>();
  const all: RoundTrip[] = [];
  for (const trip of trips) {
    const { ip, identity } = trip.farEnd.sees;
    if (identity.kind !== 'node' && identity.kind !== 'nat-gateway') {
      all.push(trip);
      continue;
    }
    const sharedBy = counted.get(ip) ?? (await count(plane, world, probe, ip, sendersOf(world, identity.name)));
    counted.set(ip, sharedBy);
    const { farEnd } = trip;
    all.push({ ...trip, farEnd: { ...farEnd, sees: { ...farEnd.sees, sharedBy } } });
  }
  return all;
}

async function count(
  plane: DataPlane,
  world: World,
  probe: Probe,
  seen: Ip,
  senders: readonly Alike[],
): Promise<number> {
  const { src: _, ...unbound } = probe;
  let sum = 0;
  for (const { speaker, count: alike } of senders) {
    const walked = await plane.walk(
      world,
      { ...unbound, from: speaker },
      { choice: { kind: 'first' }, detail: 'verdict-only' },
    );
    if (walked.some((trip) => trip.farEnd.sees.ip === seen)) sum += alike;
  }
  return Math.max(1, sum);
}

/** Nodes, pods and servers by where they leave from; those of the node in question stand apart from the other nodes'. */
function sendersOf(world: World, identity: string): readonly Alike[] {
  const { directory } = world;
  const place = placesOf(world);
  const groups = new Map<string, { speaker: NetnsId; count: number }>();
  const add = (key: string, speaker: NetnsId): void => {
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { speaker, count: 1 });
    else known.count++;
  };
  const ofNode = new Map<string, string>();
  for (const { name, netns, addresses } of directory.nodes) {
    const at = `${name === identity ? 'this node' : 'a node'} ${place(addresses[0])}`;
    ofNode.set(name, at);
    add(at, netns);
  }
  for (const { netns, node, addresses, hostNetwork } of directory.pods) {
    const at = ofNode.get(node);
    if (!hostNetwork && at !== undefined && addresses.length > 0) add(`pod of ${at}, ${place(addresses[0])}`, netns);
  }
  for (const { kind, netns, addresses } of directory.hosts)
    if (kind === 'server') add(`server ${place(addresses[0])}`, netns);
  return [...groups.values()];
}

const places = new WeakMap<World, (address: Ip | undefined) => string>();

/** The subnet of the interface that has an address, and whether that is its machine's first. */
function placesOf(world: World): (address: Ip | undefined) => string {
  const known = places.get(world);
  if (known !== undefined) return known;
  const exact = new Map<Ip, string>();
  const prefixes = new PrefixTrie<string>();
  for (const { addresses, prefixes: delegated, subnet, deviceIndex, trunking, securityGroups } of world.fabric.enis) {
    const kind =
      trunking?.as === 'branch' ? `branch ${securityGroups.join(' ')}` : deviceIndex === 0 ? 'first' : 'further';
    const at = `${subnet} ${kind}`;
    for (const address of addresses) exact.set(address, at);
    for (const prefix of delegated) prefixes.add(prefix, at);
  }
  const place = (address: Ip | undefined): string =>
    address === undefined ? '' : (exact.get(address) ?? prefixes.longest(address) ?? '');
  places.set(world, place);
  return place;
}
