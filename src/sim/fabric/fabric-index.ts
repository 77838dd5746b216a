import {
  type ControlPlane,
  type Eni,
  type EniService,
  eniServices,
  type Fabric,
  type InternetGateway,
  type InternetHost,
  type KnownStandIn,
  type LoadBalancer,
  localFirst,
  type NatGateway,
  type RouteTable,
  resolverAddresses,
  type Subnet,
  standInLookup,
  type TargetGroup,
  type Vpc,
  type VpcPeering,
  type VpcRoute,
} from '../../fabric/index.ts';
import { type Cidr, cidrContains, type Ip, PrefixTrie } from '../../net/index.ts';
import { NestedMap } from '../nested-map.ts';
import type { Attachment } from '../types.ts';
import { type ConnectionsIndex, indexConnections } from './connections-index.ts';
import { type FilterIndex, indexFilters } from './filters/filter-index.ts';

/** What is around an ENI: every packet it sends asks for all of this. */
export interface Surroundings {
  /** Undefined: the input has no such subnet. */
  readonly subnet: Subnet | undefined;
  /** ENIs of the subnet, by MAC. */
  readonly neighbours: ReadonlyMap<string, Eni>;
  /** Addresses of its VPC's resolver. */
  readonly resolvers: ReadonlySet<Ip>;
}

/** A fabric, looked up by what packets carry. Built once per fabric. */
export interface FabricIndex {
  readonly fabric: Fabric;
  /** Absent where nothing filters. */
  readonly filters: FilterIndex | undefined;
  /** Where the devices of a namespace lead. */
  attachments(netns: string): ReadonlyMap<string, Attachment>;
  /** True when the ENI may send from, or receive for, `address`. */
  owns(eni: Eni, address: Ip): boolean;
  surroundings(eni: Eni): Surroundings;
  eni(id: string): Eni | undefined;
  internetHost(address: Ip): InternetHost | undefined;
  /** Whose public address it is that the input does not give. */
  standIn(address: Ip): KnownStandIn | undefined;
  /** Whose public endpoint has an address. */
  controlPlaneAt(address: Ip): ControlPlane | undefined;
  /** Who owns `address` in a VPC: as primary, secondary, or inside a delegated prefix. */
  eniOwning(vpc: string, address: Ip): Eni | undefined;
  /** What a public address is mapped to by an internet gateway. */
  publicOwner(
    address: Ip,
  ):
    | { readonly kind: 'eni'; readonly eni: Eni; readonly inside: Ip }
    | { readonly kind: 'nat-gateway'; readonly gateway: NatGateway }
    | undefined;
  subnet(id: string): Subnet | undefined;
  /** The VPC one of whose blocks holds a public address: IPv6, or IPv4 space a VPC brought along. */
  vpcHolding(address: Ip): Vpc | undefined;
  /** What is described about an ENI, its subnet or its VPC and not modelled: no packet may pass it in silence. */
  unmodelledAt(eni: Eni): string | undefined;
  unmodelled(kind: 'vpc' | 'subnet' | 'eni', id: string): string | undefined;
  vpc(id: string): Vpc | undefined;
  /** Addresses of a VPC nobody described whose owners are known; undefined: all there are. */
  shownIn(vpc: string): ReadonlySet<Ip> | undefined;
  natGateway(id: string): NatGateway | undefined;
  peering(id: string): VpcPeering | undefined;
  loadBalancer(id: string): LoadBalancer | undefined;
  targetGroup(id: string): TargetGroup | undefined;
  internetGatewayOf(vpc: string): InternetGateway | undefined;
  internetGateway(id: string): InternetGateway | undefined;
  natGatewayAt(vpc: string, privateIp: Ip): NatGateway | undefined;
  /** Longest prefix wins; `local` cannot be overridden by an equal route. */
  lookup(routeTable: string, destination: Ip): VpcRoute | undefined;
  routeTable(id: string): RouteTable | undefined;
  readonly connections: ConnectionsIndex;
  /** What answers behind ENIs of an owner, where no namespace is attached. */
  service(owner: string): EniService | undefined;
}

const indexes = new WeakMap<Fabric, FabricIndex>();

