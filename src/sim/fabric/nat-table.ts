import { PORTS_PER_DESTINATION } from '../../fabric/index.ts';
import type { Ip, Protocol } from '../../net/index.ts';
import type { Dice, PortDraw } from '../../world/index.ts';
import { hasFlag, type Packet } from '../packet.ts';
import { readPorts, writeEnds } from '../rewrite.ts';

/** Seconds without a packet after which a NAT gateway forgets a connection (VPC guide, NAT gateway troubleshooting). */
export const IDLE_TIMEOUT = 350;

interface Binding {
  readonly protocol: Protocol;
  readonly src: Ip;
  readonly sport: number;
  readonly dst: Ip;
  readonly dport: number;
  readonly port: number;
  lastSeen: number;
}

const ECHO_REPLY = 0;

/** A packet that nobody has to have asked for. */
function begins({ l4 }: Packet): boolean {
  if (l4.kind === 'tcp') return hasFlag(l4.flags, 'SYN') && !hasFlag(l4.flags, 'ACK');
  return l4.kind !== 'icmp-query' || l4.type !== ECHO_REPLY;
}

export type NatOutcome =
  | { readonly kind: 'translated'; readonly packet: Packet }
  /** It belongs to no connection that is known. `idle`: it did once. */
  | { readonly kind: 'none'; readonly idle: boolean }
  | { readonly kind: 'exhausted' };

const NONE: NatOutcome = { kind: 'none', idle: false };

/** A NAT gateway's translations: many private sources behind one private address of its own, by port. */
export class NatTable {
  private readonly out = new Map<string, Binding>();
  private readonly back = new Map<string, Binding>();
  private readonly perDestination = new Map<string, number>();
  /** TCP connections that were idle for too long: what still comes of them is answered with RST. */
  private readonly gone = new Set<string>();
  private readonly asked = new Set<string>();

  /** Connections of others that take ports towards one destination. */
  occupy(
    { protocol, dst, dport }: { readonly protocol: string; readonly dst: string; readonly dport: number },
    count: number,
  ): void {
    const key = `${protocol} ${dst} ${dport}`;
    this.perDestination.set(key, (this.perDestination.get(key) ?? 0) + count);
  }

  /** Source of an outgoing packet becomes `address` and a port of ours, the same for every packet of a connection. */
  outbound(packet: Packet, address: Ip, dice: Dice, now: number, how: PortDraw = {}): NatOutcome {
    if (packet.l4.kind === 'icmp-error') return this.outboundError(packet, packet.l4.quoted, address);
    const ends = readPorts(packet);
    if (ends === undefined) return NONE;
    const { sport, dport } = ends;
    const key = `${packet.protocol} ${packet.src} ${sport} ${packet.dst} ${dport}`;
    let known = this.out.get(key);
    if (known !== undefined && now - known.lastSeen > IDLE_TIMEOUT) {
      this.forget(key, known);
      if (packet.protocol === 'tcp') this.gone.add(key);
      known = undefined;
    }
    if (known === undefined && !begins(packet)) return { kind: 'none', idle: this.gone.has(key) };
    this.gone.delete(key);
    const binding = known ?? this.bind(packet, sport, dport, key, (lowest) => dice.port(lowest, 65535, how), now);
    if (binding === undefined) return { kind: 'exhausted' };
    binding.lastSeen = now;
    return { kind: 'translated', packet: writeEnds(packet, { src: address, sport: binding.port }) };
  }

  /** An error one of ours sends about an answer it got: the packet it quotes came to our address and port. */
  private outboundError(packet: Packet, quoted: Packet, address: Ip): NatOutcome {
    const ends = readPorts(quoted);
    if (ends === undefined || packet.l4.kind !== 'icmp-error') return NONE;
    const known = this.out.get(`${quoted.protocol} ${quoted.dst} ${ends.dport} ${quoted.src} ${ends.sport}`);
    if (known === undefined) return NONE;
    const seen = writeEnds(quoted, { dst: address, dport: known.port });
    return { kind: 'translated', packet: { ...packet, src: address, l4: { ...packet.l4, quoted: seen } } };
  }

  /** An egress-only gateway translates nothing; it knows who asked whom. */
  remember(packet: Packet): void {
    const ends = readPorts(packet);
    if (ends !== undefined)
      this.asked.add(`${packet.protocol} ${packet.src} ${ends.sport} ${packet.dst} ${ends.dport}`);
  }

  /** The packet, or the one it quotes, answers to one that went out. */
  remembers(packet: Packet): boolean {
    if (packet.l4.kind === 'icmp-error') {
      const { quoted } = packet.l4;
      const ends = readPorts(quoted);
      return (
        ends !== undefined &&
        this.asked.has(`${quoted.protocol} ${quoted.src} ${ends.sport} ${quoted.dst} ${ends.dport}`)
      );
    }
    const ends = readPorts(packet);
    return (
      ends !== undefined && this.asked.has(`${packet.protocol} ${packet.dst} ${ends.dport} ${packet.src} ${ends.sport}`)
    );
  }

  /** An answer to one of our ports goes back to who asked; anything else is nobody's. */
  inbound(packet: Packet, now: number): NatOutcome {
    if (packet.l4.kind === 'icmp-error') return this.inboundError(packet, packet.l4.quoted);
    const ends = readPorts(packet);
    if (ends === undefined) return NONE;
    const known = this.back.get(`${packet.protocol} ${packet.src} ${ends.sport} ${ends.dport}`);
    if (known === undefined) return NONE;
    if (now - known.lastSeen > IDLE_TIMEOUT) return { kind: 'none', idle: true };
    known.lastSeen = now;
    return { kind: 'translated', packet: writeEnds(packet, { dst: known.src, dport: known.sport }) };
  }

  /** An error about a packet we sent: the quoted source is ours, the error belongs to who we sent it for. */
  private inboundError(packet: Packet, quoted: Packet): NatOutcome {
    const ends = readPorts(quoted);
    if (ends === undefined) return NONE;
    const known = this.back.get(`${quoted.protocol} ${quoted.dst} ${ends.dport} ${ends.sport}`);
    if (known === undefined || packet.l4.kind !== 'icmp-error') return NONE;
    const original = writeEnds(quoted, { src: known.src, sport: known.sport });
    return { kind: 'translated', packet: { ...packet, dst: known.src, l4: { ...packet.l4, quoted: original } } };
  }

  private bind(
    packet: Packet,
    sport: number,
    dport: number,
    key: string,
    draw: (lowest: number) => number,
    now: number,
  ): Binding | undefined {
    const destination = `${packet.protocol} ${packet.dst} ${dport}`;
    const used = this.perDestination.get(destination) ?? 0;
    if (used >= PORTS_PER_DESTINATION) return undefined;
    // The id of a query stands for its port, and none of them is privileged.
    const lowest = packet.l4.kind === 'icmp-query' ? 0 : 1024;
    let port = draw(lowest);
    while (this.back.has(`${destination} ${port}`)) port = port === 65535 ? lowest : port + 1;
    const binding: Binding = {
      protocol: packet.protocol,
      src: packet.src,
      sport,
      dst: packet.dst,
      dport,
      port,
      lastSeen: now,
    };
    this.out.set(key, binding);
    this.back.set(`${destination} ${port}`, binding);
    this.perDestination.set(destination, used + 1);
    return binding;
  }

  private forget(key: string, binding: Binding): void {
    const destination = `${binding.protocol} ${binding.dst} ${binding.dport}`;
    this.out.delete(key);
    this.back.delete(`${destination} ${binding.port}`);
    this.perDestination.set(destination, (this.perDestination.get(destination) ?? 1) - 1);
  }
}
