import type { Cluster, SubnetSpec } from '../cluster/index.ts';
import { cidrContains, cidrLast, type Ip, ipAdd, parseIp } from '../net/index.ts';
import { heldAddresses } from './ipam/held-addresses.ts';
import { byText } from './labels.ts';
import { clusterSubnets } from './nodes.ts';

/**
 * The control plane's ENIs as the API server lists itself: the endpoints of default/kubernetes
 * (`pkg/controlplane/reconcilers/lease.go`), in the subnets that hold them.
 */
export function listedApiServer(cluster: Cluster): Cluster['apiserver'] {
  const listed = cluster.endpointSlices
    .filter((slice) => slice.metadata.namespace === 'default' && slice.serviceName === 'kubernetes')
    .flatMap((slice) => slice.endpoints.flatMap(({ addresses }) => addresses.slice(0, 1)));
  return [...new Set(listed)].toSorted(byText).flatMap((text) => {
    const ip = parseIp(text);
    if (ip === undefined) return [];
    const subnet = clusterSubnets(cluster).find(({ cidrs }) => cidrs.some((block) => cidrContains(block, ip)));
    return subnet === undefined ? [] : [{ ip, subnet: subnet.id }];
  });
}

/** Two ENIs in two zones, in private subnets where there are any, at the top of the subnet. */
export function pickApiServer(cluster: Cluster): Cluster['apiserver'] {
  const family = cluster.ipFamily === 'IPv6' ? 6 : 4;
  const fit = clusterSubnets(cluster).filter((subnet) => subnet.cidrs.some((block) => block.family === family));
  const ordered = fit.toSorted((a, b) => Number(a.mapPublicIp) - Number(b.mapPublicIp) || byText(a.id, b.id));
  const chosen: SubnetSpec[] = [];
  for (const subnet of ordered) {
    if (chosen.length < 2 && !chosen.some((other) => other.zone === subnet.zone)) chosen.push(subnet);
  }
  const held = heldAddresses(cluster);
  return chosen.flatMap((subnet) => {
    const block = subnet.cidrs.find((candidate) => candidate.family === family);
    if (block === undefined) return [];
    let address: Ip = ipAdd(cidrLast(block), -1);
    for (let tries = 0; held.has(address) && tries < 4096; tries++) address = ipAdd(address, -1);
    return [{ ip: address, subnet: subnet.id }];
  });
}
