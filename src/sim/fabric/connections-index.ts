import type {
  Fabric,
  OnPremises,
  Subnet,
  TransitGateway,
  TransitGatewayAttachment,
  VpcEndpoint,
  VpnGateway,
} from '../../fabric/index.ts';
import { type Ip, PrefixTrie } from '../../net/index.ts';

type VpnConnection = VpnGateway['connections'][number];
type TransitRoute = TransitGateway['routeTables'][number]['routes'][number];

/** Where a connection of an on-premises network ends on the side of AWS. */
export type ConnectionEnd =
  | { readonly kind: 'vpn-gateway'; readonly gateway: VpnGateway; readonly mtu: number }
  | {
      readonly kind: 'transit-gateway';
      readonly gateway: TransitGateway;
      readonly attachment: TransitGatewayAttachment;
      readonly mtu: number;
    };

/** A way out of a transit gateway into a VPC: attachment subnets that no packet is treated differently by. */
export interface Exit {
  /** Of the attachment's subnets. */
  readonly p: number;
  readonly label: string;
  readonly subnets: readonly Subnet[];
}

/** What connects VPCs to more than the internet, looked up by what packets carry. */
export interface ConnectionsIndex {
  transitGateway(id: string): TransitGateway | undefined;
  attachment(gateway: string, id: string): TransitGatewayAttachment | undefined;
  /** None for what is not attached to a VPC, or whose subnets the input does not describe. */
  exits(gateway: string, attachment: string): readonly Exit[];
  /** Longest prefix; of equal ones the first (transit gateways guide, route evaluation order). */
  transitRoute(gateway: string, table: string, dst: Ip): TransitRoute | undefined;
  vpnGateway(id: string): VpnGateway | undefined;
  /**
   * The connection by which a VPN gateway learned the longest block with the destination; of equal ones the preferred
   * (Site-to-Site VPN guide, route priority).
   */
  vpnConnection(gateway: string, dst: Ip): VpnConnection | undefined;
  onPremises(id: string): OnPremises | undefined;
  onPremisesHost(network: string, address: Ip): OnPremises['hosts'][number] | undefined;
  /**
   * Where the routes of a network lead: `inside`, as one of its own blocks is the longest with the destination, or over the
   * connection that announced a longer one (RFC 1812 5.2.4.3).
   */
  onPremisesRoute(network: string, dst: Ip): 'inside' | ConnectionEnd | undefined;
  endpoint(id: string): VpcEndpoint | undefined;
  readonly gatewayEndpoints: readonly VpcEndpoint[];
}

const byId = <T extends { readonly id: string }>(items: readonly T[]): ReadonlyMap<string, T> =>
  new Map(items.map((item) => [item.id, item]));

export function indexConnections(fabric: Fabric): ConnectionsIndex {
  const transit = new Map(fabric.transitGateways.map((gateway) => [gateway.id, indexTransitGateway(fabric, gateway)]));
  const vpn = byId(fabric.vpnGateways);
  const networks = byId(fabric.onPremises);
  const hosts = new Map(
    fabric.onPremises.flatMap(({ id, hosts: own }) =>
      own.flatMap((host) => host.addresses.map((address) => [`${id} ${address}`, host] as const)),
    ),
  );
  const ends = connectionEnds(fabric);
  const routes = new Map(fabric.onPremises.map((network) => [network.id, customerRoutes(network)]));
  const learned = new Map(fabric.vpnGateways.map((gateway) => [gateway.id, learnedBy(gateway, networks)]));
  const endpoints = byId(fabric.vpcEndpoints);
  return {
    transitGateway: (id) => transit.get(id)?.gateway,
    attachment: (gateway, id) => transit.get(gateway)?.attachments.get(id),
    exits: (gateway, attachment) => transit.get(gateway)?.exits.get(attachment) ?? NO_EXITS,
    transitRoute: (gateway, table, dst) => transit.get(gateway)?.tables.get(table)?.longest(dst),
    vpnGateway: (id) => vpn.get(id),
    vpnConnection: (gateway, dst) => learned.get(gateway)?.longest(dst),
    onPremises: (id) => networks.get(id),
    onPremisesHost: (network, address) => hosts.get(`${network} ${address}`),
    onPremisesRoute: (network, dst) => {
      const found = routes.get(network)?.longest(dst);
      return found === undefined || found === 'inside' ? found : ends.get(found.connection);
    },
    endpoint: (id) => endpoints.get(id),
    gatewayEndpoints: fabric.vpcEndpoints.filter(({ kind }) => kind === 'gateway'),
  };
}

