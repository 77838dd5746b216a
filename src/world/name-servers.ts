import type { Ip } from '../net/index.ts';
import type { World } from './types.ts';

const indexes = new WeakMap<World, ReadonlySet<string>>();

/**
 * Who answers there serves the cluster's zone: the Service address of the cluster's name server, or an endpoint behind it.
 * Every other name server knows only the names outside.
 */
export function servesClusterNames(world: World, address: Ip, port: number): boolean {
  if (world.fabric.dns.clusterDns.includes(address)) return true;
  let endpoints = indexes.get(world);
  if (endpoints === undefined) {
    endpoints = clusterNameServers(world);
    indexes.set(world, endpoints);
  }
  return endpoints.has(`${address}:${port}`) || endpoints.has(`[${address}]:${port}`);
}

/** `IP:PORT` of what stands behind port 53 of the Services at the cluster's name server addresses. */
function clusterNameServers({ fabric, directory }: World): ReadonlySet<string> {
  const found = new Set<string>();
  for (const service of directory.services)
    if (service.clusterIPs.some((address) => fabric.dns.clusterDns.includes(address)))
      for (const { port, endpoints } of service.ports) if (port === 53) for (const each of endpoints) found.add(each);
  return found;
}
