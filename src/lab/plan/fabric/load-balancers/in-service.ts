import { showTarget, type TargetGroup, unsureOf } from '../../../../fabric/index.ts';
import { familyOf } from '../../../../net/index.ts';
import type { InService, Serving } from '../../../../world/index.ts';
import type { InUse } from './balance-text.ts';
import type { BalancerNode } from './balancer-nodes.ts';

const FAILED = 'its health check fails';

/** What serving a request at a node takes: its target groups, those of their targets that are in use, and chance as `random` gives it. */
export function servingAt(
  node: BalancerNode,
  inUse: InUse,
  random: () => number,
): Pick<Serving, 'plane' | 'dice' | 'targetGroup' | 'inService' | 'assumptions' | 'families'> {
  const groups = new Map(node.groups.map((balanced, g) => [balanced.group.id, { ...balanced, g }]));
  const inService = (group: TargetGroup): InService => {
    const unsure = unsureOf(group);
    if (unsure !== undefined) return { kind: 'unknown', what: unsure };
    const { id, targets: all, unregistered } = group;
    const { targets = [], g = 0 } = groups.get(id) ?? {};
    const usable = targets.filter((_, t) => inUse(g, t));
    // As the model has it: a Classic one turns to nobody that is down.
    const failsOpen = usable.length === 0 && targets.length > 0 && node.loadBalancer.type !== 'classic';
    const elsewhere = targets.length === 0 && all.length > 0 ? { zone: node.zone } : {};
    const missing = unregistered === undefined ? elsewhere : { unregistered };
    const isIdle = usable.length === 0 && !failsOpen;
    const out = isIdle ? targets.map((target) => ({ target: showTarget(target), because: FAILED })) : [];
    return { kind: 'known', targets: failsOpen ? targets : usable, out, failsOpen, missing };
  };
  return {
    plane: 'kernel',
    dice: { choose: (of) => drawn(of, random()) },
    assumptions: new Set(),
    targetGroup: (id) => groups.get(id)?.group,
    inService,
    families: new Set(node.eni.addresses.map(familyOf)),
  };
}

/** The one of several ways that a number from 0 to 1 falls on. */
function drawn(of: readonly { readonly p: number }[], at: number): number {
  let sum = 0;
  const taken = of.findIndex(({ p }) => {
    sum += p;
    return at < sum;
  });
  return taken < 0 ? of.length - 1 : taken;
}