const NO_EXITS: readonly Exit[] = [];

function indexTransitGateway(fabric: Fabric, gateway: TransitGateway) {
  return {
    gateway,
    exits: new Map(
      gateway.attachments.map(({ id, to }) => [id, to.kind === 'vpc' ? exitsOf(fabric, to.subnets) : NO_EXITS]),
    ),
    attachments: byId(gateway.attachments),
    tables: new Map(gateway.routeTables.map(({ id, routes }) => [id, trieOf(routes)])),
  };
}

/**
 * Its route table decides, then its network ACL, which is not asked about what stays inside the subnet: one with an ACL where
 * others stand too is a way of its own. In whatever order the attachment has them.
 */
function exitsOf({ subnets, networkAcls, enis, natGateways }: Fabric, ids: readonly string[]): readonly Exit[] {
  const known = subnets.filter(({ id }) => ids.includes(id)).toSorted((a, b) => (a.zone < b.zone ? -1 : 1));
  const ways = new Map<string, Subnet[]>();
  for (const subnet of known) {
    const { id, routeTable } = subnet;
    const acl = networkAcls.find((each) => each.subnets.includes(id))?.id ?? '';
    const isShared = [...enis, ...natGateways].some((each) => each.subnet === id);
    const key = JSON.stringify([routeTable, acl, acl !== '' && isShared ? id : '']);
    ways.set(key, [...(ways.get(key) ?? []), subnet]);
  }
  return [...ways.values()].map((way) => ({
    p: way.length / known.length,
    label: way.map(({ zone }) => zone).join(', '),
    subnets: way,
  }));
}

function trieOf<T extends { readonly destination: Parameters<PrefixTrie<T>['add']>[0] }>(
  routes: readonly T[],
): PrefixTrie<T> {
  const trie = new PrefixTrie<T>();
  for (const route of routes) trie.add(route.destination, route);
  return trie;
}

type Announced = 'inside' | { readonly connection: string };

/** By a network's own blocks, then by what its connections announced. */
function customerRoutes({ cidrs, routes }: OnPremises): PrefixTrie<Announced> {
  const trie = new PrefixTrie<Announced>();
  for (const block of cidrs) trie.add(block, 'inside');
  for (const { destination, connection } of routes) trie.add(destination, { connection });
  return trie;
}

function learnedBy({ connections }: VpnGateway, networks: ReadonlyMap<string, OnPremises>): PrefixTrie<VpnConnection> {
  const trie = new PrefixTrie<VpnConnection>();
  for (const connection of connections)
    for (const block of networks.get(connection.network)?.cidrs ?? []) trie.add(block, connection);
  return trie;
}

function connectionEnds({ vpnGateways, transitGateways }: Fabric): ReadonlyMap<string, ConnectionEnd> {
  const ends = new Map<string, ConnectionEnd>();
  for (const gateway of vpnGateways)
    for (const { id, mtu } of gateway.connections) ends.set(id, { kind: 'vpn-gateway', gateway, mtu });
  for (const gateway of transitGateways)
    for (const attachment of gateway.attachments)
      if (attachment.to.kind === 'on-premises')
        ends.set(attachment.id, { kind: 'transit-gateway', gateway, attachment, mtu: attachment.mtu });
  return ends;
}