export function indexFabric(fabric: Fabric): FabricIndex {
  const known = indexes.get(fabric);
  if (known !== undefined) return known;
  const made = build(fabric);
  indexes.set(fabric, made);
  return made;
}

const byId = <T extends { readonly id: string }>(items: readonly T[]): ReadonlyMap<string, T> =>
  new Map(items.map((item) => [item.id, item]));

const byAddress = <T>(items: readonly T[], of: (item: T) => readonly Ip[]): ReadonlyMap<Ip, T> =>
  new Map(items.flatMap((item) => of(item).map((address) => [address, item] as const)));

const indexShown = ({ vpcs }: Fabric): ReadonlyMap<string, ReadonlySet<Ip>> =>
  new Map(vpcs.flatMap(({ id, shown }) => (shown === undefined ? [] : [[id, new Set(shown)]])));

function build(fabric: Fabric): FabricIndex {
  const subnets = byId(fabric.subnets);
  const vpcs = byId(fabric.vpcs);
  const natGateways = byId(fabric.natGateways);
  const peerings = byId(fabric.peerings);
  const loadBalancers = byId(fabric.loadBalancers);
  const targetGroups = byId(fabric.targetGroups);
  const gateways = byId(fabric.internetGateways);
  const tables = byId(fabric.routeTables);
  const gatewayOfVpc = new Map(fabric.internetGateways.map((gateway) => [gateway.vpc, gateway]));
  const attached = indexAttachments(fabric);
  const owned = indexOwned(fabric);
  const internetByIp = byAddress(fabric.internetHosts, ({ addresses }) => addresses);
  const endpoints = byAddress(fabric.controlPlanes, ({ publicAddresses }) => publicAddresses);
  const owners = indexOwners(fabric, subnets);
  const natByPrivate = indexNat(fabric, subnets);
  const [publics, shown] = [indexPublic(fabric), indexShown(fabric)];
  const unmodelled = new Map(fabric.unmodelled.map(({ scope, what }) => [`${scope.kind} ${scope.id}`, what]));
  const enis = byId(fabric.enis);
  const surroundings = indexSurroundings(fabric, subnets);
  const services = new Map(eniServices(fabric).map((service) => [service.owner, service]));
  const routes = new Map(fabric.routeTables.map((table) => [table.id, indexRoutes(table)]));
  return {
    fabric,
    filters: indexFilters(fabric),
    attachments: (netns) => attached.inner(netns) ?? NOWHERE,
    owns: (eni, address) => owned(eni, address),
    standIn: standInLookup(fabric),
    controlPlaneAt: (address) => endpoints.get(address),
    internetHost: (address) => internetByIp.get(address),
    eniOwning: (vpc, address) => owners(vpc, address),
    publicOwner: (address) => publics.get(address),
    eni: (id) => enis.get(id),
    surroundings,
    unmodelled: (kind, id) => unmodelled.get(`${kind} ${id}`),
    unmodelledAt: (eni) =>
      unmodelled.size === 0
        ? undefined
        : (unmodelled.get(`eni ${eni.id}`) ??
          unmodelled.get(`subnet ${eni.subnet}`) ??
          unmodelled.get(`vpc ${subnets.get(eni.subnet)?.vpc ?? ''}`)),
    vpcHolding: (address) => fabric.vpcs.find((vpc) => vpc.cidrs.some((block) => cidrContains(block, address))),
    subnet: (id) => subnets.get(id),
    vpc: (id) => vpcs.get(id),
    shownIn: (id) => shown.get(id),
    natGateway: (id) => natGateways.get(id),
    peering: (id) => peerings.get(id),
    loadBalancer: (id) => loadBalancers.get(id),
    targetGroup: (id) => targetGroups.get(id),
    internetGatewayOf: (vpc) => gatewayOfVpc.get(vpc),
    internetGateway: (id) => gateways.get(id),
    natGatewayAt: (vpc, privateIp) => natByPrivate.get(vpc, privateIp),
    lookup: (table, destination) => routes.get(table)?.longest(destination),
    routeTable: (id) => tables.get(id),
    connections: indexConnections(fabric),
    service: (owner) => services.get(owner),
  };
}

