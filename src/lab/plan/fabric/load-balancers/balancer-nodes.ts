import {
  type Eni,
  type Fabric,
  groupsOf,
  type LoadBalancer,
  type Subnet,
  type Target,
  type TargetGroup,
  targetsOf,
} from '../../../../fabric/index.ts';

/** One zone of a load balancer: what its namespace is made from, and what it may send to. */
export interface BalancerNode {
  /** `lb/NAME@ZONE`: of its namespace, and as an end is written. */
  readonly label: string;
  readonly loadBalancer: LoadBalancer;
  readonly zone: string;
  readonly eni: Eni;
  readonly subnet: Subnet;
  /** In the order of its chains. */
  readonly groups: readonly BalancedGroup[];
}

/** A target group, with the targets a node of one zone may use. */
export interface BalancedGroup {
  readonly group: TargetGroup;
  readonly targets: readonly Target[];
}

/** Every node of a fabric's load balancers whose ENI it has. */
export function balancerNodes(fabric: Fabric): readonly BalancerNode[] {
  const enis = new Map(fabric.enis.map((eni) => [eni.id, eni]));
  const subnets = new Map(fabric.subnets.map((subnet) => [subnet.id, subnet]));
  const groups = new Map(fabric.targetGroups.map((group) => [group.id, group]));
  return fabric.loadBalancers.flatMap((loadBalancer) =>
    loadBalancer.zones.flatMap(({ zone, eni: id }): BalancerNode[] => {
      const eni = enis.get(id);
      const subnet = subnets.get(eni?.subnet ?? '');
      if (eni === undefined || subnet === undefined) return [];
      const behind = groupsOf(loadBalancer, (each) => groups.get(each));
      return [
        {
          label: `lb/${loadBalancer.id}@${zone}`,
          loadBalancer,
          zone,
          eni,
          subnet,
          groups: behind.map((group) => ({ group, targets: targetsOf(loadBalancer, group, zone) })),
        },
      ];
    }),
  );
}

const indexes = new WeakMap<Fabric, ReadonlyMap<string, BalancerNode>>();

/** The node a namespace stands for, by its label. */
export function balancerAt(fabric: Fabric, label: string): BalancerNode | undefined {
  const known = indexes.get(fabric) ?? new Map(balancerNodes(fabric).map((node) => [node.label, node]));
  indexes.set(fabric, known);
  return known.get(label);
}
