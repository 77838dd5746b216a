import { fraction } from '../base/index.ts';
import type { Ip } from '../net/index.ts';
import type { Finding, RoundTrip } from '../trace/index.ts';
import type { World } from '../world/index.ts';
import { isInside, zoneOf } from './journey.ts';

/**
 * How many of a Service's connections go to endpoints in other zones while the sender's own zone has one: kube-proxy takes all
 * endpoints for alike unless hints say which are for whom (pkg/proxy/topology.go). `trips` are all ways there are.
 */
export function farEndpointFindings(world: World, dst: Ip, trips: readonly RoundTrip[]): readonly Finding[] {
  const service = world.directory.services.find(({ clusterIPs }) => clusterIPs.includes(dst));
  if (service === undefined) return [];
  const ways = trips.map(({ forward: { hops }, farEnd, probability }) => {
    const [first, last] = [hops[0], farEnd.reached ? hops.at(-1) : undefined];
    const inside = first !== undefined && last !== undefined && isInside(first.where) && isInside(last.where);
    return {
      probability,
      from: inside ? zoneOf(world, first) : undefined,
      to: inside ? zoneOf(world, last) : undefined,
    };
  });
  const known = ways.filter(({ from, to }) => from !== undefined && to !== undefined);
  const near = known.find(({ from, to }) => from === to);
  const share = known.filter(({ from, to }) => from !== to).reduce((sum, { probability }) => sum + probability, 0);
  if (near === undefined || share === 0) return [];
  const name = `${service.namespace}/${service.name}`;
  return [
    {
      code: 'far-endpoints',
      severity: 'info',
      message: `${fraction(share)} of the connections go to endpoints of Service ${name} in another zone, though ${near.from} has one: slower, and paid for by the byte`,
      fix: `trafficDistribution PreferClose on Service ${name} keeps a zone's connections in it; then each zone has to have endpoints enough`,
    },
  ];
}
