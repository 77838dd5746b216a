import type { Admission, Cluster, TargetGroupIngress } from '../../cluster/index.ts';
import type { Target } from '../../fabric/index.ts';

const ALL_PORTS = { from: 0, to: 65_535 } as const;

/**
 * What the rules of a TargetGroupBinding let in to its targets; a port by name is the containers' of that name. A rule without
 * ports lets nobody in, although it is meant to say all of TCP: its permissions are computed and thrown away
 * (aws-load-balancer-controller pkg/targetgroupbinding/networking_manager.go, computeIngressPermissionsForTGBNetworking).
 */
export function admissionsOf(
  cluster: Pick<Cluster, 'pods'>,
  networking: readonly TargetGroupIngress[],
  targets: readonly Target[],
): readonly Admission[] {
  return networking.flatMap(({ from, ports }) =>
    from.flatMap((peer) =>
      ports.flatMap(({ protocol, port }) =>
        rangesOf(cluster, port, targets).map((range): Admission => ({ protocol, ports: range, peer })),
      ),
    ),
  );
}

function rangesOf({ pods }: Pick<Cluster, 'pods'>, port: number | string | undefined, targets: readonly Target[]) {
  if (port === undefined) return [ALL_PORTS];
  if (typeof port === 'number') return [{ from: port, to: port }];
  const addresses = new Set<string>(targets.map(({ ip }) => ip));
  const named = pods
    .filter(({ status }) => status.podIPs.some((address) => addresses.has(address)))
    .flatMap(({ spec }) => spec.containers.flatMap((container) => container.ports))
    .flatMap(({ name, containerPort }) => (name === port ? [containerPort] : []));
  return [...new Set(named)].map((each) => ({ from: each, to: each }));
}
