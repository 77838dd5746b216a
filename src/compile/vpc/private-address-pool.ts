import type { Cluster } from '../../cluster/index.ts';
import { type Cidr, cidrNth, cidrSize, type Ip } from '../../net/index.ts';

/**
 * Hands out addresses AWS would have picked, where the input gives none: the highest free one of a subnet (the last is
 * reserved), so that it does not meet the addresses ENIs take from the bottom.
 */
export class PrivateAddressPool {
  private readonly named: Iterable<Ip>;
  private used: Set<Ip> | undefined;
  constructor(named: Iterable<Ip>) {
    this.named = named;
  }
  take(block: Cidr): Ip | undefined {
    this.used ??= new Set(this.named);
    // An IPv4 subnet has 65,536 addresses at most; of any, the first four and the last are reserved.
    for (let n = cidrSize(block) - 2; n > 3; n--) {
      const candidate = cidrNth(block, n);
      if (this.used.has(candidate)) continue;
      this.used.add(candidate);
      return candidate;
    }
    return undefined;
  }
}

/** Every private address the input names. */
export function* namedAddresses(cluster: Cluster): Generator<Ip> {
  for (const node of cluster.nodeSpecs) {
    for (const eni of [...node.enis, ...(node.branches ?? [])]) {
      yield eni.primaryIp;
      yield* eni.addresses;
    }
  }
  for (const server of cluster.servers) yield* server.addresses;
  for (const { ip } of cluster.apiserver) yield ip;
  for (const { subnets } of cluster.vpcEndpoints) for (const { ip } of subnets) if (ip !== undefined) yield ip;
  for (const vpc of cluster.network.vpcs) {
    for (const gateway of vpc.natGateways) if (gateway.privateIp !== undefined) yield gateway.privateIp;
  }
  for (const { subnets } of cluster.loadBalancers) {
    for (const { privateIp, ipv6 } of subnets) {
      if (privateIp !== undefined) yield privateIp;
      if (ipv6 !== undefined) yield ipv6;
    }
  }
}
