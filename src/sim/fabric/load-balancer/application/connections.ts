import type { Packet } from '../../../packet.ts';

/** A client's connection and the one the load balancer opened for it: whatever passes over either keeps both. */
interface Connection {
  /** Seconds. */
  readonly idleTimeout: number;
  lastSeen: number;
}

/** `idle`: it was silent for longer than this, so the load balancer has closed it. */
export type Belongs = { readonly kind: 'open' } | { readonly kind: 'idle'; readonly seconds: number };

const OPEN: Belongs = { kind: 'open' };

/**
 * The TCP connections one load balancer has: those clients opened to it, and those it opened to targets. Without data for the
 * listener's idle timeout it closes both (Classic Load Balancer guide, idle connection timeout; ALB guide, connection idle timeout).
 */
export class ProxyConnections {
  private readonly accepted = new Map<string, Connection>();
  private readonly opened = new Map<string, Connection>();

  accept(syn: Packet, idleTimeout: number, now: number): void {
    this.accepted.set(keyOf(syn), { idleTimeout, lastSeen: now });
  }

  /** For what is asked over the connection that `client` opened. */
  open(syn: Packet, client: Packet): void {
    const connection = this.accepted.get(keyOf(client));
    if (connection !== undefined) this.opened.set(keyOf(syn), connection);
  }

  /** The connection that a received packet, or the one a received error quotes, belongs to; undefined: none, ever. */
  of(received: Packet, now: number): Belongs | undefined {
    const { l4 } = received;
    const connection =
      l4.kind === 'icmp-error'
        ? (this.opened.get(keyOf(l4.quoted)) ?? this.accepted.get(turned(l4.quoted)))
        : (this.accepted.get(keyOf(received)) ?? this.opened.get(turned(received)));
    if (connection === undefined) return undefined;
    const { idleTimeout, lastSeen } = connection;
    if (now - lastSeen > idleTimeout) return { kind: 'idle', seconds: idleTimeout };
    if (l4.kind === 'tcp') connection.lastSeen = now;
    return OPEN;
  }
}

function keyOf({ src, dst, l4 }: Packet): string {
  return l4.kind === 'tcp' ? `${src} ${l4.sport} ${dst} ${l4.dport}` : '';
}

function turned({ src, dst, l4 }: Packet): string {
  return l4.kind === 'tcp' ? `${dst} ${l4.dport} ${src} ${l4.sport}` : '';
}
