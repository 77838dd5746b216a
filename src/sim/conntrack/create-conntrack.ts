import type { ConntrackEntry, Netns, Tuple } from '../../linux/index.ts';
import { type Conn, type CtTuple, newConn } from '../packet.ts';
import { PortBuckets } from '../port-buckets.ts';
import type { Conntrack, FoundConn } from '../types.ts';
import { followFrom } from './tcp.ts';
import { sameSource, sameTuple } from './tuple.ts';
import { tracksFamily } from './uses-conntrack.ts';

/**
 * One namespace's connection table (net/netfilter/nf_conntrack_core.c): each confirmed connection under both its tuples,
 * and under its source for nf_nat's reuse of a mapping (nf_nat_core.c, find_appropriate_src).
 */
export const createConntrack = (netns: Netns): Conntrack => new Table(netns);

/** Below this many connections reading them all costs less than an index. */
const FEW = 8;

class Table implements Conntrack {
  private readonly netns: Netns;
  private few: readonly Conn[] = [];
  /** Holds them all once there are many. */
  private index: ConnIndex | undefined;
  /** Connections of other zones, which no packet here is looked up in. */
  private zoned: Conn[] | undefined;

  constructor(netns: Netns) {
    this.netns = netns;
    for (const entry of netns.conntrack) this.insert(connOf(entry));
  }

  get enabled(): boolean {
    return tracksFamily(this.netns, 4) || tracksFamily(this.netns, 6);
  }

  find(tuple: CtTuple, now: number): FoundConn | undefined {
    const conns = this.index === undefined ? this.few : this.index.withPorts(tuple);
    for (let i = conns.length - 1; i >= 0; i--) {
      const conn = conns[i];
      if (conn === undefined) continue;
      // Where both are the same tuple, the one hashed last is found (__nf_conntrack_hash_insert): the reply's.
      const dir = sameTuple(conn.reply, tuple) ? 'reply' : sameTuple(conn.original, tuple) ? 'original' : undefined;
      if (dir === undefined) continue;
      if (conn.expiresAt > now) return { conn, dir };
      this.remove(conn);
    }
    return undefined;
  }

  insert(conn: Conn): void {
    conn.confirmed = true;
    if (conn.zone !== 0) {
      this.zoned ??= [];
      this.zoned.push(conn);
      return;
    }
    if (this.index !== undefined) this.index.add(conn);
    else if (this.few.length < FEW) this.few = this.few.length === 0 ? [conn] : [...this.few, conn];
    else this.index = new ConnIndex([...this.few, conn]);
  }

  remove(conn: Conn): void {
    if (this.index === undefined) this.few = this.few.filter((each) => each !== conn);
    else this.index.remove(conn);
  }

  /** The latest first, as hlist_add_head_rcu leaves them (nf_nat_core.c, nf_nat_setup_info). */
  fromSameSource(tuple: CtTuple, now: number): readonly Conn[] {
    const conns = this.index === undefined ? this.few : this.index.fromPort(tuple);
    return conns.filter((conn) => conn.expiresAt > now && sameSource(conn.original, tuple)).reverse();
  }

  get size(): number {
    return (this.index?.all.size ?? this.few.length) + (this.zoned?.length ?? 0);
  }

  entries(now: number): readonly Conn[] {
    return [...(this.index?.all ?? this.few), ...(this.zoned ?? [])]
      .filter((conn) => conn.expiresAt > now)
      .sort((a, b) => a.id - b.id);
  }
}

/** Connections by the ports of either direction, and by the port they come from. */
class ConnIndex {
  readonly all = new Set<Conn>();
  private readonly byPorts = new PortBuckets<Conn>();
  private readonly bySource = new PortBuckets<Conn>();

  constructor(conns: readonly Conn[]) {
    for (const conn of conns) this.add(conn);
  }

  add(conn: Conn): void {
    const { original, reply } = conn;
    this.all.add(conn);
    this.byPorts.add(original.sport, original.dport, conn);
    if (!samePorts(original, reply)) this.byPorts.add(reply.sport, reply.dport, conn);
    this.bySource.add(original.sport, 0, conn);
  }

  remove(conn: Conn): void {
    this.all.delete(conn);
    const isIt = (each: Conn): boolean => each === conn;
    for (const { sport, dport } of [conn.original, conn.reply]) this.byPorts.remove(sport, dport, isIt);
    this.bySource.remove(conn.original.sport, 0, isIt);
  }

  withPorts({ sport, dport }: CtTuple): readonly Conn[] {
    return this.byPorts.at(sport, dport);
  }

  fromPort({ sport }: CtTuple): readonly Conn[] {
    return this.bySource.at(sport, 0);
  }
}

const samePorts = (a: CtTuple, b: CtTuple): boolean => a.sport === b.sport && a.dport === b.dport;

/** The clock starts at 0, so a dumped entry's remaining seconds are its time of expiry. */
function connOf(entry: ConntrackEntry): Conn {
  const conn = newConn(tupleFrom(entry.original), tupleFrom(entry.reply));
  conn.mark = entry.mark;
  conn.seenReply = !entry.unreplied;
  conn.assured = entry.assured;
  conn.srcNatDone = true;
  conn.dstNatDone = true;
  conn.srcNat = entry.srcNat;
  conn.dstNat = entry.dstNat;
  followFrom(conn, entry.state);
  conn.expiresAt = entry.timeout;
  conn.zone = entry.zone ?? 0;
  return conn;
}

function tupleFrom({ protocol, src, dst, sport, dport, icmp }: Tuple): CtTuple {
  if (icmp === undefined) return { protocol, src, dst, sport, dport, icmp };
  const query = { type: icmp.type, code: icmp.code };
  return { protocol, src, dst, sport: icmp.id, dport: icmp.id, icmp: query };
}
