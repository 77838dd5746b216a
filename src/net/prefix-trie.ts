import type { Cidr } from './cidr.ts';
import { type Family, familyOf, type Ip, type IpBits, ipBits, widthOf } from './ip.ts';

/**
 * Longest-prefix match over CIDR keys. One hash map a prefix length, longest first: a lookup costs one probe per length
 * in use, which is at most a handful in a routing table.
 */
export class PrefixTrie<T> {
  private readonly byFamily: Record<Family, { lengths: number[]; maps: Map<number, Map<IpBits, T[]>> }> = {
    4: { lengths: [], maps: new Map() },
    6: { lengths: [], maps: new Map() },
  };

  /** Values under one key keep their insertion order. */
  add(block: Cidr, value: T): void {
    const side = this.byFamily[block.family];
    let map = side.maps.get(block.prefix);
    if (map === undefined) {
      map = new Map();
      side.maps.set(block.prefix, map);
      side.lengths.push(block.prefix);
      side.lengths.sort((a, b) => b - a);
    }
    const values = map.get(block.first);
    if (values === undefined) map.set(block.first, [value]);
    else values.push(value);
  }

  /** Lists of values whose block holds `address`, longest prefix first. */
  matches(address: Ip): readonly (readonly T[])[] {
    const family = familyOf(address);
    const side = this.byFamily[family];
    const bits = ipBits(address);
    const found: (readonly T[])[] = [];
    for (const length of side.lengths) {
      const values = side.maps.get(length)?.get(truncate(bits, length, family));
      if (values !== undefined) found.push(values);
    }
    return found;
  }

  /** The values of the longest matching block. */
  longest(address: Ip): readonly T[] | undefined {
    const family = familyOf(address);
    const side = this.byFamily[family];
    const bits = ipBits(address);
    for (const length of side.lengths) {
      const values = side.maps.get(length)?.get(truncate(bits, length, family));
      if (values !== undefined) return values;
    }
    return undefined;
  }
}

function truncate(bits: IpBits, length: number, family: Family): IpBits {
  const shift = widthOf(family) - length;
  if (typeof bits === 'bigint') return (bits >> BigInt(shift)) << BigInt(shift);
  const size = 2 ** shift;
  return Math.floor(bits / size) * size;
}
