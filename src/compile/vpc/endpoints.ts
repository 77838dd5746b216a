import type { Issue } from '../../base/index.ts';
import type { VpcEndpointSpec } from '../../cluster/index.ts';
import type { Dns, Eni, VpcEndpoint } from '../../fabric/index.ts';
import { addressRecords, withUpstream } from '../dns/upstream.ts';
import { eniIdFor, macFor } from '../node/names.ts';
import type { ClusterPlan } from '../node/plan-types.ts';
import type { PrivateAddressPool } from './private-address-pool.ts';

const MTU = 9001;

export const vpcEndpoints = ({ cluster }: ClusterPlan): readonly VpcEndpoint[] =>
  cluster.vpcEndpoints.map(({ id, vpc, type, service, ports, source }) => ({
    id,
    vpc,
    kind: type === 'Gateway' ? 'gateway' : 'interface',
    service,
    ports: type === 'Gateway' ? [] : ports,
    origin: { by: 'input', at: source },
  }));

/** One ENI a subnet (VPC guide, Interface endpoints). Each of them that has no given address takes one of the pool. */
export function endpointEnis(
  plan: ClusterPlan,
  pool: PrivateAddressPool,
  assumptions: string[],
  issues: Issue[],
): readonly Eni[] {
  return plan.cluster.vpcEndpoints.flatMap((endpoint) =>
    endpoint.subnets.flatMap(({ subnet: id, ip }) => {
      const subnet = plan.subnets.get(id);
      const address = ip ?? (subnet?.cidr4 === undefined ? undefined : pool.take(subnet.cidr4));
      if (subnet === undefined || address === undefined) {
        issues.push({
          code: 'endpoint-without-subnet',
          severity: 'error',
          rests: ['network'],
          at: endpoint.source,
          message: `Endpoint "${endpoint.id}" is in subnet "${id}", which is not described or has no free address`,
        });
        return [];
      }
      if (ip === undefined)
        assumptions.push(`endpoint ${endpoint.id} has no given address in ${id}: ${address} stands in for it`);
      return [eniOf(endpoint, id, address)];
    }),
  );
}

const eniOf = (
  { id, securityGroups, source }: VpcEndpointSpec,
  subnet: string,
  address: Eni['addresses'][number],
): Eni => ({
  id: eniIdFor(`vpc-endpoint ${id} ${subnet}`),
  subnet,
  mac: macFor(`vpc-endpoint ${id} ${subnet}`),
  addresses: [address],
  prefixes: [],
  publicAddresses: new Map(),
  sourceDestCheck: true,
  attachment: null,
  deviceIndex: 0,
  owner: `vpc-endpoint/${id}`,
  securityGroups,
  mtu: MTU,
  origin: { by: 'input', at: source },
});

/**
 * Private DNS: a hosted zone of the endpoint's VPC alone leads the service's names to the endpoint; everybody else gets what
 * public DNS has (PrivateLink guide, private DNS names). An endpoint's own names are public ones.
 */
export const withEndpointNames = (dns: Dns, { cluster }: ClusterPlan, enis: readonly Eni[]): Dns =>
  withUpstream(
    dns,
    cluster.vpcEndpoints.flatMap(({ id, vpc, dnsNames }) => {
      const addresses = enis.filter(({ owner }) => owner === `vpc-endpoint/${id}`).flatMap((eni) => eni.addresses);
      return dnsNames.flatMap((name) =>
        addressRecords(name, addresses).map((record) => (isEndpointName(record.name) ? record : { ...record, vpc })),
      );
    }),
  );

/** `ID-HASH.SERVICE.REGION.vpce.amazonaws.com`, regional and per zone (PrivateLink guide, endpoint-specific DNS names). */
const isEndpointName = (name: string): boolean => /\.vpce\.amazonaws\.com(\.cn)?$/.test(name);
