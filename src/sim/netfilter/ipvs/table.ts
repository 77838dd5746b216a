import type { RealServer, VirtualServer } from '../../../linux/index.ts';
import type { Ip, Protocol } from '../../../net/index.ts';
import type { Conntrack, IpvsConn, IpvsTable } from '../../types.ts';

/**
 * IPVS's own connections of one namespace (net/netfilter/ipvs/ip_vs_conn.c): found by what the client sent, or by what the
 * real server answers; and what its schedulers remember.
 */
export class ConnectionTable implements IpvsTable {
  private conns: IpvsConn[] = [];
  private readonly rotation = new Map<VirtualServer, RealServer>();
  private readonly kept = new Map<string, { readonly server: RealServer; until: number }>();

  findIn(protocol: Protocol, client: Ip, clientPort: number, virtual: Ip, virtualPort: number): IpvsConn | undefined {
    return this.conns.find(
      (conn) =>
        conn.client.port === clientPort &&
        conn.virtual.port === virtualPort &&
        conn.client.address === client &&
        conn.virtual.address === virtual &&
        conn.protocol === protocol,
    );
  }

  findOut(protocol: Protocol, real: Ip, realPort: number, client: Ip, clientPort: number): IpvsConn | undefined {
    return this.conns.find(
      (conn) =>
        conn.client.port === clientPort &&
        conn.real.port === realPort &&
        conn.client.address === client &&
        conn.real.address === real &&
        conn.protocol === protocol,
    );
  }

  insert(conn: IpvsConn): void {
    this.conns.push(conn);
  }

  remove(conn: IpvsConn): void {
    this.conns = this.conns.filter((each) => each !== conn);
  }

  /** One that ends takes nf_conntrack's entry of it along (ip_vs_conn_expire, ip_vs_conn_drop_conntrack). */
  expire(now: number, conntrack: Conntrack): void {
    for (const conn of this.conns) {
      if (conn.expiresAt > now) continue;
      this.remove(conn);
      const { protocol, client, virtual } = conn;
      const tuple = { protocol, src: client.address, dst: virtual.address, sport: client.port, dport: virtual.port };
      const found = conntrack.find({ ...tuple, icmp: undefined }, now);
      if (found?.dir === 'original') conntrack.remove(found.conn);
    }
  }

  lastOf(service: VirtualServer): RealServer | undefined {
    return this.rotation.get(service);
  }

  setLast(service: VirtualServer, server: RealServer): void {
    this.rotation.set(service, server);
  }

  /** A persistence template lives as long as a connection made by it does, and its own time after (`n_control`). */
  keptFor(key: string, now: number): RealServer | undefined {
    const found = this.kept.get(key);
    if (found === undefined) return undefined;
    return found.until > now || this.conns.some((conn) => conn.keptBy === key) ? found.server : undefined;
  }

  keep(key: string, server: RealServer, until: number): void {
    this.kept.set(key, { server, until });
  }
}
