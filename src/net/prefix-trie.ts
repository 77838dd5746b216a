import type { Cidr } from './cidr.ts';
import { type Family, familyOf, type Ip, type IpBits, ipBits, ipv4Bits, widthOf } from './ip.ts';

/** All blocks of one length: by what is left of their address when the host bits are shifted out. */
interface Level<T> {
  readonly length: number;
  readonly blocks: Map<IpBits, T>;
}

/** Below this many IPv4 blocks reading them all is as fast as one look into a hash map. */
const FEW = 12;

/**
 * Longest-prefix match over CIDR keys. One hash map a prefix length, longest first: a lookup costs one probe per length
 * in use, which is at most a handful in a routing table.
 */
export class PrefixTrie<T> {
  private readonly levels: Record<Family, Level<T>[]> = { 4: [], 6: [] };
  private size4 = 0;
  /** Of a handful of IPv4 blocks, longest first: length and network in pairs. Undefined: not gathered yet. */
  private keys: readonly number[] | undefined;
  /** What is filed under each of them. */
  private values: readonly T[] = [];

  /** Of two values for one block the first counts. */
  add(block: Cidr, value: T): void {
    this.keys = undefined;
    const levels = this.levels[block.family];
    let level = levels.find(({ length }) => length === block.prefix);
    if (level === undefined) {
      level = { length: block.prefix, blocks: new Map() };
      levels.push(level);
      levels.sort((a, b) => b.length - a.length);
    }
    const key = networkOf(block.first, block.prefix);
    if (level.blocks.has(key)) return;
    level.blocks.set(key, value);
    if (block.family === 4) this.size4++;
  }

  /** What is filed under exactly this block. */
  at({ family, first, prefix }: Cidr): T | undefined {
    return this.levels[family].find(({ length }) => length === prefix)?.blocks.get(networkOf(first, prefix));
  }

  /**
   * The value of the longest block that holds `address`, or of the longest one shorter than `shorterThan` bits: asked again
   * with the length just found, it goes through all blocks of an address.
   */
  longest(address: Ip, shorterThan = widthOf(6) + 1): T | undefined {
    const family = familyOf(address);
    if (family === 4 && this.size4 <= FEW) return this.longestOfFew(ipv4Bits(address) | 0, shorterThan);
    const levels = this.levels[family];
    if (levels.length === 0) return undefined;
    const bits = ipBits(address);
    for (const { length, blocks } of levels) {
      if (length >= shorterThan) continue;
      const value = blocks.get(networkOf(bits, length));
      if (value !== undefined) return value;
    }
    return undefined;
  }

  private longestOfFew(bits: number, shorterThan: number): T | undefined {
    const keys = this.keys ?? this.gather();
    const { values } = this;
    for (let i = 0; i < values.length; i++) {
      const length = keys[2 * i] ?? 0;
      if (length < shorterThan && keys[2 * i + 1] === (length === 0 ? 0 : bits >> (32 - length))) return values[i];
    }
    return undefined;
  }

  private gather(): readonly number[] {
    const keys: number[] = [];
    const values: T[] = [];
    for (const { length, blocks } of this.levels[4]) {
      for (const [network, held] of blocks) {
        keys.push(length, Number(network));
        values.push(held);
      }
    }
    this.keys = keys;
    this.values = values;
    return keys;
  }
}

/** IPv4 networks as signed 32-bit integers: the keys a hash map is fastest with. */
function networkOf(bits: IpBits, length: number): IpBits {
  if (typeof bits === 'bigint') return bits >> BigInt(128 - length);
  return length === 0 ? 0 : bits >> (32 - length);
}
