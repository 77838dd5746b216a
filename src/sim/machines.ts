import type { WireEnd } from '../fabric/index.ts';
import type { Netns, NetnsId } from '../linux/index.ts';
import { parseIp } from '../net/index.ts';
import type { Place } from '../trace/index.ts';
import { folderOf, implicitInternetHost, placeOf, type World } from '../world/index.ts';
import { type FabricIndex, indexFabric } from './fabric/fabric-index.ts';
import { deviceOf } from './fib/index.ts';
import { type Kept, keptOf } from './per-netns.ts';
import type { Attachment, Device } from './types.ts';

/** A namespace of a World and where its devices lead: the same for all walks, so found once. */
export interface Machine {
  readonly netns: Netns;
  readonly folder: string;
  readonly kept: Kept;
  readonly place: Place;
  port(dev: Device): Port;
}

/** What a device is plugged into. */
export interface Port {
  /** Undefined: nothing the input describes. */
  readonly attachment: Attachment | undefined;
  /** The other end of a wire; undefined where the input has no state for it. */
  readonly peer: Peer | undefined;
}

export interface Peer {
  readonly machine: Machine;
  readonly dev: Device;
}

/** The namespaces of a World that packets have come to. */
export interface Machines {
  get(id: NetnsId): Machine | undefined;
}

const byWorld = new WeakMap<World, Machines>();

export function machinesOf(world: World): Machines {
  let known = byWorld.get(world);
  if (known === undefined) {
    known = new Found(world);
    byWorld.set(world, known);
  }
  return known;
}

const MAX_MACHINES = 100_000;

class Found implements Machines {
  private readonly world: World;
  private readonly index: FabricIndex;
  private readonly byId = new Map<NetnsId, Machine>();

  constructor(world: World) {
    this.world = world;
    this.index = indexFabric(world.fabric);
  }

  get(id: NetnsId): Machine | undefined {
    const known = this.byId.get(id);
    if (known !== undefined) return known;
    const declared = this.world.netns.get(id);
    const netns = declared ?? undeclared(id);
    if (netns === undefined) return undefined;
    const made = new Plugged(netns, this.index.attachments(id), this);
    // What the World declares is one machine as long as there is the World; of hosts of the internet there is no end.
    if (declared !== undefined || this.byId.size < MAX_MACHINES) this.byId.set(id, made);
    return made;
  }
}

class Plugged implements Machine {
  readonly netns: Netns;
  readonly folder: string;
  readonly kept: Kept;
  readonly place: Place;
  private readonly attachments: ReadonlyMap<string, Attachment>;
  private readonly others: Machines;
  /** By the device's index. */
  private readonly ports: (Port | undefined)[];

  constructor(netns: Netns, attachments: ReadonlyMap<string, Attachment>, others: Machines) {
    this.netns = netns;
    this.folder = folderOf(netns.id);
    this.kept = keptOf(netns);
    this.place = placeOf(netns.id);
    this.attachments = attachments;
    this.others = others;
    this.ports = new Array(netns.links.length).fill(undefined);
  }

  port({ index, name }: Device): Port {
    const known = this.ports[index];
    if (known !== undefined) return known;
    const attachment = this.attachments.get(name);
    const made = { attachment, peer: attachment?.kind === 'wire' ? this.peerOf(attachment.peer) : undefined };
    if (index >= 0) this.ports[index] = made;
    return made;
  }

  private peerOf({ netns, dev }: WireEnd): Peer | undefined {
    const machine = this.others.get(netns as NetnsId); // wires are named by namespace ids
    return machine === undefined ? undefined : { machine, dev: deviceOf(machine, dev) };
  }
}

function undeclared(id: NetnsId): Netns | undefined {
  if (!id.startsWith('internet/')) return undefined;
  const address = parseIp(id.slice('internet/'.length));
  return address === undefined ? undefined : implicitInternetHost(address);
}
