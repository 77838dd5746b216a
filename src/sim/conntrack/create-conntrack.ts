import type { ConntrackEntry, Netns, Tuple } from '../../linux/index.ts';
import type { Conn, CtTuple } from '../packet.ts';
import type { Conntrack } from '../types.ts';
import { sourceKey, tupleKey } from './tuple.ts';
import { tracksFamily } from './uses-conntrack.ts';

/**
 * One namespace's connection table (net/netfilter/nf_conntrack_core.c): each confirmed connection under both its tuples,
 * and under its source for nf_nat's reuse of a mapping (nf_nat_core.c, find_appropriate_src).
 */
export function createConntrack(netns: Netns): Conntrack {
  const byTuple = new Map<string, { readonly conn: Conn; readonly dir: 'original' | 'reply' }>();
  const bySource = new Map<string, Set<Conn>>();
  const all = new Set<Conn>();

  const remove = (conn: Conn): void => {
    if (!all.delete(conn)) return;
    for (const tuple of [conn.original, conn.reply]) {
      const key = tupleKey(tuple);
      if (byTuple.get(key)?.conn === conn) byTuple.delete(key);
    }
    const sources = bySource.get(sourceKey(conn.original));
    sources?.delete(conn);
    if (sources?.size === 0) bySource.delete(sourceKey(conn.original));
  };

  const insert = (conn: Conn): void => {
    conn.confirmed = true;
    all.add(conn);
    if (conn.zone !== 0) return;
    // Where both are the same tuple, the one hashed last is found (__nf_conntrack_hash_insert): the reply's.
    byTuple.set(tupleKey(conn.original), { conn, dir: 'original' });
    byTuple.set(tupleKey(conn.reply), { conn, dir: 'reply' });
    const key = sourceKey(conn.original);
    const sources = bySource.get(key);
    if (sources === undefined) bySource.set(key, new Set([conn]));
    else sources.add(conn);
  };

  const table: Conntrack = {
    get enabled() {
      return tracksFamily(netns, 4) || tracksFamily(netns, 6);
    },
    find(tuple, now) {
      const found = byTuple.get(tupleKey(tuple));
      if (found === undefined) return undefined;
      if (found.conn.expiresAt > now) return found;
      remove(found.conn);
      return undefined;
    },
    insert,
    remove,
    entries: (now) => [...all].filter((conn) => conn.expiresAt > now),
  };
  for (const entry of netns.conntrack) insert(connOf(entry));
  sources.set(table, bySource);
  return table;
}

const sources = new WeakMap<Conntrack, ReadonlyMap<string, ReadonlySet<Conn>>>();

/** Connections in the table whose original direction comes from where `tuple` comes from. */
export const fromSameSource = (table: Conntrack, tuple: CtTuple, now: number): readonly Conn[] =>
  [...(sources.get(table)?.get(sourceKey(tuple)) ?? [])].filter((conn) => conn.expiresAt > now);

let ids = 0;
export const nextConnId = (): number => ++ids;

/** The clock starts at 0, so a dumped entry's remaining seconds are its time of expiry. */
function connOf(entry: ConntrackEntry): Conn {
  return {
    id: nextConnId(),
    original: tupleFrom(entry.original),
    reply: tupleFrom(entry.reply),
    mark: entry.mark,
    confirmed: true,
    seenReply: !entry.unreplied,
    assured: entry.assured,
    srcNatDone: true,
    dstNatDone: true,
    srcNat: entry.srcNat,
    dstNat: entry.dstNat,
    tcpState: entry.state,
    expiresAt: entry.timeout,
    zone: entry.zone ?? 0,
  };
}

function tupleFrom({ protocol, src, dst, sport, dport, icmp }: Tuple): CtTuple {
  if (icmp === undefined) return { protocol, src, dst, sport, dport };
  return { protocol, src, dst, sport: icmp.id, dport: icmp.id, icmp: { type: icmp.type, code: icmp.code } };
}
