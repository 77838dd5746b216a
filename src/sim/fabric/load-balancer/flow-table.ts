import type { LoadBalancer, Target } from '../../../fabric/index.ts';
import type { Ip, Protocol } from '../../../net/index.ts';
import type { Dice, PortDraw } from '../../../world/index.ts';
import type { Packet } from '../../packet.ts';
import { readPorts } from '../../rewrite.ts';

/** Connections a node can have to one target at once while it stands in for the clients (NLB user guide, target groups). */
export const PORTS_PER_TARGET = 55_000;

export interface FlowEnd {
  readonly ip: Ip;
  readonly port: number;
}

/** One client connection through one node of a network load balancer: as the client has it, and as the target has it. */
export interface Flow {
  readonly protocol: Protocol;
  readonly loadBalancer: LoadBalancer;
  /** The node's ENI. */
  readonly eni: string;
  readonly client: FlowEnd;
  /** Where the client sends: an address of the node, and the listener's port. */
  readonly front: FlowEnd;
  /** The client itself where its address is kept, else the node. */
  readonly source: FlowEnd;
  readonly target: Target;
  readonly targetGroup: string;
  /** Seconds. */
  readonly idleTimeout: number;
  lastSeen: number;
}

/** Flows of all network load balancers, found by either half. What a flow's first packet chose, its later packets use. */
export class FlowTable {
  private readonly fronts = new Map<string, Flow>();
  private readonly backs = new Map<string, Flow>();
  /** Of flows with a port of a node's own: by the node's address and the target. */
  private readonly perTarget = new Map<string, Set<Flow>>();
  /** Flows of others, by the front they are called at. */
  private readonly others = new Map<string, number>();
  /** `source_ip` stickiness: the target of the last flow. */
  private readonly stuck = new Map<string, Target>();
  /** Answers that nodes themselves wait for. */
  private readonly awaited = new Set<string>();
  private readonly gone = new Set<string>();

  /** The flow a client's packet belongs to; `expired`: it had one, and was silent for too long. */
  ofClient(packet: Packet, now: number): Flow | 'expired' | undefined {
    const key = keyOf(packet);
    if (key === undefined) return undefined;
    const flow = this.fronts.get(key);
    if (flow === undefined) return this.gone.has(key) ? 'expired' : undefined;
    if (isLive(flow, now)) return flow;
    this.forget(flow);
    return 'expired';
  }

  /** The flow a target's packet answers to. */
  ofTarget(packet: Packet, now: number): Flow | undefined {
    if (this.backs.size === 0) return undefined;
    const key = keyOf(packet);
    const flow = key === undefined ? undefined : this.backs.get(key);
    return flow !== undefined && isLive(flow, now) ? flow : undefined;
  }

  /** The flow of a packet to a target, as an ICMP error quotes it. */
  ofQuoted(quoted: Packet, now: number): Flow | undefined {
    const ends = this.backs.size === 0 ? undefined : readPorts(quoted);
    if (ends === undefined) return undefined;
    const { protocol, src, dst } = quoted;
    return this.liveBack(key(protocol, { ip: dst, port: ends.dport }, { ip: src, port: ends.sport }), now);
  }

  /** Another connection has the very same two ends at the target. */
  collides({ protocol, target, source }: Pick<Flow, 'protocol' | 'target' | 'source'>, now: number): boolean {
    return this.liveBack(backOf({ protocol, target, source }), now) !== undefined;
  }

  add(flow: Flow): void {
    const { protocol, source, target } = flow;
    const front = frontOf(flow);
    this.gone.delete(front);
    this.fronts.set(front, flow);
    this.backs.set(backOf(flow), flow);
    this.perTarget.get(towardsKey(protocol, source.ip, target))?.add(flow);
  }

  /** Flows of others that are open through this front all the time. */
  occupy(protocol: Protocol, front: FlowEnd, count: number): void {
    const at = frontKey(protocol, front);
    this.others.set(at, (this.others.get(at) ?? 0) + count);
  }
  occupied(protocol: Protocol, front: FlowEnd): number {
    return this.others.size === 0 ? 0 : (this.others.get(frontKey(protocol, front)) ?? 0);
  }

  /** A port of the node's towards a target, for a flow to be added; undefined where all are taken. `others`: by flows that are not here. */
  takePort(
    protocol: Protocol,
    own: Ip,
    { ip, port }: FlowEnd,
    {
      others,
      dice,
      now,
      how = {},
    }: { readonly others: number; readonly dice: Dice; readonly now: number; readonly how?: PortDraw },
  ): number | undefined {
    const towards = towardsKey(protocol, own, { ip, port });
    const taken = this.perTarget.get(towards) ?? new Set();
    this.perTarget.set(towards, taken);
    if (taken.size + others >= PORTS_PER_TARGET) for (const flow of taken) if (!isLive(flow, now)) this.forget(flow);
    if (taken.size + others >= PORTS_PER_TARGET) return undefined;
    let free = dice.port(1024, 65535, how);
    while (this.liveBack(key(protocol, { ip, port }, { ip: own, port: free }), now) !== undefined)
      free = free === 65535 ? 1024 : free + 1;
    return free;
  }

  stuckTo(what: string): Target | undefined {
    return this.stuck.get(what);
  }
  stick(what: string, target: Target): void {
    this.stuck.set(what, target);
  }

  /** A node's own packet: its answer is for the node, not for a client. */
  expect(packet: Packet): void {
    const ends = readPorts(packet);
    if (ends !== undefined)
      this.awaited.add(
        key(packet.protocol, { ip: packet.dst, port: ends.dport }, { ip: packet.src, port: ends.sport }),
      );
  }
  isExpected(packet: Packet): boolean {
    const found = this.awaited.size === 0 ? undefined : keyOf(packet);
    return found !== undefined && this.awaited.has(found);
  }

  private liveBack(back: string, now: number): Flow | undefined {
    const flow = this.backs.get(back);
    return flow !== undefined && isLive(flow, now) ? flow : undefined;
  }

  /** Where a newer flow has its ends, they are that one's. */
  private forget(flow: Flow): void {
    const { protocol, target, source } = flow;
    const [front, back] = [frontOf(flow), backOf(flow)];
    if (this.fronts.get(front) === flow) {
      this.fronts.delete(front);
      this.gone.add(front);
    }
    if (this.backs.get(back) === flow) this.backs.delete(back);
    this.perTarget.get(towardsKey(protocol, source.ip, target))?.delete(flow);
  }
}

const isLive = ({ lastSeen, idleTimeout }: Flow, now: number): boolean => now - lastSeen <= idleTimeout;

const frontKey = (protocol: Protocol, { ip, port }: FlowEnd): string => `${protocol} ${ip} ${port}`;

const frontOf = ({ protocol, client, front }: Flow): string => key(protocol, client, front);

const backOf = ({ protocol, target: { ip, port }, source }: Pick<Flow, 'protocol' | 'target' | 'source'>): string =>
  key(protocol, { ip, port }, source);

const towardsKey = (protocol: Protocol, own: Ip, target: FlowEnd): string =>
  `${protocol} ${own} ${target.ip} ${target.port}`;

const key = (protocol: Protocol, from: FlowEnd, to: FlowEnd): string =>
  `${protocol} ${from.ip} ${from.port} ${to.ip} ${to.port}`;

function keyOf(packet: Packet): string | undefined {
  const ends = packet.l4.kind === 'tcp' || packet.l4.kind === 'ports' ? readPorts(packet) : undefined;
  return ends && key(packet.protocol, { ip: packet.src, port: ends.sport }, { ip: packet.dst, port: ends.dport });
}
