import type { Issue } from '../base/index.ts';
import type { Service } from '../cluster/index.ts';
import { type Cidr, cidrContains, cidrNth, cidrSize, type Ip, parseIp } from '../net/index.ts';
import { keyOf } from './labels.ts';
import { hash32 } from './seeded-names.ts';

/**
 * One service CIDR (`pkg/registry/core/service/ipallocator/ipallocator.go`): the network and an IPv4 block's broadcast
 * address are left out, dynamic picks come from above a static band of min(max(16, size/16), 256) and fall back to it
 * only when the rest is full. Where the real allocator starts at random, we start at a hash of the Service's name.
 */
export class ClusterIpAllocator {
  readonly block: Cidr;
  private readonly owners = new Map<Ip, string>();
  private readonly usable: number;
  private readonly band: number;

  constructor(block: Cidr) {
    this.block = block;
    this.usable = Math.max(0, cidrSize(block) - (block.family === 4 ? 2 : 1));
    this.band = this.usable < 16 ? 0 : Math.min(Math.max(16, Math.floor(this.usable / 16)), 256);
    for (const n of [1, 10]) this.owners.set(cidrNth(block, n), '');
  }

  /** Records an address somebody has; an Issue where two Services claim one. */
  hold(address: Ip, service: Service): Issue | undefined {
    const owner = this.owners.get(address) ?? '';
    this.owners.set(address, keyOf(service));
    if (owner === '' || owner === keyOf(service)) return undefined;
    return {
      code: 'cluster-ip-taken',
      severity: 'error',
      rests: ['services'],
      at: service.source,
      message: `Service "${keyOf(service)}" has ClusterIP ${address}, which Service "${owner}" has too`,
      expected: 'one Service per address',
    };
  }

  allocate(key: string): Ip | undefined {
    const dynamic = this.usable - this.band;
    return this.probe(key, this.band, dynamic) ?? this.probe(key, 0, this.band);
  }

  private probe(key: string, from: number, count: number): Ip | undefined {
    if (count <= 0) return undefined;
    const start = hash32(key) % count;
    for (let step = 0; step < count; step++) {
      const address = cidrNth(this.block, 1 + from + ((start + step) % count));
      if (this.owners.has(address)) continue;
      this.owners.set(address, key);
      return address;
    }
    return undefined;
  }
}

/** `.1` and `.10` belong to kubernetes and kube-dns whether or not these are in the input. */
export function wellKnownIp(service: Service, block: Cidr): Ip | undefined {
  const key = keyOf(service);
  if (key === 'default/kubernetes') return cidrNth(block, 1);
  return key === 'kube-system/kube-dns' ? cidrNth(block, 10) : undefined;
}

/** Addresses a Service has, `None` left out. */
export const givenClusterIps = (service: Service): readonly Ip[] =>
  service.spec.clusterIPs.flatMap((text) => parseIp(text) ?? []);

/** A live ClusterIP outside the service CIDR: kept, and said. */
export function outsideCidr(service: Service, address: Ip, blocks: readonly Cidr[]): Issue | undefined {
  if (blocks.some((block) => cidrContains(block, address))) return undefined;
  return {
    code: 'cluster-ip-outside',
    severity: 'warning',
    rests: ['network', 'services'],
    at: service.source,
    message: `ClusterIP ${address} of Service "${keyOf(service)}" is outside the service CIDR`,
    expected: `an address in ${blocks.map((block) => block.text).join(' or ')}`,
  };
}
