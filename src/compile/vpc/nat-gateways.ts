import type { Issue } from '../../base/index.ts';
import type { Cluster } from '../../cluster/index.ts';
import type { NatGateway } from '../../fabric/index.ts';
import { cidr, cidrNth, type Ip } from '../../net/index.ts';
import type { ClusterPlan } from '../node/plan-types.ts';
import type { PrivateAddressPool } from './private-address-pool.ts';

/** Elastic IPs nobody gave come from here (RFC 5737, TEST-NET-2). */
const STAND_IN = cidr('198.51.100.0/24');

/** NAT gateways with the addresses AWS would have given them; invented ones are said in `assumptions`. */
export function natGateways(
  plan: ClusterPlan,
  pool: PrivateAddressPool,
  assumptions: string[],
  issues: Issue[],
): readonly NatGateway[] {
  const { cluster } = plan;
  const publicPool = publicAddresses(cluster);
  const gateways: NatGateway[] = [];
  for (const spec of cluster.network.vpcs.flatMap((vpc) => vpc.natGateways)) {
    const subnet = plan.subnets.get(spec.subnet);
    const privateIp = spec.privateIp ?? (subnet?.cidr4 === undefined ? undefined : pool.take(subnet.cidr4));
    if (subnet === undefined || privateIp === undefined) {
      issues.push({
        code: 'nat-gateway-without-subnet',
        severity: 'error',
        at: spec.source,
        message: `NAT gateway "${spec.id}" is in subnet "${spec.subnet}", which is not described or has no free address`,
      });
      continue;
    }
    const publicIp = spec.connectivity === 'private' ? null : (spec.publicIp ?? publicPool.next().value ?? null);
    if (spec.connectivity === 'public' && spec.publicIp === undefined && publicIp !== null) {
      assumptions.push(`NAT gateway ${spec.id} has no given public address: ${publicIp} stands in for it`);
    }
    gateways.push({ id: spec.id, subnet: spec.subnet, privateIp, publicIp, origin: { by: 'input', at: spec.source } });
  }
  return gateways;
}

function* publicAddresses(cluster: Cluster): Generator<Ip, undefined> {
  const used = new Set<Ip>(cluster.servers.flatMap((server) => server.addresses));
  for (const vpc of cluster.network.vpcs) {
    for (const { publicIp } of vpc.natGateways) if (publicIp !== undefined) used.add(publicIp);
  }
  for (let n = 1; n < 255; n++) {
    const candidate = cidrNth(STAND_IN, n);
    if (!used.has(candidate)) yield candidate;
  }
  return undefined;
}
