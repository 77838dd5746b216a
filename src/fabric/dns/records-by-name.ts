import type { DnsRecord } from '../types.ts';

export interface Zone {
  /** Records of a name, lower case; empty for a name that only has children. Undefined: no such name. */
  get(name: string): readonly DnsRecord[] | undefined;
}

const zones = new WeakMap<readonly DnsRecord[], ReadonlyMap<string, readonly DnsRecord[]>>();

/** Records by their name, indexed on first use. A name with children exists, though it has no records of its own (RFC 8020). */
export function recordsByName(records: readonly DnsRecord[]): Zone {
  const known = zones.get(records);
  if (known !== undefined) return known;
  const made = new Map<string, DnsRecord[]>();
  for (const record of records) {
    const name = record.name.toLowerCase();
    const named = made.get(name);
    if (named === undefined) made.set(name, [record]);
    else named.push(record);
  }
  for (const name of [...made.keys()])
    for (let at = name.indexOf('.'); at >= 0; at = name.indexOf('.', at + 1)) {
      const parent = name.slice(at + 1);
      if (made.has(parent)) break;
      made.set(parent, []);
    }
  zones.set(records, made);
  return made;
}
