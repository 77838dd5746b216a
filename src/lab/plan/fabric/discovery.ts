import { cidrContains, cidrFirst, type Ip, isHostCidr } from '../../../net/index.ts';
import type { FabricNetns } from './fabric-netns.ts';
import type { Port } from './port.ts';

/** Entries a kernel is given for who may be asked for; beyond it a subnet's neighbours are not answered for. */
const MOST_ENTRIES = 50_000;

/**
 * Neighbour discovery inside a subnet: each port answers for the addresses of its siblings (RFC 4861 7.2.8), with the
 * router's MAC, so a packet to a neighbour passes the route table where a real one does not. Without delay: a proxy's is
 * up to 0.8 s (net/ipv6/ndisc.c ndisc_recv_ns).
 */
export function answerDiscovery(at: FabricNetns, ports: readonly Port[], inUse: readonly Ip[]): void {
  const bySubnet = new Map<string, Port[]>();
  for (const port of ports) bySubnet.set(port.subnet.id, [...(bySubnet.get(port.subnet.id) ?? []), port]);
  for (const [subnet, members] of bySubnet) {
    const owned = members.map((port) => ({ port, addresses: addressesOf(port, inUse) }));
    const total = owned.reduce((sum, { addresses }) => sum + addresses.length, 0);
    if (total * members.length > MOST_ENTRIES) {
      at.gap(`subnet ${subnet}: neighbour discovery`, `${total} addresses on ${members.length} cards are too many`);
      continue;
    }
    for (const { dev } of members) {
      if (total > 0) at.setDevice(`net.ipv6.neigh.${dev}.proxy_delay`, '0');
      for (const { port, addresses } of owned)
        if (port.dev !== dev)
          for (const address of addresses) at.ip6.add('neigh', 'replace', 'proxy', address, 'dev', dev);
    }
  }
}

/** Single addresses, and those in use of its prefixes. */
function addressesOf({ owned }: Port, inUse: readonly Ip[]): readonly Ip[] {
  const blocks = owned.filter((block) => block.family === 6);
  const prefixes = blocks.filter((block) => !isHostCidr(block));
  const single = blocks.filter(isHostCidr).map(cidrFirst);
  return [...single, ...inUse.filter((address) => prefixes.some((block) => cidrContains(block, address)))];
}
