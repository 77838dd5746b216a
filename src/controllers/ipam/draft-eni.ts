import type { EniSpec } from '../../cluster/index.ts';
import { type Cidr, cidrContains, cidrNth, cidrSize, type Family, type Ip } from '../../net/index.ts';

/** One ENI while its addresses are being dealt out. */
export class DraftEni {
  readonly base: EniSpec;
  private readonly addresses: Ip[];
  private readonly listed: Set<Ip>;
  private readonly prefixes: Cidr[];
  private readonly assigned = new Set<Ip>();
  private changed: boolean;
  private addressCursor = 0;
  private prefixCursor = 0;
  private offset = 0;

  constructor(base: EniSpec, fresh: boolean) {
    this.base = base;
    this.addresses = [...base.addresses];
    this.listed = new Set(base.addresses);
    this.prefixes = [...base.prefixes];
    this.changed = fresh;
  }

  /** Slots in use: an address or a prefix each. */
  get slots(): number {
    return this.addresses.length + this.prefixes.length;
  }

  get prefixCount(): number {
    return this.prefixes.length;
  }

  holds(address: Ip): boolean {
    return this.listed.has(address) || this.prefixes.some((block) => cidrContains(block, address));
  }

  addAddress(address: Ip): void {
    this.addresses.push(address);
    this.listed.add(address);
    this.changed = true;
  }

  addPrefix(block: Cidr): void {
    this.prefixes.push(block);
    this.changed = true;
  }

  assign(address: Ip): void {
    this.assigned.add(address);
  }

  /**
   * The next address no pod has: listed ones first, then each prefix from its first address on, `.0` included
   * (`pkg/ipamd/datastore/data_store.go` getUnusedIP). `single`: none of a prefix, which ipamd passes over where delegation is off
   * (AssignPodIPv4Address).
   */
  assignNext(family: Family, single = false): Ip | undefined {
    // In IPv6 the listed address is the ENI's own: pods live in its prefix.
    while (family === 4 && this.addressCursor < this.addresses.length) {
      const address = this.addresses[this.addressCursor++];
      if (address !== undefined && this.assignIfFree(address)) return address;
    }
    if (single) return undefined;
    for (; this.prefixCursor < this.prefixes.length; this.prefixCursor++, this.offset = 0) {
      const block = this.prefixes[this.prefixCursor];
      if (block === undefined || block.family !== family) continue;
      while (this.offset < cidrSize(block)) {
        const address = cidrNth(block, this.offset++);
        if (this.assignIfFree(address)) return address;
      }
    }
    return undefined;
  }

  finish(): EniSpec {
    return this.changed ? { ...this.base, addresses: this.addresses, prefixes: this.prefixes } : this.base;
  }

  private assignIfFree(address: Ip): boolean {
    if (this.assigned.has(address) || address === this.base.primaryIp) return false;
    this.assigned.add(address);
    return true;
  }
}
