import type { SubnetSpec } from '../../cluster/index.ts';
import { type Cidr, cidrOf, type Family, type Ip, type IpBits, ipBits, ipFromBits } from '../../net/index.ts';

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
  /** By family: free addresses somebody asked for and nobody took, and those nobody has looked at. */
  private readonly ahead: Readonly<Record<Family, { seen: Ip[]; readonly rest: Iterator<Ip, undefined> }>>;

  constructor(subnet: SubnetSpec, held: ReadonlySet<Ip>) {
    this.subnet = subnet;
    this.held = held;
    this.ahead = { 4: { seen: [], rest: this.unheld(4) }, 6: { seen: [], rest: this.unheld(6) } };
  }

  /** A free address, undefined where the subnet has none left. */
  take(family: Family): Ip | undefined {
    const address = this.next(family, 1).shift();
    if (address !== undefined) this.taken.add(address);
    return address;
  }

  /** Whether `count` addresses are free. */
  has(count: number, family: Family): boolean {
    return this.next(family, count).length >= count;
  }

  /** The next free addresses, `count` of them where there are as many. */
  private next(family: Family, count: number): Ip[] {
    const addresses = this.ahead[family];
    const open = this.blocked.size === 0 ? addresses.seen : addresses.seen.filter((address) => !this.inPrefix(address));
    while (open.length < count) {
      const { value, done } = addresses.rest.next();
      if (done === true) break;
      if (!this.inPrefix(value)) open.push(value);
    }
    addresses.seen = open;
    return open;
  }

  /** A free block of `prefix` bits: a /28 (IPv4) with no address in use, or a /80 (IPv6). */
  takePrefix(family: Family): Cidr | undefined {
    for (const block of this.blocks(family)) {
      const found = this.nextPrefix(block, this.prefixCursor(block));
      this.cursors.set(block.text, found === undefined ? BigInt(block.last) : BigInt(found.last) + 1n);
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

  /** Every address that the input gives to nobody, each once. */
  private *unheld(family: Family): Generator<Ip, undefined> {
    for (const { first, last } of this.blocks(family)) {
      for (let bits = fourth(first); bits < last; bits++) {
        const address = ipFromBits(bits, family);
        if (!this.held.has(address)) yield address;
      }
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

  /** The first block holds the reserved addresses; in IPv6 the nodes' own addresses stay in it too. */
  private prefixCursor(block: Cidr): bigint {
    return this.cursors.get(block.text) ?? BigInt(block.first) + prefixSize(block.family);
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
const fourth = (first: IpBits): IpBits => (typeof first === 'bigint' ? first + 4n : first + 4);
const prefixSize = (family: Family): bigint => (family === 4 ? 16n : 1n << 48n);
