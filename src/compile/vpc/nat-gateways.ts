import type { Issue } from '../../base/index.ts';
import type { NatGateway } from '../../fabric/index.ts';
import type { ClusterPlan } from '../node/plan-types.ts';
import type { AddressPools } from './address-pools.ts';

const GIVE = 'natGateways.publicIp of a Network does';

/** NAT gateways with the addresses AWS would have given them; invented ones are said in `assumptions`. */
export function natGateways(
  plan: ClusterPlan,
  pools: AddressPools,
  assumptions: string[],
  issues: Issue[],
): readonly NatGateway[] {
  const { cluster } = plan;
  const gateways: NatGateway[] = [];
  for (const spec of cluster.network.vpcs.flatMap((vpc) => vpc.natGateways)) {
    const subnet = plan.subnets.get(spec.subnet);
    const privateIp = spec.privateIp ?? (subnet?.cidr4 === undefined ? undefined : pools.privates.take(subnet.cidr4));
    if (subnet === undefined || privateIp === undefined) {
      issues.push({
        code: 'nat-gateway-without-subnet',
        severity: 'error',
        rests: ['network'],
        at: spec.source,
        message: `NAT gateway "${spec.id}" is in subnet "${spec.subnet}", which is not described or has no free address`,
      });
      continue;
    }
    const publicIp =
      spec.connectivity === 'private'
        ? null
        : (spec.publicIp ?? pools.publics.take(`NAT gateway ${spec.id}`, GIVE) ?? null);
    if (spec.connectivity === 'public' && spec.publicIp === undefined && publicIp !== null) {
      assumptions.push(`NAT gateway ${spec.id} has no given public address: ${publicIp} stands in for it`);
    }
    gateways.push({ id: spec.id, subnet: spec.subnet, privateIp, publicIp, origin: { by: 'input', at: spec.source } });
  }
  return gateways;
}
