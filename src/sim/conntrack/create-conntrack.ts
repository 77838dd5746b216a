import type { ConntrackEntry, Netns, Tuple } from '../../linux/index.ts';
import { type Conn, type CtTuple, newConn } from '../packet.ts';
import { PortBuckets } from '../port-buckets.ts';
import type { Conntrack, FoundConn } from '../types.ts';
import { sameSource, sameTuple, tupleIn } from './tuple.ts';
import { tracksFamily } from './uses-conntrack.ts';

/**
 * One namespace's connection table (net/netfilter/nf_conntrack_core.c): each confirmed connection under both its tuples,
 * and under its source for nf_nat's reuse of a mapping (nf_nat_core.c, find_appropriate_src).
 */
export const createConntrack = (netns: Netns): Conntrack => new Table(netns);

class Table implements Conntrack {
  private readonly netns: Netns;
  private readonly byTuple = new PortBuckets<FoundConn>();
  private readonly bySource = new PortBuckets<Conn>();
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
    const bucket = this.byTuple.at(tuple.sport, tuple.dport);
    for (let i = bucket.length - 1; i >= 0; i--) {
      const found = bucket[i];
      if (found === undefined || !sameTuple(tupleIn(found.conn, found.dir), tuple)) continue;
      if (found.conn.expiresAt > now) return found;
      this.remove(found.conn);
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
    const { original, reply } = conn;
    // Where both are the same tuple, the one hashed last is found (__nf_conntrack_hash_insert): the reply's.
    this.byTuple.add(original.sport, original.dport, { conn, dir: 'original' });
    this.byTuple.add(reply.sport, reply.dport, { conn, dir: 'reply' });
    this.bySource.add(original.sport, 0, conn);
  }

  remove(conn: Conn): void {
    const { original, reply } = conn;
    for (const { sport, dport } of [original, reply]) this.byTuple.remove(sport, dport, (each) => each.conn === conn);
    this.bySource.remove(original.sport, 0, (each) => each === conn);
  }

  /** The latest first, as hlist_add_head_rcu leaves them (nf_nat_core.c, nf_nat_setup_info). */
  fromSameSource(tuple: CtTuple, now: number): readonly Conn[] {
    const bucket = this.bySource.at(tuple.sport, 0);
    return bucket.filter((conn) => conn.expiresAt > now && sameSource(conn.original, tuple)).reverse();
  }

  entries(now: number): readonly Conn[] {
    const own = this.byTuple.all().flatMap(({ conn, dir }) => (dir === 'original' ? [conn] : []));
    return [...own, ...(this.zoned ?? [])].filter((conn) => conn.expiresAt > now).sort((a, b) => a.id - b.id);
  }
}

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
  conn.tcpState = entry.state;
  conn.expiresAt = entry.timeout;
  conn.zone = entry.zone ?? 0;
  return conn;
}

function tupleFrom({ protocol, src, dst, sport, dport, icmp }: Tuple): CtTuple {
  if (icmp === undefined) return { protocol, src, dst, sport, dport, icmp };
  const query = { type: icmp.type, code: icmp.code };
  return { protocol, src, dst, sport: icmp.id, dport: icmp.id, icmp: query };
}
