import type { Eni } from '../fabric/index.ts';
import type { NetnsId } from '../linux/index.ts';
import { cidrContains, type Ip, type Mac } from '../net/index.ts';
import type { Disposition, Hop, Place, Step } from '../trace/index.ts';
import { placeOf } from '../world/index.ts';
import { cross, type Start, startAt, type Wired } from './cross.ts';
import type { FabricIndex } from './fabric/fabric-index.ts';
import type { Crossing, FabricPacket, FabricWalk } from './fabric/fabric-walk.ts';
import type { TrackedFlows } from './fabric/filters/tracked-flows.ts';
import { linkLocalService } from './fabric/link-local-services.ts';
import type { ProxyConnections } from './fabric/load-balancer/application/connections.ts';
import type { ProxyEnd } from './fabric/load-balancer/application/proxy-end.ts';
import { healthChecks } from './fabric/load-balancer/check-target.ts';
import type { FlowTable } from './fabric/load-balancer/flow-table.ts';
import type { CheckTarget } from './fabric/load-balancer/health-types.ts';
import type { NatTable } from './fabric/nat-table.ts';
import { isRouter } from './fabric/router-addresses.ts';
import { answersNeighbour, deviceOf } from './fib/index.ts';
import { receive, send } from './host/index.ts';
import { NO_CT, type Packet, packetHeaders, type Skb } from './packet.ts';
import type { SessionState, VisitedHost } from './session-state.ts';
import type { Device, Outcome, Ties, Undecided, Walk } from './types.ts';
import type { UnreadChain } from './unread-chains.ts';

export type { Start } from './cross.ts';

/** A packet visits at most this many places; a TTL runs out long before in any fabric that decrements it. */
export const MAX_PLACES = 300;

/** Where and how one packet ended. */
export interface WalkEnd {
  readonly kind: 'end';
  readonly disposition: Disposition;
  readonly hops: readonly Hop[];
  /** The packet as it was at its end. */
  readonly packet: Packet;
  readonly where: Place;
  /** The namespace it ended in; absent in the fabric. */
  readonly netns: NetnsId | undefined;
  readonly socket: string | undefined;
  /** What took the packet in the fabric, where no namespace did: `control-plane/NAME`, `vpc-resolver`. */
  readonly device: string | undefined;
  /** The proxy that took the connection the packet opens. */
  readonly proxy: ProxyEnd | undefined;
  /** What goes back because of it: an answer, an ICMP error, a RST. */
  readonly answer: Start | undefined;
  readonly because: string;
  /** What a PROXY protocol header before its data says. */
  readonly proxyProtocol: string | undefined;
}

export interface WalkInput {
  readonly state: SessionState;
  readonly start: Start;
  readonly walk: Omit<Walk, 'record' | 'resolves' | 'standIn'>;
  readonly detail: 'full' | 'verdict-only';
  /** Hears of each step as it is taken. */
  readonly tell?: ((step: Step) => void) | undefined;
}

/** One packet from where it is made to where it ends. The one loop of the simulation: hosts and fabric take turns. */
export function walkPacket({ state, start, walk: chance, detail, tell }: WalkInput): WalkEnd {
  const forcedInvalid = start.kind === 'host' && start.forcedInvalid === true;
  const on = new PacketWalk(state, chance, { full: detail === 'full', tell, forcedInvalid });
  let turn = begin(state, start, on);
  for (let places = 0; places < MAX_PLACES; places++) {
    if (turn.kind === 'end') return turn;
    turn = step(state, turn, on);
  }
  return ended(on, 'loop', start.packet, on.last, 'the packet goes round in a circle');
}

type Turn = WalkEnd | Crossing | Wired;

function begin(state: SessionState, start: Start, on: PacketWalk): Turn {
  if (start.kind === 'fabric') {
    on.opening = start.opening;
    return cross.fromFabric(on, start.from);
  }
  const visited = state.host(start.netns);
  if (visited === undefined)
    return ended(on, 'not-sent', start.packet, placeOf(start.netns), `${start.netns} does not exist`);
  on.visit(visited);
  for (const each of start.opening ?? []) on.record?.(each);
  return settle(visited, send(visited.host, start.packet, on.walk, start), on);
}

