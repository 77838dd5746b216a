import type { SourceRef } from '../../base/index.ts';
import type { Cluster, GroupRuleSpec, TrafficSpec } from '../../cluster/index.ts';
import type { Eni, Fabric, FabricOrigin, SecurityGroupRule, TrafficClass } from '../../fabric/index.ts';

/** Security groups, network ACLs and prefix lists, each rule with its line of the input. */
export function fabricFilters({
  filters,
  network,
}: Pick<Cluster, 'filters' | 'network'>): Pick<Fabric, 'securityGroups' | 'networkAcls' | 'prefixLists'> {
  const vpcOf = new Map(network.vpcs.flatMap((vpc) => vpc.subnets.map(({ id }) => [id, vpc.id] as const)));
  return {
    securityGroups: filters.securityGroups.map(({ id, name, vpc, ingress, egress, by, source }) => ({
      id,
      ...(name === undefined ? {} : { name }),
      vpc: vpc ?? network.clusterVpc,
      ingress: ingress.map(rule),
      egress: egress.map(rule),
      origin: origin(source, by),
    })),
    networkAcls: filters.networkAcls.map(({ id, subnets, ingress, egress, source }) => {
      const entries = (list: typeof ingress) =>
        list.map(({ ruleNumber, cidr, action, source: at, ...of }) => ({
          ...traffic(of),
          ruleNumber,
          cidr,
          action,
          origin: origin(at),
        }));
      const vpc = vpcOf.get(subnets[0] ?? '') ?? network.clusterVpc;
      return { id, vpc, subnets, ingress: entries(ingress), egress: entries(egress), origin: origin(source) };
    }),
    prefixLists: filters.prefixLists.map(({ id, cidrs, source }) => ({ id, cidrs, origin: origin(source) })),
  };
}

/** Where the input describes no group, the groups it names guard nothing: only those that controllers made do. */
export function withGuards(enis: readonly Eni[], { securityGroups }: Cluster['filters']): readonly Eni[] {
  if (securityGroups.length === 0 || securityGroups.some(({ by }) => by === undefined)) return enis;
  const made = new Set(securityGroups.map(({ id }) => id));
  return enis.map((eni) => ({ ...eni, securityGroups: eni.securityGroups.filter((id) => made.has(id)) }));
}

const rule = ({ peer, source, by, ...of }: GroupRuleSpec): SecurityGroupRule => ({
  ...traffic(of),
  peer: peer.kind === 'cidr' ? peer : { kind: peer.kind, id: peer.id },
  origin: origin(source, by),
});

const traffic = ({ protocol, ports, icmp }: TrafficSpec): TrafficClass => ({
  protocol,
  ...(ports === undefined ? {} : { ports }),
  ...(icmp === undefined ? {} : { icmp }),
});

const origin = (at: SourceRef, by = 'input'): FabricOrigin => ({ by, at });
