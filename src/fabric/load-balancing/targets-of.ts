import type { ListenerAction, LoadBalancer, Target, TargetGroup } from '../load-balancers.ts';

/** A load balancer's own setting holds where the target group does not overrule it. */
const crossesZones = ({ crossZone }: Pick<LoadBalancer, 'crossZone'>, group: TargetGroup): boolean =>
  group.crossZone === 'use_load_balancer_configuration' ? crossZone : group.crossZone === 'true';

/** Targets a node may use: those of its own zone and of no zone, or all (NLB user guide, cross-zone load balancing). */
export const targetsOf = (of: Pick<LoadBalancer, 'crossZone'>, group: TargetGroup, zone: string): readonly Target[] =>
  crossesZones(of, group)
    ? group.targets
    : group.targets.filter((target) => target.zone === zone || target.zone === 'all');

/** The id of a target group that a rule names and the input does not describe: no described one can have it. */
export const groupCalled = (name: string): string => `name:${name}`;

/** Target groups a load balancer's listeners forward to, each once. */
export function groupsOf(
  { listeners }: Pick<LoadBalancer, 'listeners'>,
  find: (id: string) => TargetGroup | undefined,
): readonly TargetGroup[] {
  const ids = new Set(listeners.flatMap(({ rules }) => rules.flatMap(({ action }) => groupIds(action))));
  return [...ids].flatMap((id) => find(id) ?? []);
}

const groupIds = (action: ListenerAction): readonly string[] =>
  action.kind === 'forward' || action.kind === 'unmodelled' ? (action.targetGroups ?? []).map(({ id }) => id) : [];

/** Why nobody can say whom a group has; undefined where that is known. */
export const unsureOf = ({ id, unsure }: TargetGroup): string | undefined =>
  unsure === undefined ? undefined : `whether target group ${id} has targets is not known: ${unsure}`;

/** `i-0123:31000`, as a reader looks a target up. */
export const showTarget = ({ id, ip, port }: Target): string => {
  const address = ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
  return id === ip ? address : `${id} (${address})`;
};

/** HTTP status codes as a health check's matcher writes them: `200`, `200-399`, `200,301`. */
export const statusMatches = (matcher: string, status: number): boolean =>
  matcher.split(',').some((each) => {
    const [from, to = from] = each.split('-').map(Number);
    return from !== undefined && to !== undefined && status >= from && status <= to;
  });
