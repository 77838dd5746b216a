import type { Issue } from '../../base/index.ts';
import type { Cluster, LoadBalancerSpec } from '../../cluster/index.ts';
import type { TargetGroup } from '../../fabric/index.ts';

/** Default quotas of one load balancer; most can be raised (ELB user guides, quotas). */
const QUOTAS = {
  network: { listeners: 50, rules: undefined, targets: 3000, targetsOfZone: 500 },
  application: { listeners: 50, rules: 100, targets: 1000, targetsOfZone: undefined },
  classic: { listeners: 100, rules: undefined, targets: 1000, targetsOfZone: undefined },
} as const;

const TARGETS_OF_GROUP = 1000;

/** A load balancer that is ordered bigger than AWS lets one be where nobody asked for more: a warning with both numbers. */
export function overQuota({
  loadBalancers,
  targetGroups,
}: Pick<Cluster, 'loadBalancers' | 'targetGroups'>): readonly Issue[] {
  const groups = new Map(targetGroups.map((group) => [group.id, group]));
  return loadBalancers.flatMap((of) => {
    const behind = groupIds(of).flatMap((id) => groups.get(id) ?? []);
    return [...ofLoadBalancer(of, behind), ...behind.flatMap((group) => ofGroup(of, group))];
  });
}

function ofLoadBalancer(of: LoadBalancerSpec, groups: readonly TargetGroup[]): readonly Issue[] {
  const { listeners, rules, targets, targetsOfZone } = QUOTAS[of.type];
  const all = groups.flatMap((group) => group.targets);
  const perZone = new Map<string, number>();
  for (const { zone } of all) perZone.set(zone, (perZone.get(zone) ?? 0) + 1);
  const mostInZone = Math.max(0, ...perZone.values());
  const numbered = of.listeners.reduce(
    (sum, listener) => sum + listener.rules.filter(({ priority }) => priority !== 'default').length,
    0,
  );
  return [
    ...over(of, 'listeners', of.listeners.length, listeners),
    ...over(of, 'rules', numbered, rules),
    // With cross-zone load balancing on, all targets count as those of one zone (NLB user guide, quotas).
    ...over(of, 'targets', all.length, of.type === 'network' && of.crossZone ? targetsOfZone : targets),
    ...over(of, 'targets in one zone', mostInZone, targetsOfZone),
  ];
}

const ofGroup = (of: LoadBalancerSpec, { id, targets }: TargetGroup): readonly Issue[] =>
  over(of, `targets in group ${id}`, targets.length, TARGETS_OF_GROUP);

function over(
  { id, source }: LoadBalancerSpec,
  what: string,
  count: number,
  quota: number | undefined,
): readonly Issue[] {
  if (quota === undefined || count <= quota) return [];
  return [
    {
      code: 'over-quota',
      severity: 'warning',
      at: source,
      message: `Load balancer ${id} has ${count} ${what}, and AWS allows ${quota} unless it was asked for more`,
    },
  ];
}

const groupIds = ({ listeners }: LoadBalancerSpec): readonly string[] => [
  ...new Set(
    listeners.flatMap(({ rules }) =>
      rules.flatMap(({ action }) => (action.kind === 'forward' ? action.targetGroups.map(({ id }) => id) : [])),
    ),
  ),
];
