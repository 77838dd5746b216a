import type { Ip } from '../net/index.ts';
import type { Finding, RoundTrip } from '../trace/index.ts';
import type { World } from '../world/index.ts';

/**
 * How much of what a load balancer sends from addresses of its own goes to a target in another zone than the node it is sent
 * from: it takes longer and is paid for by the byte (EC2 pricing, data transfer between zones).
 */
export function crossZoneFindings(world: World, trips: readonly RoundTrip[]): readonly Finding[] {
  const zones = zonesOf(world);
  if (zones.size === 0) return [];
  const shares = new Map<string, { all: number; across: number }>();
  for (const { forward, probability } of trips) {
    for (const [i, { where }] of forward.hops.entries()) {
      const sent = forward.hops[i + 1]?.steps[0]?.before;
      const from = sent && zones.get(sent.src);
      const to = sent && zones.get(sent.dst);
      if (where.kind !== 'load-balancer' || from === undefined || to === undefined) continue;
      const share = shares.get(where.name) ?? { all: 0, across: 0 };
      shares.set(where.name, share);
      share.all += probability;
      if (from !== to) share.across += probability;
    }
  }
  return [...shares].flatMap(([name, { all, across }]): readonly Finding[] =>
    across === 0
      ? []
      : [
          {
            code: 'cross-zone-share',
            severity: 'info',
            message: `${Math.round((across / all) * 100)} % of what ${name} sends goes to another zone: slower, and paid for by the byte`,
            fix: 'cross-zone load balancing off where every zone has targets enough (target-group-attributes: load_balancing.cross_zone.enabled=false)',
          },
        ],
  );
}

const indexes = new WeakMap<World, ReadonlyMap<Ip, string>>();

/** Zones of load balancers' own addresses and of their targets; a target outside the VPC's zones has none. */
function zonesOf(world: World): ReadonlyMap<Ip, string> {
  const known = indexes.get(world);
  if (known !== undefined) return known;
  const { loadBalancers, targetGroups, enis } = world.fabric;
  const made = new Map<Ip, string>();
  const zoneOfEni = new Map(loadBalancers.flatMap(({ zones }) => zones.map(({ eni, zone }) => [eni, zone] as const)));
  for (const { id, addresses } of enis) {
    const zone = zoneOfEni.get(id);
    if (zone !== undefined) for (const address of addresses) made.set(address, zone);
  }
  for (const { ip, zone } of targetGroups.flatMap(({ targets }) => targets)) if (zone !== 'all') made.set(ip, zone);
  indexes.set(world, made);
  return made;
}
