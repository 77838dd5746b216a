import type { Ip } from '../net/index.ts';
import type { Finding, RoundTrip } from '../trace/index.ts';
import type { World } from '../world/index.ts';
import { zoneOf } from './journey.ts';

/**
 * How much of what a load balancer sends goes to a target in another zone than the node that sends it, which is the one that
 * was called, whether or not the client's address is kept. It takes longer; behind a network load balancer it is paid for
 * by the byte (EC2 pricing, data transfer), behind an application load balancer it is not (ELB pricing).
 */
export function crossZoneFindings(world: World, trips: readonly RoundTrip[]): readonly Finding[] {
  const zones = zonesOf(world);
  if (zones.size === 0) return [];
  const shares = new Map<string, { all: number; across: number }>();
  for (const { forward, probability } of trips) {
    for (const [i, hop] of forward.hops.entries()) {
      const { where } = hop;
      const sent = forward.hops[i + 1]?.steps[0]?.before;
      const from = where.kind === 'load-balancer' ? zoneOf(world, hop) : undefined;
      const to = sent && zones.get(sent.dst);
      if (from === undefined || to === undefined) continue;
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
            message: `${Math.round((across / all) * 100)} % of what ${name} sends goes to a target in another zone: slower${costs(world, name)}`,
            fix: 'cross-zone load balancing off where every zone has targets enough (target-group-attributes: load_balancing.cross_zone.enabled=false)',
          },
        ],
  );
}

const indexes = new WeakMap<World, ReadonlyMap<Ip, string>>();

/** What ELB pricing says of it: of a classic load balancer, nothing. */
function costs({ fabric }: World, loadBalancer: string): string {
  const type = fabric.loadBalancers.find(({ id }) => id === loadBalancer)?.type;
  return type === 'network' ? ', and paid for by the byte' : '';
}

/** Zones of targets; one outside the VPC's zones has none. */
function zonesOf(world: World): ReadonlyMap<Ip, string> {
  const known = indexes.get(world);
  if (known !== undefined) return known;
  const made = new Map<Ip, string>();
  for (const { ip, zone } of world.fabric.targetGroups.flatMap(({ targets }) => targets))
    if (zone !== 'all') made.set(ip, zone);
  indexes.set(world, made);
  return made;
}
