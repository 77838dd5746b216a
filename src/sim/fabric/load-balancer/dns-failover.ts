import { groupsOf, type LoadBalancer, targetsOf } from '../../../fabric/index.ts';
import type { Ip } from '../../../net/index.ts';
import type { World } from '../../../world/index.ts';
import { type FabricIndex, indexFabric } from '../fabric-index.ts';
import { healthChecks, type WalkOne } from './check-target.ts';
import type { CheckTarget } from './health-types.ts';
import { nodeBehind } from './into-load-balancer.ts';

const NOTHING: ReadonlySet<Ip> = new Set();

/**
 * Addresses that a name of a load balancer, or an alias of it, does not give while the targets behind them are down: of a zone in which every
 * target of some target group is unhealthy, unless that is so in all zones. A zone without targets stays, and the name of
 * one zone always has its address (NLB user guide, DNS failover; Route 53 guide, evaluating the health of targets).
 */
export function addressesOut(world: World, walk: WalkOne, names: readonly string[]): ReadonlySet<Ip> {
  const { loadBalancers } = world.fabric;
  if (loadBalancers.length === 0) return NOTHING;
  const index = indexFabric(world.fabric);
  const check = healthChecks(world, walk);
  const asked = new Set(names.map((name) => name.replace(/\.$/, '').toLowerCase()));
  const out = new Set<Ip>();
  for (const of of loadBalancers) {
    if (of.type !== 'network' || !asked.has(of.dnsName)) continue;
    const down = zonesDown(index, of, check);
    if (down.size === of.zones.length) continue;
    for (const { zone, eni } of of.zones) {
      const found = down.has(zone) ? index.eni(eni) : undefined;
      for (const address of found?.addresses ?? []) out.add(address);
      for (const address of found?.publicAddresses.values() ?? []) out.add(address);
    }
  }
  return out;
}

function zonesDown(index: FabricIndex, of: LoadBalancer, check: CheckTarget): ReadonlySet<string> {
  const groups = groupsOf(of, (id) => index.targetGroup(id));
  const down = new Set<string>();
  for (const { zone, eni } of of.zones) {
    const found = index.eni(eni);
    const node = found === undefined ? undefined : nodeBehind(index, found);
    if (node === undefined) continue;
    const isDown = groups.some((group) => {
      const targets = targetsOf(of, group, zone);
      return targets.length > 0 && targets.every((target) => check(node, group, target).kind === 'unhealthy');
    });
    if (isDown) down.add(zone);
  }
  return down;
}
