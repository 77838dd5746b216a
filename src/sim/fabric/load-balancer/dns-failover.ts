import { groupsOf, type LoadBalancer, type LoadBalancerZone, namesBehind, targetsOf } from '../../../fabric/index.ts';
import type { Ip } from '../../../net/index.ts';
import type { World } from '../../../world/index.ts';
import { type FabricIndex, indexFabric } from '../fabric-index.ts';
import { healthChecks, type WalkOne } from './check-target.ts';
import type { CheckTarget } from './health-types.ts';
import { nodeBehind } from './into-load-balancer.ts';

const NOTHING: ReadonlySet<Ip> = new Set();

/**
 * Addresses that a name of a load balancer, or an alias of it, does not give while the targets behind them are down: of a zone in
 * which every target of some target group that its node may use is unhealthy. Where no zone is better off, all are given: it
 * fails open. A zone without any target stays, better off than none, and the name of one zone always has its address (NLB user
 * guide, health checks; ALB guide, target group health; Route 53 guide, evaluating the health of targets).
 */
export function addressesOut(world: World, walk: WalkOne, names: readonly string[]): ReadonlySet<Ip> {
  const { loadBalancers } = world.fabric;
  if (loadBalancers.length === 0) return NOTHING;
  const index = indexFabric(world.fabric);
  const check = healthChecks(world, walk);
  const asked = namesBehind(world.fabric.dns, names);
  const out = new Set<Ip>();
  for (const of of loadBalancers) {
    // What a Classic Load Balancer's name gives meanwhile is documented nowhere.
    if (of.type === 'classic' || !asked.has(of.dnsName)) continue;
    const zones = of.zones.map((zone) => ({ eni: index.eni(zone.eni), state: stateOf(index, of, zone, check) }));
    if (!zones.some(({ state }) => state === 'up')) continue;
    for (const { eni, state } of zones) {
      if (state !== 'down') continue;
      for (const address of eni?.addresses ?? []) out.add(address);
      for (const address of eni?.publicAddresses.values() ?? []) out.add(address);
    }
  }
  return out;
}

/** `empty`: no group has a target that the node of this zone may use. */
type ZoneState = 'up' | 'down' | 'empty';

function stateOf(index: FabricIndex, of: LoadBalancer, { zone, eni }: LoadBalancerZone, check: CheckTarget): ZoneState {
  const found = index.eni(eni);
  const node = found === undefined ? undefined : nodeBehind(index, found);
  if (node === undefined) return 'empty';
  const used = groupsOf(of, (id) => index.targetGroup(id))
    .map((group) => ({ group, targets: targetsOf(of, group, zone) }))
    .filter(({ targets }) => targets.length > 0);
  if (used.length === 0) return 'empty';
  const isDown = used.some(
    ({ group, targets }) =>
      group.unsure === undefined && targets.every((target) => check(node, group, target).kind === 'unhealthy'),
  );
  return isDown ? 'down' : 'up';
}
