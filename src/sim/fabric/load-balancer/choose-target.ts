import {
  type Listener,
  type ListenerAction,
  showTarget,
  type Target,
  type TargetGroup,
  targetsOf,
  unsureOf,
} from '../../../fabric/index.ts';
import { type Packet, packetHeaders } from '../../packet.ts';
import { type Crossing, die, type FabricWalk, recordFabric } from '../fabric-walk.ts';
import { evidenceOf } from './evidence.ts';
import type { LoadBalancerNode } from './health-types.ts';

export interface Chosen {
  readonly group: TargetGroup;
  readonly target: Target;
  /** Of all flows through this node, those that come to this target. */
  readonly share: number;
}

type Forward = ListenerAction & { readonly kind: 'forward' };

/**
 * The target of a new flow: one of the target groups by their weights, then any healthy target the node may use, each as
 * likely; all of them where none is healthy (NLB user guide: target groups, health checks). Nobody outside knows the hash.
 */
export function chooseTarget(
  on: FabricWalk,
  node: LoadBalancerNode,
  listener: Listener,
  action: Forward,
  packet: Packet,
): Chosen | Crossing {
  const { loadBalancer, zone } = node;
  const picked = chooseGroup(on, node, action, packet);
  if (picked === undefined) return { kind: 'unknown', what: `${loadBalancer.id} forwards to no target group`, packet };
  const { group } = picked;
  const unsure = unsureOf(group);
  if (unsure !== undefined) return { kind: 'unknown', what: unsure, packet };
  const registered = targetsOf(loadBalancer, group, zone);
  if (registered.length === 0) {
    const { unregistered } = group;
    const because =
      unregistered !== undefined
        ? `target group ${group.id} has no targets: ${unregistered}`
        : group.targets.length === 0
          ? `target group ${group.id} has no targets`
          : `target group ${group.id} has no target in zone ${zone}, and the node there uses no other's`;
    const where = unregistered === undefined ? { zone } : { unregistered };
    const cause = { kind: 'no-target', loadBalancer: loadBalancer.id, targetGroup: group.id, ...where } as const;
    return die(on, packet, 'dropped', cause, because, group.id);
  }
  const health = healthOf(on, node, group, registered);
  if ('unknown' in health) return { kind: 'unknown', what: health.unknown, packet };
  const failsOpen = health.healthy.length === 0;
  const usable = failsOpen ? registered : health.healthy;
  recordFabric(on, 'load-balancer', packet, packet, {
    action: `${listener.protocol} ${listener.port} → ${group.id}: ${usable.length} of ${registered.length} targets`,
    because: failsOpen ? 'none is healthy, so all are used' : '',
    ...evidenceOf(node, listener),
    ...(health.out.length === 0 ? {} : { unhealthy: health.out, failsOpen }),
  });
  const target = takeOne(on, node, group, usable, packet);
  return { group, target, share: picked.share / usable.length };
}

function chooseGroup(
  on: FabricWalk,
  node: LoadBalancerNode,
  action: Forward,
  packet: Packet,
): { readonly group: TargetGroup; readonly share: number } | undefined {
  const groups = action.targetGroups.flatMap(({ id, weight }) => {
    const group = weight > 0 ? on.index.targetGroup(id) : undefined;
    return group === undefined ? [] : [{ group, weight }];
  });
  const [only] = groups;
  if (only === undefined || groups.length === 1) return only && { group: only.group, share: 1 };
  const sum = groups.reduce((total, { weight }) => total + weight, 0);
  const options = groups.map(({ group, weight }) => ({ p: weight / sum, label: group.id }));
  const taken = choose(on, node, options, packet, 'the listener shares its connections out by weight');
  const { group, weight } = groups[taken] ?? only;
  return { group, share: weight / sum };
}

interface Health {
  readonly healthy: readonly Target[];
  readonly out: readonly { readonly target: string; readonly because: string }[];
}

function healthOf(
  on: FabricWalk,
  node: LoadBalancerNode,
  group: TargetGroup,
  targets: readonly Target[],
): Health | { readonly unknown: string } {
  const healthy: Target[] = [];
  const out: { target: string; because: string }[] = [];
  for (const target of targets) {
    const health = on.checkTarget(node, group, target);
    if (health.kind === 'unknown')
      return { unknown: `whether target ${showTarget(target)} is healthy is not known: ${health.what}` };
    if (health.kind === 'unhealthy') out.push({ target: showTarget(target), because: health.because });
    else {
      healthy.push(target);
      if (health.assumed !== undefined) on.walk.assumptions.add(health.assumed);
    }
  }
  return { healthy, out };
}

/** A client sticks by its address, the load balancer's address and the protocol. */
function takeOne(
  on: FabricWalk,
  node: LoadBalancerNode,
  group: TargetGroup,
  usable: readonly Target[],
  packet: Packet,
): Target {
  const flows = on.flows();
  const stick = `${group.id} ${packet.protocol} ${packet.src} ${packet.dst}`;
  const stuck = group.stickiness === 'source_ip' ? flows.stuckTo(stick) : undefined;
  if (stuck !== undefined && usable.includes(stuck)) return stuck;
  const options = usable.map((target) => ({ p: 1 / usable.length, label: showTarget(target) }));
  const because = 'a hash of the flow that nobody outside knows: each healthy target is as likely';
  const target = usable[usable.length === 1 ? 0 : choose(on, node, options, packet, because)] ?? usable[0];
  if (target === undefined) throw new RangeError('A load balancer chose among no targets');
  if (group.stickiness === 'source_ip') flows.stick(stick, target);
  return target;
}

function choose(
  on: FabricWalk,
  node: LoadBalancerNode,
  of: readonly { readonly p: number; readonly label: string }[],
  packet: Packet,
  because: string,
): number {
  const taken = on.walk.dice.choose(of);
  if (on.walk.record === undefined) return taken;
  const headers = packetHeaders(packet);
  const { text, by } = evidenceOf(node);
  on.walk.record({
    kind: 'choice',
    taken,
    of,
    action: `choose ${of[taken]?.label ?? ''}`,
    because,
    evidence: { plane: 'sim', artefact: { file: 'fabric.json' }, text, ...(by === undefined ? {} : { by }) },
    before: headers,
    after: headers,
  });
  return taken;
}
