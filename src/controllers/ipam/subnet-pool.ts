import type { SubnetSpec } from '../../cluster/index.ts';
import { type Cidr, cidrOf, type Family, type Ip, ipBits, ipFromBits } from '../../net/index.ts';

/**
 * Hands out one subnet's addresses, lowest first. EC2 picks free addresses as it likes; the first four and the last of each
 * IPv4 block are AWS's (VPC User Guide, "Subnet sizing").
 */
export class SubnetPool {
  readonly subnet: SubnetSpec;
  private readonly held: ReadonlySet<Ip>;
  private readonly taken = new Set<Ip>();
  private readonly blocked = new Set<string>();
  private readonly cursors = new Map<string, bigint>();

  constructor(subnet: SubnetSpec, held: ReadonlySet<Ip>) {
    this.subnet = subnet;
    this.held = held;
  }

  /** A free address, undefined where the subnet has none left. */
  take(family: Family): Ip | undefined {
    for (const block of this.blocks(family)) {
      const at = this.nextFree(block, this.addressCursor(block));
      this.cursors.set(addressKey(block), at === undefined ? BigInt(block.last) : at + 1n);
      if (at === undefined) continue;
      const address = ipFromBits(at, family);
      this.taken.add(address);
      return address;
    }
    return undefined;
  }

  /** Whether `count` addresses are free. */
  has(count: number, family: Family): boolean {
    let found = 0;
    for (const block of this.blocks(family)) {
      let at = this.nextFree(block, this.addressCursor(block));
      for (; at !== undefined && found < count; at = this.nextFree(block, at + 1n)) found++;
    }
    return found >= count;
  }

  /** A free block of `prefix` bits: a /28 (IPv4) with no address in use, or a /80 (IPv6). */
  takePrefix(family: Family): Cidr | undefined {
    for (const block of this.blocks(family)) {
      const found = this.nextPrefix(block, this.prefixCursor(block));
      this.cursors.set(prefixKey(block), found === undefined ? BigInt(block.last) : BigInt(found.last) + 1n);
      if (found === undefined) continue;
      this.blocked.add(found.text);
      return found;
    }
    return undefined;
  }

  /** Whether `count` such blocks are free. */
  hasPrefixes(count: number, family: Family): boolean {
    let found = 0;
    for (const block of this.blocks(family)) {
      let next = this.nextPrefix(block, this.prefixCursor(block));
      for (; next !== undefined && found < count; next = this.nextPrefix(block, BigInt(next.last) + 1n)) found++;
    }
    return found >= count;
  }

  /** Marks a block as an ENI's; false where somebody else has an address in it. */
  claimPrefix(block: Cidr, mine: ReadonlySet<Ip> = nobody): boolean {
    if (!this.isFree(block, mine)) return false;
    this.blocked.add(block.text);
    return true;
  }

  private isFree(block: Cidr, mine: ReadonlySet<Ip>): boolean {
    if (this.blocked.has(block.text)) return false;
    if (block.family === 6) return true;
    const first = Number(block.first);
    for (let bits = first; bits < first + 16; bits++) {
      const address = ipFromBits(bits, 4);
      if (this.isHeld(address) && !mine.has(address)) return false;
    }
    return true;
  }

  private nextFree(block: Cidr, from: bigint): bigint | undefined {
    for (let at = from; at < BigInt(block.last); at++) {
      const address = ipFromBits(at, block.family);
      if (!this.isHeld(address) && !this.inPrefix(address)) return at;
    }
    return undefined;
  }

  private nextPrefix(block: Cidr, from: bigint): Cidr | undefined {
    const { family } = block;
    const size = prefixSize(family);
    for (let at = from; at + size - 1n < BigInt(block.last); at += size) {
      const found = cidrOf(ipFromBits(at, family), family === 4 ? 28 : 80);
      if (this.isFree(found, nobody)) return found;
    }
    return undefined;
  }

  private addressCursor(block: Cidr): bigint {
    return this.cursors.get(addressKey(block)) ?? BigInt(block.first) + 4n;
  }

  /** The first block holds the reserved addresses; in IPv6 the nodes' own addresses stay in it too. */
  private prefixCursor(block: Cidr): bigint {
    return this.cursors.get(prefixKey(block)) ?? BigInt(block.first) + prefixSize(block.family);
  }

  private isHeld(address: Ip): boolean {
    return this.held.has(address) || this.taken.has(address);
  }

  private inPrefix(address: Ip): boolean {
    if (this.blocked.size === 0) return false;
    return this.blocked.has(cidrOf(address, typeof ipBits(address) === 'bigint' ? 80 : 28).text);
  }

  private blocks(family: Family): readonly Cidr[] {
    return this.subnet.cidrs.filter((block) => block.family === family);
  }
}

const nobody: ReadonlySet<Ip> = new Set();
const addressKey = ({ text }: Cidr): string => `address/${text}`;
const prefixKey = ({ text }: Cidr): string => `prefix/${text}`;
const prefixSize = (family: Family): bigint => (family === 4 ? 16n : 1n << 48n);
