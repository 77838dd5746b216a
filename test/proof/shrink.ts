import { type Case, type Put, parsePut } from '../planes/case.ts';

/** Every way to leave something out of a case, from much to little: blocks of packets, then lines of the setup. */
function* smaller(of: Case): Generator<Case> {
  const { puts, router } = of;
  for (let size = Math.floor(puts.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let from = Math.max(0, puts.length - 1 - size); from >= 0; from -= size) {
      const kept = without(puts, from, size);
      if (kept !== undefined) yield { ...of, puts: kept };
    }
  }
  for (const key of ['iptables', 'ip6tables', 'rules', 'routes', 'sysctl', 'sockets', 'addresses', 'nft'] as const) {
    const lines = (router[key] ?? '').split('\n').filter((line) => line !== '');
    for (let size = Math.max(1, Math.floor(lines.length / 2)); size >= 1; size = Math.floor(size / 2)) {
      for (let from = 0; from < lines.length; from += size) {
        const kept = lines.filter((line, at) => at < from || at >= from + size || /^(?:\*|COMMIT)/.test(line));
        if (kept.length === lines.length) continue;
        yield { ...of, router: { ...router, [key]: kept.map((line) => `${line}\n`).join('') } };
      }
    }
  }
}

/** Packets without some of them, nor those that refer to them; undefined where the last would go. */
function without(puts: readonly Put[], from: number, size: number): readonly Put[] | undefined {
  const kept: Put[] = [];
  /** Places of the packets that stay, from 1, by what they were. */
  const places = new Map<number, number>();
  for (const [at, put] of puts.entries()) {
    if (at >= from && at < from + size) continue;
    const of = put.kind === 'packet' ? undefined : places.get(put.of);
    if (put.kind !== 'packet' && of === undefined) continue;
    kept.push(of === undefined ? put : parsePut(put.text.replace(/^(\w+) \d+/, `$1 ${of}`)));
    places.set(at + 1, kept.length);
  }
  return places.has(puts.length) ? kept : undefined;
}

/** The smallest case found, in at most `tries` and while there is `time`, of which `fails` still holds. */
export function shrink(
  of: Case,
  fails: (each: Case) => boolean,
  tries: number,
  time: () => boolean = () => true,
): Case {
  let left = tries;
  let smallest = of;
  for (let changed = true; changed && left > 0; ) {
    changed = false;
    for (const each of smaller(smallest)) {
      if (left-- <= 0 || !time()) return smallest;
      if (!fails(each)) continue;
      smallest = each;
      changed = true;
      break;
    }
  }
  return smallest;
}
