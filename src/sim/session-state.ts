import type { Netns, NetnsId } from '../linux/index.ts';
import { parseIp } from '../net/index.ts';
import type { Place } from '../trace/index.ts';
import { folderOf, implicitInternetHost, placeOf, type World } from '../world/index.ts';
import { type FabricIndex, indexFabric } from './fabric/fabric-index.ts';
import { ProxyConnections } from './fabric/load-balancer/application/connections.ts';
import { FlowTable } from './fabric/load-balancer/flow-table.ts';
import { NatTable } from './fabric/nat-table.ts';
import { createHost } from './host/index.ts';
import { type Kept, keptOf } from './per-netns.ts';
import type { Attachment, Host } from './types.ts';

/** What packets leave behind between walks: connection tables of namespaces, translations of NAT gateways, flows of load balancers. */
export interface SessionState {
  readonly world: World;
  readonly index: FabricIndex;
  host(netns: NetnsId): VisitedHost | undefined;
  natTable(gateway: string): NatTable;
  connectionsOf(loadBalancer: string): ProxyConnections;
  readonly flows: FlowTable;
  /** Of a transit gateway's attachment in appliance mode: the zone each flow keeps. */
  pins(attachment: string): Map<string, string>;
}

/** A namespace of this World, with what walks from one to the next need of it. */
export interface VisitedHost {
  readonly host: Host;
  readonly netns: Netns;
  readonly place: Place;
  readonly attachments: ReadonlyMap<string, Attachment>;
}

export const createSessionState = (world: World): SessionState => new State(world);

/** Hosts come into being when a packet first visits them. A public address nobody declared is a host of its own. */
class State implements SessionState {
  readonly world: World;
  readonly index: FabricIndex;
  private readonly machines: Map<NetnsId, Machine>;
  private readonly hosts = new Map<NetnsId, VisitedHost>();
  private tables: Map<string, NatTable> | undefined;
  private connections: Map<string, ProxyConnections> | undefined;
  private balanced: FlowTable | undefined;
  private pinned: Map<string, Map<string, string>> | undefined;

  constructor(world: World) {
    this.world = world;
    this.index = indexFabric(world.fabric);
    this.machines = machinesOf(world);
  }

  host(id: NetnsId): VisitedHost | undefined {
    const known = this.hosts.get(id);
    if (known !== undefined) return known;
    const machine = this.machines.get(id) ?? this.visit(id);
    if (machine === undefined) return undefined;
    const { netns, folder, kept, place, attachments } = machine;
    const visited = { host: createHost(netns, folder, kept), netns, place, attachments };
    this.hosts.set(id, visited);
    return visited;
  }

  private visit(id: NetnsId): Machine | undefined {
    const netns = this.world.netns.get(id) ?? undeclared(id);
    if (netns === undefined) return undefined;
    const machine = {
      netns,
      folder: folderOf(id),
      kept: keptOf(netns),
      place: placeOf(id),
      attachments: this.index.attachments(id),
    };
    if (this.machines.size >= MAX_MACHINES) this.machines.clear();
    this.machines.set(id, machine);
    return machine;
  }

  get flows(): FlowTable {
    this.balanced ??= new FlowTable();
    return this.balanced;
  }

  natTable(gateway: string): NatTable {
    this.tables ??= new Map();
    const known = this.tables.get(gateway);
    if (known !== undefined) return known;
    const table = new NatTable();
    this.tables.set(gateway, table);
    return table;
  }

  connectionsOf(loadBalancer: string): ProxyConnections {
    this.connections ??= new Map();
    const known = this.connections.get(loadBalancer);
    if (known !== undefined) return known;
    const made = new ProxyConnections();
    this.connections.set(loadBalancer, made);
    return made;
  }

  pins(attachment: string): Map<string, string> {
    this.pinned ??= new Map();
    const known = this.pinned.get(attachment) ?? new Map<string, string>();
    this.pinned.set(attachment, known);
    return known;
  }
}

/** A namespace of a World, found once for all walks. */
interface Machine {
  readonly netns: Netns;
  readonly folder: string;
  readonly kept: Kept;
  readonly place: Place;
  readonly attachments: ReadonlyMap<string, Attachment>;
}

const MAX_MACHINES = 100_000;
const machines = new WeakMap<World, Map<NetnsId, Machine>>();

function machinesOf(world: World): Map<NetnsId, Machine> {
  let known = machines.get(world);
  if (known === undefined) {
    known = new Map();
    machines.set(world, known);
  }
  return known;
}

function undeclared(id: NetnsId): Netns | undefined {
  if (!id.startsWith('internet/')) return undefined;
  const address = parseIp(id.slice('internet/'.length));
  return address === undefined ? undefined : implicitInternetHost(address);
}
