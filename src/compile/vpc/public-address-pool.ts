import type { Cluster } from '../../cluster/index.ts';
import type { StandIn } from '../../fabric/index.ts';
import { cidr, cidrNth, cidrOf, type Ip } from '../../net/index.ts';

/** The documentation blocks (RFC 5737): Elastic IPs nobody gave come from here. */
const STAND_IN = ['198.51.100.0/24', '192.0.2.0/24', '203.0.113.0/24'].map(cidr);

/** Hands out public addresses that stand in for those AWS would have given, where the input gives none. */
export class PublicAddressPool {
  private readonly used: ReadonlySet<Ip>;
  private block = 0;
  private n = 0;
  /** What was handed out. */
  readonly taken: StandIn[] = [];
  constructor(used: Iterable<Ip>) {
    this.used = new Set(used);
  }
  /** `of`: whose address it stands in for; `give`: what of the input says the true one. */
  take(of: string, give: string): Ip | undefined {
    for (; this.block < STAND_IN.length; this.block++, this.n = 0) {
      const block = STAND_IN[this.block];
      while (block !== undefined && this.n < 254) {
        this.n++;
        const candidate = cidrNth(block, this.n);
        if (this.used.has(candidate)) continue;
        this.taken.push({ block: cidrOf(candidate), of, give });
        return candidate;
      }
    }
    return undefined;
  }
}

/** Every public address the input names. */
export function* namedPublicAddresses(cluster: Cluster): Generator<Ip> {
  for (const { addresses, publicIp } of cluster.servers) {
    yield* addresses;
    if (publicIp !== undefined) yield publicIp;
  }
  yield* cluster.endpoint.addresses;
  for (const vpc of cluster.network.vpcs)
    for (const { publicIp } of vpc.natGateways) if (publicIp !== undefined) yield publicIp;
  for (const { subnets } of cluster.loadBalancers)
    for (const { publicIp } of subnets) if (publicIp !== undefined) yield publicIp;
  for (const { publicIp, enis } of cluster.nodeSpecs) {
    if (publicIp !== undefined) yield publicIp;
    for (const eni of enis) if (eni.publicIp !== undefined) yield eni.publicIp;
  }
}
