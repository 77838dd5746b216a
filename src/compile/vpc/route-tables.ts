import type { Cluster, OnPremisesSpec, VpcEndpointSpec, VpcSpec } from '../../cluster/index.ts';
import type { RouteTable, RouteTarget, VpcRoute } from '../../fabric/index.ts';

/** Ids of everything a route may point at. */
export interface RouteTargets {
  readonly internetGateways: ReadonlySet<string>;
  readonly natGateways: ReadonlySet<string>;
  readonly peerings: ReadonlySet<string>;
  readonly transitGateways: ReadonlySet<string>;
  readonly vpnGateways: ReadonlySet<string>;
  readonly enis: ReadonlySet<string>;
}

/**
 * A VPC's route tables. Every associated block has its `local` route in each of them; a target that is gone leaves a
 * `blackhole`, which drops and does not fall through to a shorter prefix (Amazon VPC user guide, Route tables).
 */
export function routeTables(
  { network, vpcEndpoints, onPremises }: Described,
  targets: RouteTargets,
): readonly RouteTable[] {
  return network.vpcs.flatMap((vpc) =>
    vpc.routeTables.map((table) => ({
      id: table.id,
      vpc: vpc.id,
      routes: [
        ...localRoutes(vpc),
        ...table.routes.map(
          ({ destination, target, source }): VpcRoute => ({
            destination,
            target: routeTarget(target, targets),
            state: target === 'blackhole' ? 'blackhole' : 'active',
            origin: { by: `route table ${table.id}`, at: source },
          }),
        ),
        ...vpcEndpoints.filter(({ routeTables: tables }) => tables.includes(table.id)).flatMap(prefixListRoutes),
        ...(table.propagatingVgws ?? []).flatMap((gateway) => propagatedRoutes(onPremises, gateway)),
      ],
    })),
  );
}

type Described = Pick<Cluster, 'network' | 'vpcEndpoints' | 'onPremises'>;

/** A gateway endpoint's route stands after a static one for the same block (VPC guide, route priority). */
const prefixListRoutes = ({ id, cidrs, type, source }: VpcEndpointSpec): readonly VpcRoute[] =>
  (type === 'Gateway' ? cidrs : []).map((destination) => ({
    destination,
    target: { kind: 'vpc-endpoint', id },
    state: 'active',
    origin: { by: `endpoint ${id}`, at: source },
  }));

/** What a VPN gateway learned over its connections: the last choice for a block. */
const propagatedRoutes = (networks: readonly OnPremisesSpec[], gateway: string): readonly VpcRoute[] =>
  networks
    .filter(({ connections }) => connections.some((connection) => connection.gateway === gateway))
    .flatMap(({ cidrs, source }) =>
      cidrs.map(
        (destination): VpcRoute => ({
          destination,
          target: { kind: 'vpn-gateway', id: gateway },
          state: 'active',
          origin: { by: `propagated by ${gateway}`, at: source },
        }),
      ),
    );

const localRoutes = (vpc: VpcSpec): readonly VpcRoute[] =>
  vpc.cidrs.map((destination) => ({
    destination,
    target: { kind: 'local' },
    state: 'active',
    origin: { by: `VPC ${vpc.id}`, at: vpc.source },
  }));

/** Ids nobody described are kept as text: a packet that takes the route is `unknown`. */
function routeTarget(id: string, targets: RouteTargets): RouteTarget {
  if (id === 'local') return { kind: 'local' };
  if (targets.internetGateways.has(id)) return { kind: 'internet-gateway', id };
  if (targets.natGateways.has(id)) return { kind: 'nat-gateway', id };
  if (targets.peerings.has(id)) return { kind: 'vpc-peering', id };
  if (targets.transitGateways.has(id)) return { kind: 'transit-gateway', id };
  if (targets.vpnGateways.has(id)) return { kind: 'vpn-gateway', id };
  if (targets.enis.has(id)) return { kind: 'network-interface', id };
  if (id.startsWith('eigw-')) return { kind: 'egress-only-internet-gateway', id };
  return { kind: 'unsupported', text: id };
}
