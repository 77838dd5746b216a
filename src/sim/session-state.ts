import type { NetnsId } from '../linux/index.ts';
import type { World } from '../world/index.ts';
import { type FabricIndex, indexFabric } from './fabric/fabric-index.ts';
import { TrackedFlows } from './fabric/filters/tracked-flows.ts';
import { ProxyConnections } from './fabric/load-balancer/application/connections.ts';
import { FlowTable } from './fabric/load-balancer/flow-table.ts';
import { NatTable } from './fabric/nat-table.ts';
import { createHost } from './host/index.ts';
import { type Machine, type Machines, machinesOf } from './machines.ts';
import type { SocketState } from './socket-lb/types.ts';
import type { Host } from './types.ts';

/** What packets leave behind between walks: connection tables of namespaces, translations of NAT gateways, flows of load balancers and of security groups. */
export interface SessionState {
  readonly world: World;
  readonly index: FabricIndex;
  host(netns: NetnsId): VisitedHost | undefined;
  /** Of a machine the World declares. */
  hostOf(machine: Machine): VisitedHost;
  natTable(gateway: string): NatTable;
  connectionsOf(loadBalancer: string): ProxyConnections;
  readonly flows: FlowTable;
  /** What programs on cgroups keep of sockets. */
  readonly sockets: SocketState;
  /** What the security groups of an ENI know. */
  tracked(eni: string): TrackedFlows;
  /** Of a transit gateway's attachment in appliance mode: the zone each flow keeps. */
  pins(attachment: string): Map<string, string>;
}

/** A namespace of this World as this session's packets have left it. */
export interface VisitedHost {
  readonly host: Host;
  readonly machine: Machine;
}

export const createSessionState = (world: World): SessionState => new State(world);

/** Up to so many visited namespaces are looked through one by one: most sessions are one conversation. */
const FEW = 8;

/** Hosts come into being when a packet first visits them. A public address nobody declared is a host of its own. */
class State implements SessionState {
  readonly world: World;
  readonly index: FabricIndex;
  private readonly machines: Machines;
  private readonly visited: VisitedHost[] = [];
  /** All of them, once there are many. */
  private byId: Map<NetnsId, VisitedHost> | undefined;
  private tables: Map<string, NatTable> | undefined;
  private connections: Map<string, ProxyConnections> | undefined;
  private balanced: FlowTable | undefined;
  private balancedSockets: SocketState | undefined;
  private byEni: Map<string, TrackedFlows> | undefined;
  private pinned: Map<string, Map<string, string>> | undefined;

  constructor(world: World) {
    this.world = world;
    this.index = indexFabric(world.fabric);
    this.machines = machinesOf(world);
  }

  host(id: NetnsId): VisitedHost | undefined {
    const known = this.find(id);
    if (known !== undefined) return known;
    const machine = this.machines.get(id);
    return machine === undefined ? undefined : this.visit(machine);
  }

  hostOf(machine: Machine): VisitedHost {
    if (this.byId !== undefined) return this.byId.get(machine.netns.id) ?? this.visit(machine);
    for (const each of this.visited) if (each.machine === machine) return each;
    return this.visit(machine);
  }

  private find(id: NetnsId): VisitedHost | undefined {
    if (this.byId !== undefined) return this.byId.get(id);
    for (const each of this.visited) if (each.machine.netns.id === id) return each;
    return undefined;
  }

  private visit(machine: Machine): VisitedHost {
    const { netns, folder, kept } = machine;
    const made = { host: createHost(netns, folder, kept), machine };
    if (this.byId !== undefined) this.byId.set(netns.id, made);
    else {
      this.visited.push(made);
      if (this.visited.length > FEW) this.byId = new Map(this.visited.map((each) => [each.machine.netns.id, each]));
    }
    return made;
  }

  get flows(): FlowTable {
    this.balanced ??= new FlowTable();
    return this.balanced;
  }

  get sockets(): SocketState {
    this.balancedSockets ??= { open: new Map(), kept: new Map() };
    return this.balancedSockets;
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

  tracked(eni: string): TrackedFlows {
    this.byEni ??= new Map();
    const known = this.byEni.get(eni);
    if (known !== undefined) return known;
    const made = new TrackedFlows();
    this.byEni.set(eni, made);
    return made;
  }

  pins(attachment: string): Map<string, string> {
    this.pinned ??= new Map();
    const known = this.pinned.get(attachment) ?? new Map<string, string>();
    this.pinned.set(attachment, known);
    return known;
  }
}
