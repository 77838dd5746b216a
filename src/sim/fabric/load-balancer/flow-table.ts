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
  private readonly perTarget = new Map<string, number>();
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
    if (now - flow.lastSeen <= flow.idleTimeout) return flow;
    this.forget(key, flow);
    return 'expired';
  }

  /** The flow a target's packet answers to. */
  ofTarget(packet: Packet, now: number): Flow | undefined {
    if (this.backs.size === 0) return undefined;
    const key = keyOf(packet);
    const flow = key === undefined ? undefined : this.backs.get(key);
    return flow === undefined || now - flow.lastSeen > flow.idleTimeout ? undefined : flow;
  }

  /** The flow of a packet to a target, as an ICMP error quotes it. */
  ofQuoted(quoted: Packet): Flow | undefined {
    const ends = this.backs.size === 0 ? undefined : readPorts(quoted);
    return (
      ends &&
      this.backs.get(key(quoted.protocol, { ip: quoted.dst, port: ends.dport }, { ip: quoted.src, port: ends.sport }))
    );
  }

  /** Another connection has the very same two ends at the target. */
  collides({ protocol, target, source }: Pick<Flow, 'protocol' | 'target' | 'source'>): boolean {
    return this.backs.has(key(protocol, { ip: target.ip, port: target.port }, source));
  }

  add(flow: Flow): void {
    const { protocol, client, front, source, target } = flow;
    const front4 = key(protocol, client, front);
    this.gone.delete(front4);
    this.fronts.set(front4, flow);
    this.backs.set(key(protocol, { ip: target.ip, port: target.port }, source), flow);
  }

  /** A port of the node's towards a target; undefined where all are taken. */
  takePort(protocol: Protocol, own: Ip, { ip, port }: Target, dice: Dice, how: PortDraw = {}): number | undefined {
    const towards = towardsKey(protocol, own, { ip, port });
    const used = this.perTarget.get(towards) ?? 0;
    if (used >= PORTS_PER_TARGET) return undefined;
    this.perTarget.set(towards, used + 1);
    let free = dice.port(1024, 65535, how);
    while (this.backs.has(key(protocol, { ip, port }, { ip: own, port: free })))
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

  private forget(front: string, { protocol, target, source }: Flow): void {
    this.fronts.delete(front);
    this.backs.delete(key(protocol, { ip: target.ip, port: target.port }, source));
    this.gone.add(front);
    const towards = towardsKey(protocol, source.ip, target);
    const used = this.perTarget.get(towards);
    if (used !== undefined) this.perTarget.set(towards, used - 1);
  }
}

const towardsKey = (protocol: Protocol, own: Ip, target: FlowEnd): string =>
  `${protocol} ${own} ${target.ip} ${target.port}`;

const key = (protocol: Protocol, from: FlowEnd, to: FlowEnd): string =>
  `${protocol} ${from.ip} ${from.port} ${to.ip} ${to.port}`;

function keyOf(packet: Packet): string | undefined {
  const ends = packet.l4.kind === 'tcp' || packet.l4.kind === 'ports' ? readPorts(packet) : undefined;
  return ends && key(packet.protocol, { ip: packet.src, port: ends.sport }, { ip: packet.dst, port: ends.dport });
}
