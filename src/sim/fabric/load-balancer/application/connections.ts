import type { Packet } from '../../../packet.ts';

/** The TCP connections one load balancer has: those clients opened to it, and those it opened to targets. */
export class ProxyConnections {
  private readonly accepted = new Set<string>();
  private readonly opened = new Set<string>();

  accept(syn: Packet): void {
    this.accepted.add(keyOf(syn));
  }

  open(syn: Packet): void {
    this.opened.add(keyOf(syn));
  }

  /** A received packet, or the one a received error quotes, belongs to a connection. */
  has(received: Packet): boolean {
    const { l4 } = received;
    if (l4.kind === 'icmp-error') return this.opened.has(keyOf(l4.quoted)) || this.accepted.has(turned(l4.quoted));
    return this.accepted.has(keyOf(received)) || this.opened.has(turned(received));
  }
}

function keyOf({ src, dst, l4 }: Packet): string {
  return l4.kind === 'tcp' ? `${src} ${l4.sport} ${dst} ${l4.dport}` : '';
}

function turned({ src, dst, l4 }: Packet): string {
  return l4.kind === 'tcp' ? `${dst} ${l4.dport} ${src} ${l4.sport}` : '';
}