function step(state: SessionState, crossing: Crossing | Wired, on: PacketWalk): Turn {
  const { packet } = crossing;
  switch (crossing.kind) {
    case 'arrive': {
      const netns = crossing.netns as NetnsId; // fabric ends are named by namespace ids
      const visited = state.host(netns);
      if (visited !== undefined) {
        const dev = deviceOf(visited.host, crossing.dev);
        return arrive(visited, packet, dev, cardOf(visited, dev), on);
      }
      on.enter(placeOf(netns));
      return unknown(packet, on, `the input has no state for ${netns}`);
    }
    case 'wired':
      return arrive(state.hostOf(crossing.to.machine), packet, crossing.to.dev, crossing.lladdr, on);
    case 'delivered': {
      const answer = crossing.answer && startInFabric(crossing.answer);
      const { socket, name: device, proxy } = crossing;
      return ended(on, 'delivered', packet, on.last, '', { socket, device, proxy, answer });
    }
    case 'died': {
      const answer = crossing.error && startInFabric(crossing.error);
      return ended(on, crossing.disposition, packet, on.last, crossing.because, { answer });
    }
    case 'unknown':
      return unknown(packet, on, crossing.what);
  }
}

const startInFabric = (from: FabricPacket): Start => ({ kind: 'fabric', from, packet: from.packet });

/** Whom the fabric's frames to a device are for. */
function cardOf({ machine }: VisitedHost, dev: Device): Mac | undefined {
  const { attachment } = machine.port(dev);
  return attachment?.kind === 'eni' ? attachment.eni.mac : undefined;
}

function arrive(visited: VisitedHost, packet: Packet, dev: Device, lladdr: Mac | undefined, on: PacketWalk): Turn {
  on.visit(visited);
  return settle(visited, receive(visited.host, arriving(packet, dev.name, on.forcedInvalid), on.walk, dev, lladdr), on);
}

function unknown(packet: Packet, on: PacketWalk, what: string): Turn {
  on.unknown(packet, what);
  return ended(on, 'unknown', packet, on.last, what);
}

/** A packet's stay in a namespace, turned into what comes next. */
function settle(visited: VisitedHost, outcome: Outcome, on: PacketWalk): Turn {
  if (outcome.kind === 'transmit') return cross.fromHost(on, visited, outcome);
  const {
    place: where,
    netns: { id: netns },
  } = visited.machine;
  switch (outcome.kind) {
    case 'delivered': {
      const answer = outcome.answer && startAt(netns, outcome.answer, outcome.ties);
      const { skb, socket } = outcome;
      return ended(on, 'delivered', skb.packet, where, '', { netns, socket, answer });
    }
    case 'died': {
      const answer = outcome.error && startOfError(netns, outcome.error, outcome.ties);
      return ended(on, outcome.disposition, outcome.packet, where, outcome.because, { netns, answer });
    }
    case 'unknown':
      return ended(on, 'unknown', outcome.packet, where, outcome.what, { netns });
  }
}

function startOfError(netns: NetnsId, error: Packet | Undecided, ties: Ties | undefined): Start {
  if (!('what' in error)) return startAt(netns, error, ties);
  return { kind: 'host', netns, packet: error.packet, undecided: error };
}

function ended(
  { hops, proxyProtocol }: PacketWalk,
  disposition: Disposition,
  packet: Packet,
  where: Place,
  because: string,
  { netns, socket, device, proxy, answer }: Partial<Pick<WalkEnd, Taken>> = {},
): WalkEnd {
  return {
    kind: 'end',
    disposition,
    hops,
    packet,
    where,
    netns,
    socket,
    device,
    proxy,
    answer,
    because,
    proxyProtocol,
  };
}

/** What only some ends have. */
type Taken = 'netns' | 'socket' | 'device' | 'proxy' | 'answer';

/** What a veth or the fabric hands over: nothing of the sender's kernel travels along (skb_scrub_packet). */
const arriving = (packet: Packet, dev: string, forcedInvalid: boolean): Skb => ({
  packet,
  mark: 0,
  iif: dev,
  oif: undefined,
  mtu: undefined,
  ct: NO_CT,
  forcedInvalid,
  pkttype: 'unicast',
});