/** By namespace, then by device; a wire before an ENI before the internet. */
function indexAttachments(fabric: Fabric): NestedMap<Attachment> {
  const attached = new NestedMap<Attachment>();
  for (const { netns, dev } of fabric.internetHosts) attached.set(netns, dev, { kind: 'internet' });
  for (const { id, hosts } of fabric.onPremises)
    for (const { netns, dev } of hosts) attached.set(netns, dev, { kind: 'on-premises', network: id });
  for (const eni of fabric.enis) {
    if (eni.attachment !== null) attached.set(eni.attachment.netns, eni.attachment.dev, { kind: 'eni', eni });
  }
  for (const { a, b } of fabric.wires) {
    attached.set(a.netns, a.dev, { kind: 'wire', peer: b });
    attached.set(b.netns, b.dev, { kind: 'wire', peer: a });
  }
  return attached;
}

function indexOwners(
  fabric: Fabric,
  subnets: ReadonlyMap<string, Subnet>,
): (vpc: string, address: Ip) => Eni | undefined {
  const exact = new NestedMap<Eni>();
  const prefixes = new Map<string, PrefixTrie<Eni>>();
  for (const eni of fabric.enis) {
    const vpc = subnets.get(eni.subnet)?.vpc ?? '';
    for (const address of eni.addresses) exact.set(vpc, address, eni);
    for (const prefix of eni.prefixes) {
      const trie = prefixes.get(vpc) ?? new PrefixTrie<Eni>();
      prefixes.set(vpc, trie);
      trie.add(prefix, eni);
    }
  }
  return (vpc, address) => exact.get(vpc, address) ?? prefixes.get(vpc)?.longest(address);
}

function indexPublic(fabric: Fabric): ReadonlyMap<Ip, NonNullable<ReturnType<FabricIndex['publicOwner']>>> {
  const publics = new Map<Ip, NonNullable<ReturnType<FabricIndex['publicOwner']>>>();
  for (const eni of fabric.enis)
    for (const [inside, outside] of eni.publicAddresses) publics.set(outside, { kind: 'eni', eni, inside });
  for (const gateway of fabric.natGateways)
    if (gateway.publicIp !== null) publics.set(gateway.publicIp, { kind: 'nat-gateway', gateway });
  return publics;
}

/** By VPC, then by private address. */
function indexNat({ natGateways }: Fabric, subnets: ReadonlyMap<string, Subnet>): NestedMap<NatGateway> {
  const found = new NestedMap<NatGateway>();
  for (const gateway of natGateways) found.set(subnets.get(gateway.subnet)?.vpc ?? '', gateway.privateIp, gateway);
  return found;
}

function indexRoutes(table: RouteTable): PrefixTrie<VpcRoute> {
  const trie = new PrefixTrie<VpcRoute>();
  for (const route of localFirst(table.routes)) trie.add(route.destination, route);
  return trie;
}

function indexSurroundings(fabric: Fabric, subnets: ReadonlyMap<string, Subnet>): (eni: Eni) => Surroundings {
  const resolvers = new Map(fabric.vpcs.map((vpc) => [vpc.id, new Set(resolverAddresses(vpc))]));
  const byMac = new NestedMap<Eni>();
  for (const eni of fabric.enis) byMac.set(eni.subnet, eni.mac, eni);
  const around = (id: string): Surroundings => {
    const subnet = subnets.get(id);
    const neighbours = byMac.inner(id) ?? NO_ENIS;
    return { subnet, neighbours, resolvers: resolvers.get(subnet?.vpc ?? '') ?? NO_ADDRESSES };
  };
  const bySubnet = new Map(fabric.subnets.map(({ id }) => [id, around(id)]));
  return ({ subnet }) => bySubnet.get(subnet) ?? around(subnet);
}

const NO_ADDRESSES: ReadonlySet<Ip> = new Set();
const NO_ENIS: ReadonlyMap<string, Eni> = new Map();
const NOWHERE: ReadonlyMap<string, Attachment> = new Map();

function indexOwned(fabric: Fabric): (eni: Eni, address: Ip) => boolean {
  const addresses = new Map(fabric.enis.map(({ id, addresses: own }) => [id, new Set(own)]));
  return (eni, address) =>
    addresses.get(eni.id)?.has(address) === true || eni.prefixes.some((prefix: Cidr) => cidrContains(prefix, address));
}
