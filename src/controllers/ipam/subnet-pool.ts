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
      const last = BigInt(block.last);
      const key = `address/${block.text}`;
      let at = this.cursors.get(key) ?? BigInt(block.first) + 4n;
      for (; at < last; at++) {
        const address = ipFromBits(at, family);
        if (this.isHeld(address) || this.inPrefix(address)) continue;
        this.cursors.set(key, at + 1n);
        this.taken.add(address);
        return address;
      }
      this.cursors.set(key, at);
    }
    return undefined;
  }

  /** A free block of `prefix` bits: a /28 (IPv4) with no address in use, or a /80 (IPv6). */
  takePrefix(family: Family): Cidr | undefined {
    const prefix = family === 4 ? 28 : 80;
    const size = family === 4 ? 16n : 1n << 48n;
    for (const block of this.blocks(family)) {
      const key = `prefix/${block.text}`;
      // The first block holds the reserved addresses; in IPv6 the nodes' own addresses stay in it too.
      let at = this.cursors.get(key) ?? BigInt(block.first) + size;
      for (; at + size - 1n < BigInt(block.last); at += size) {
        const found = cidrOf(ipFromBits(at, family), prefix);
        if (!this.claimPrefix(found)) continue;
        this.cursors.set(key, at + size);
        return found;
      }
      this.cursors.set(key, at);
    }
    return undefined;
  }

  /** Marks a block as an ENI's; false where somebody else has an address in it. */
  claimPrefix(block: Cidr, mine: ReadonlySet<Ip> = nobody): boolean {
    if (this.blocked.has(block.text)) return false;
    if (block.family === 4) {
      const first = Number(block.first);
      for (let bits = first; bits < first + 16; bits++) {
        const address = ipFromBits(bits, 4);
        if (this.isHeld(address) && !mine.has(address)) return false;
      }
    }
    this.blocked.add(block.text);
    return true;
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