/** One packet on its way, with the hops it has gone. A verdict-only walk keeps the places and no steps. */
class PacketWalk implements FabricWalk, Walk {
  readonly index: FabricIndex;
  readonly dice: Walk['dice'];
  readonly now: number;
  readonly assumptions: Set<string>;
  readonly record: Walk['record'];
  readonly standIn: Walk['standIn'];
  readonly hops: { readonly where: Place; readonly steps: readonly Step[] }[] = [];
  /** Its sequence number, which it keeps: out of the window here is out of the window everywhere. */
  readonly forcedInvalid: boolean;
  proxyProtocol: string | undefined;
  /** What the first place it enters begins with. */
  opening: readonly Step[] | undefined;
  private readonly state: SessionState;
  /** The namespace it is in, or was in last. */
  private at: VisitedHost | undefined;
  /** Of the hop it is at. */
  private steps: Step[] = [];

  constructor(
    state: SessionState,
    { dice, now, assumptions }: WalkInput['walk'],
    { full, tell, forcedInvalid }: { full: boolean; tell: WalkInput['tell']; forcedInvalid: boolean },
  ) {
    this.state = state;
    this.index = state.index;
    this.dice = dice;
    this.now = now;
    this.assumptions = assumptions;
    this.standIn = state.world.fabric.standIns === undefined ? undefined : state.index.standIn;
    this.forcedInvalid = forcedInvalid;
    this.at = undefined;
    this.opening = undefined;
    this.record = full ? (step) => this.take(step, tell) : undefined;
  }

  get walk(): Walk {
    return this;
  }

  private take(step: Step, tell: WalkInput['tell']): void {
    this.steps.push(step);
    tell?.(step);
  }

  /** A device wired to another asks its host; the fabric answers for itself, and for the addresses of a subnet. */
  resolves(dev: Device, nexthop: Ip): boolean {
    const { peer, attachment } = this.at?.machine.port(dev) ?? {};
    if (attachment?.kind === 'eni') return this.answers(attachment.eni, nexthop);
    return peer === undefined || answersNeighbour(this.state.hostOf(peer.machine).host, peer.dev, nexthop);
  }

  unreadArp(dev: Device): UnreadChain | undefined {
    return this.at?.machine.port(dev).peer?.dev.unread?.neighbours;
  }

  /** Of link-local addresses those the platform keeps its services at, and the router's. */
  private answers(eni: Eni, address: Ip): boolean {
    const subnet = this.index.subnet(eni.subnet);
    if (subnet === undefined || linkLocalService(address) !== undefined) return true;
    return isRouter(address, subnet, eni) || subnet.cidrs.some((block) => cidrContains(block, address));
  }

  visit(host: VisitedHost): void {
    this.at = host;
    this.enter(host.machine.place);
  }

  proxy(loadBalancer: string): ProxyConnections {
    return this.state.connectionsOf(loadBalancer);
  }

  pins(attachment: string): Map<string, string> {
    return this.state.pins(attachment);
  }

  nat(gateway: string): NatTable {
    return this.state.natTable(gateway);
  }

  tracked(eni: string): TrackedFlows {
    return this.state.tracked(eni);
  }

  flows(): FlowTable {
    return this.state.flows;
  }

  get checkTarget(): CheckTarget {
    return healthChecks(this.state.world, walkPacket);
  }

  announce(header: string): void {
    this.proxyProtocol = header;
  }

  enter(place: Place): void {
    if (place.kind === 'vpc') {
      const { kind, name } = this.last;
      if (kind === 'vpc' && name === place.name) return;
    }
    if (this.record !== undefined) this.steps = [];
    this.hops.push({ where: place, steps: this.steps });
    const { opening } = this;
    this.opening = undefined;
    for (const each of opening ?? []) this.record?.(each);
  }

  get last(): Place {
    return this.hops.at(-1)?.where ?? { kind: 'vpc', name: '' };
  }

  unknown(packet: Packet, what: string): void {
    if (this.record === undefined) return;
    const headers = packetHeaders(packet);
    this.record({
      kind: 'unknown',
      action: what,
      because: '',
      evidence: { plane: 'sim', artefact: { file: 'fabric.json' }, text: what },
      before: headers,
      after: headers,
    });
  }
}
