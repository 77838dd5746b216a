import type { Cluster, OnPremisesSpec, ServerSpec, TransitGatewaySpec } from '../../cluster/index.ts';
import type {
  OnPremises,
  TransitGateway,
  TransitGatewayAttachment,
  TransitGatewayRouteTable,
  VpnGateway,
} from '../../fabric/index.ts';
import { type Cidr, cidrNth } from '../../net/index.ts';
import { HOST_DEVICE } from '../node/compile-host.ts';
import { hostNetns } from '../node/names.ts';

/** Of VPC attachments (EC2 guide, network MTU). */
const TRANSIT_MTU = 8500;

type Connection = OnPremisesSpec['connections'][number];

/** Direct Connect before VPN, otherwise as given (Site-to-Site VPN guide, route priority). */
const byPreference = (a: { readonly kind: Connection['kind'] }, b: typeof a): number =>
  Number(a.kind === 'vpn') - Number(b.kind === 'vpn');

const connectionsTo = (cluster: Cluster, gateway: string) =>
  cluster.onPremises
    .flatMap(({ name, connections }) => connections.map((connection) => ({ ...connection, network: name })))
    .filter((connection) => connection.gateway === gateway)
    .sort(byPreference);

/**
 * Transit gateways with what their route tables learned. Without given route tables there is the default one: every
 * attachment is associated with it and propagates to it (Amazon VPC transit gateways guide, How transit gateways work).
 */
export const transitGateways = (cluster: Cluster): readonly TransitGateway[] =>
  cluster.transitGateways.map((spec) => {
    const standard = spec.routeTables.length === 0 ? `${spec.id}-default` : null;
    const attachments = attachmentsOf(cluster, spec, standard);
    return {
      id: spec.id,
      attachments,
      routeTables:
        standard === null
          ? spec.routeTables.map((table) => routeTable(cluster, spec, attachments, table))
          : [{ id: standard, routes: learned(cluster, spec, attachments) }],
      origin: { by: 'input', at: spec.source },
    };
  });

function attachmentsOf(
  cluster: Cluster,
  spec: TransitGatewaySpec,
  standard: string | null,
): readonly TransitGatewayAttachment[] {
  return [
    ...spec.attachments.map(({ id, vpc, subnets, routeTable: table, applianceMode, source }) => ({
      id,
      routeTable: table ?? standard,
      mtu: TRANSIT_MTU,
      to: { kind: 'vpc', vpc, subnets, applianceMode } as const,
      origin: { by: 'input', at: source },
    })),
    ...connectionsTo(cluster, spec.id).map(({ id, kind, network, mtu, routeTable: table, source }) => ({
      id,
      routeTable: table ?? standard,
      mtu,
      to: { kind: 'on-premises', network, over: kind } as const,
      origin: { by: 'input', at: source },
    })),
  ];
}

function routeTable(
  cluster: Cluster,
  gateway: TransitGatewaySpec,
  attachments: readonly TransitGatewayAttachment[],
  { id, routes, propagations }: TransitGatewaySpec['routeTables'][number],
): TransitGatewayRouteTable {
  const propagating = attachments.filter((attachment) => propagations.includes(attachment.id));
  return {
    id,
    routes: [
      ...routes.map(({ destination, attachment, source }) => ({
        destination,
        attachment: attachment === 'blackhole' ? null : attachment,
        origin: { by: `route table ${id}`, at: source },
      })),
      ...learned(cluster, gateway, propagating),
    ],
  };
}

/** A VPC propagates its blocks, a connection what the customer gateway announces. */
const learned = (
  cluster: Cluster,
  { id }: TransitGatewaySpec,
  attachments: readonly TransitGatewayAttachment[],
): TransitGatewayRouteTable['routes'] =>
  attachments.flatMap((attachment) =>
    blocksOf(cluster, attachment).map((destination) => ({
      destination,
      attachment: attachment.id,
      origin: {
        by: `propagated to ${id}`,
        ...(attachment.origin?.at === undefined ? {} : { at: attachment.origin.at }),
      },
    })),
  );

function blocksOf({ network, onPremises: networks }: Cluster, { to }: TransitGatewayAttachment): readonly Cidr[] {
  if (to.kind === 'vpc') return network.vpcs.find(({ id }) => id === to.vpc)?.cidrs ?? [];
  return networks.find(({ name }) => name === to.network)?.cidrs ?? [];
}

export const vpnGateways = (cluster: Cluster): readonly VpnGateway[] =>
  cluster.network.vpcs.flatMap(({ id: vpc, vpnGateway: id, source }) =>
    id === undefined
      ? []
      : [
          {
            id,
            vpc,
            connections: connectionsTo(cluster, id).map(({ id: of, network, kind, mtu }) => ({
              id: of,
              network,
              over: kind,
              mtu,
            })),
            origin: { by: 'input', at: source },
          },
        ],
  );

/** Networks of one's own. Their customer gateways learn a VPC's blocks, or what the transit gateway's route table has. */
export function onPremises(
  cluster: Cluster,
  servers: readonly ServerSpec[],
  gateways: readonly TransitGateway[],
): readonly OnPremises[] {
  return cluster.onPremises.map((spec) => ({
    id: spec.name,
    cidrs: spec.cidrs,
    // The schema wants one block at least.
    gateway: spec.gatewayIp ?? cidrNth(spec.cidrs[0] as Cidr, 1),
    hosts: servers
      .filter(({ kind, network }) => kind === 'on-premises' && network === spec.name)
      .map(({ name, addresses }) => ({ netns: hostNetns(name), dev: HOST_DEVICE, addresses })),
    routes: [...spec.connections].sort(byPreference).flatMap((connection) =>
      announced(cluster, gateways, connection)
        .filter((destination) => !spec.cidrs.some((own) => own.text === destination.text))
        .map((destination) => ({ destination, connection: connection.id })),
    ),
    origin: { by: 'input', at: spec.source },
  }));
}

function announced(
  cluster: Cluster,
  gateways: readonly TransitGateway[],
  { id, gateway }: Connection,
): readonly Cidr[] {
  const vpc = cluster.network.vpcs.find(({ vpnGateway }) => vpnGateway === gateway);
  if (vpc !== undefined) return vpc.cidrs;
  const transit = gateways.find((each) => each.id === gateway);
  const table = transit?.attachments.find((attachment) => attachment.id === id)?.routeTable;
  const routes = transit?.routeTables.find((each) => each.id === table)?.routes ?? [];
  return routes.flatMap(({ destination, attachment }) => (attachment === null ? [] : [destination]));
}
