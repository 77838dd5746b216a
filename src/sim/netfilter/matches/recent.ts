import type { Match } from '../../../linux/index.ts';
import { familyOf, type Ip, ipBits, ipFromBits } from '../../../net/index.ts';
import type { MatchModule } from '../types.ts';

/** Addresses a list holds before the oldest is dropped, and stamps an address keeps (xt_recent.c, ip_list_tot, nstamp_mask). */
const MAX_ENTRIES = 100;
const MIN_STAMPS = 32;

/** xt_recent.c, recent_mt. Lists are kept oldest-touched first, as its LRU list is. `--rttl` is outside the model. */
export const recent: MatchModule<Extract<Match, { kind: 'recent' }>> = {
  sideEffect: true,
  eval({ not, op, name, seconds, hitcount, reap, rttl, mask, side }) {
    if (rttl) return undefined;
    const keep = Math.max(MIN_STAMPS, hitcount === undefined ? 0 : 2 ** Math.ceil(Math.log2(hitcount)));
    return ({ host, skb: { packet }, walk: { now } }) => {
      let list = host.recent.get(name);
      if (list === undefined) {
        list = new Map();
        host.recent.set(name, list);
      }
      const address = masked(side === 'rsource' ? packet.src : packet.dst, mask);
      const stamps = list.get(address);
      if (stamps === undefined) {
        if (op !== 'set') return not;
        const oldest = list.size >= MAX_ENTRIES ? list.keys().next().value : undefined;
        if (oldest !== undefined) list.delete(oldest);
        list.set(address, [now]);
        return !not;
      }
      if (op === 'remove') {
        list.delete(address);
        return !not;
      }
      const since = seconds === undefined ? undefined : now - seconds;
      const hits = stamps.filter((stamp) => since === undefined || stamp >= since).length;
      const matched = (op === 'set' || hits >= Math.max(1, hitcount ?? 1)) !== not;
      if (op !== 'set' && reap && since !== undefined) dropOldest(list, since);
      if (op === 'set' || (op === 'update' && matched)) {
        list.delete(address);
        list.set(address, [...stamps, now].slice(-keep));
      }
      return matched;
    };
  },
};

/** recent_entry_reap: only the head of the list, when even its newest stamp is too old. */
function dropOldest(list: Map<Ip, number[]>, since: number): void {
  const head = list.entries().next().value;
  if (head !== undefined && (head[1].at(-1) ?? 0) < since) list.delete(head[0]);
}

function masked(address: Ip, mask: Ip): Ip {
  const family = familyOf(address);
  if (familyOf(mask) !== family) return address;
  const bits = BigInt(ipBits(address)) & BigInt(ipBits(mask));
  return ipFromBits(family === 4 ? Number(bits) : bits, family);
}
