import type { OnPremises, Subnet, TransitGateway, VpnGateway } from '../../../fabric/index.ts';
import { type Cidr, cidrCovers, defaultRoute, type Family, familyOf } from '../../../net/index.ts';
import { macFor } from '../cables.ts';
import { answerEverything } from './answer-everything.ts';
import { type Way, waysWithoutCircles } from './circles.ts';
import type { FabricNetns } from './fabric-netns.ts';
import { join, type Lowering, type Via } from './lowering.ts';
import { block, table } from './nft-text.ts';
import type { VpcNetns } from './vpc.ts';

const FAMILIES: readonly Family[] = [4, 6];
const FIRST_TABLE = 1000;
const RULE = 1000;
const LAN_MTU = 1500;

/** The ways out of each VPC, by the id of what they lead to. */
export type Ways = ReadonlyMap<string, Map<string, Via>>;

/**
 * What connects VPCs and networks of one's own:
 *
 *     vpc ── transit gateway ── vpc
 *              │
 *     vpc ── vpn gateway ── customer gateway (a hop) ── lan ── hosts
 */
export function connectNetworks(on: Lowering, vpcs: ReadonlyMap<string, VpcNetns>, ways: Ways): void {
  const networks = new Map(on.fabric.onPremises.map((network) => [network.id, new Network(on, network)]));
  for (const [gateway, tables] of waysWithoutCircles(on.fabric))
    lowerTransitGateway(on, gateway, tables, vpcs, ways, networks);
  for (const gateway of on.fabric.vpnGateways) lowerVpnGateway(on, gateway, vpcs, ways, networks);
  for (const network of networks.values()) network.finish();
}

function lowerTransitGateway(
  on: Lowering,
  gateway: TransitGateway,
  tables: ReadonlyMap<string, readonly Way[]>,
  vpcs: ReadonlyMap<string, VpcNetns>,
  ways: Ways,
  networks: ReadonlyMap<string, Network>,
): void {
  const at = on.netns(gateway.id, `transit-gateway/${gateway.id}`);
  const numbers = new Map([...tables.keys()].map((id, i) => [id, FIRST_TABLE + i]));
  const to = new Map<string, Via>();
  for (const attachment of gateway.attachments) {
    const plug = attachment.to.kind === 'vpc' ? vpcs.get(attachment.to.vpc) : networks.get(attachment.to.network);
    if (plug === undefined) continue;
    const names = { a: attachment.id, b: attachment.id, mtu: attachment.mtu };
    const cable = join(on, plug.netns, at, names);
    to.set(attachment.id, cable.toA);
    if (attachment.to.kind === 'vpc') {
      ways.get(attachment.to.vpc)?.set(gateway.id, cable.toB);
      vpcs.get(attachment.to.vpc)?.attachTransit(cable.a.dev, attachment.id, subnetsOf(on, attachment.to.subnets));
    } else networks.get(attachment.to.network)?.connect(attachment.id, cable.toB);
    const number = attachment.routeTable === null ? undefined : numbers.get(attachment.routeTable);
    const action = number === undefined ? ['blackhole'] : ['lookup', number];
    for (const family of FAMILIES)
      at.of(family).add('rule', 'add', 'from', 'all', 'iif', cable.b.dev, 'priority', RULE, ...action);
  }
  for (const [id, routes] of tables) {
    const way = (attachment: string | null): Via | undefined => (attachment === null ? undefined : to.get(attachment));
    planRoutes(
      at,
      routes.map(({ destination, attachment }) => [destination, way(attachment)]),
      numbers.get(id),
    );
  }
  at.nft.push(SILENT);
}

const subnetsOf = ({ fabric }: Lowering, ids: readonly string[]): readonly Subnet[] =>
  fabric.subnets.filter(({ id }) => ids.includes(id));

/** The first of two for one block holds; what nothing matches is dropped in silence. */
function planRoutes(at: FabricNetns, routes: readonly (readonly [Cidr, Via | undefined])[], number?: number): void {
  const seen = new Set<string>();
  const into = number === undefined ? [] : ['table', number];
  for (const [destination, way] of [...routes, [defaultRoute(4), undefined], [defaultRoute(6), undefined]] as const) {
    if (seen.has(destination.text)) continue;
    seen.add(destination.text);
    const words = way === undefined ? ['blackhole', destination.text] : [destination.text, ...way[destination.family]];
    at.of(destination.family).add('route', 'add', ...words, ...into);
  }
}

/** Nothing passes through a VPC: its gateway carries what the VPC owns (VPC peering guide, edge to edge routing). */
function lowerVpnGateway(
  on: Lowering,
  gateway: VpnGateway,
  vpcs: ReadonlyMap<string, VpcNetns>,
  ways: Ways,
  networks: ReadonlyMap<string, Network>,
): void {
  const vpc = vpcs.get(gateway.vpc);
  const of = on.fabric.vpcs.find(({ id }) => id === gateway.vpc);
  if (vpc === undefined || of === undefined) return;
  const at = on.netns(gateway.id, `vpn-gateway/${gateway.id}`);
  const inside = join(on, vpc.netns, at, {
    a: gateway.id,
    b: 'vpc',
    mtu: Math.max(...gateway.connections.map(({ mtu }) => mtu), 1500),
  });
  ways.get(gateway.vpc)?.set(gateway.id, inside.toB);
  const routes: (readonly [Cidr, Via | undefined])[] = of.cidrs.map((each) => [each, inside.toA]);
  for (const { id, network, mtu } of gateway.connections) {
    const plug = networks.get(network);
    if (plug === undefined) continue;
    const cable = join(on, plug.netns, at, { a: id, b: id, mtu });
    plug.connect(id, cable.toB);
    routes.push(...plug.cidrs.map((each) => [each, cable.toA] as const));
  }
  planRoutes(at, routes);
  const own = (family: Family): string =>
    of.cidrs.flatMap((each) => (each.family === family ? [each.text] : [])).join(', ');
  const guards = FAMILIES.flatMap((family) => {
    const [word, blocks] = [family === 4 ? 'ip' : 'ip6', own(family)];
    const test = (field: string): string => (blocks === '' ? '' : ` ${word} ${field} != { ${blocks} }`);
    return [
      `meta protocol ${word} iifname "${inside.b.dev}"${test('saddr')} drop`,
      `meta protocol ${word} oifname "${inside.b.dev}"${test('daddr')} drop`,
    ];
  });
  at.nft.push(
    table('inet', 'router', [
      block('chain input', ['type filter hook input priority 0; policy drop', NEIGHBOURS]),
      block('chain forward', ['type filter hook forward priority 0; policy accept', ...guards]),
    ]),
  );
}

const NEIGHBOURS = 'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept';
const SILENT = table('inet', 'router', [
  block('chain input', ['type filter hook input priority 0; policy drop', NEIGHBOURS]),
]);

/** A network of one's own: its customer gateway, which counts as a hop, and the wire its hosts share, which does not. */
class Network {
  readonly netns: FabricNetns;
  private readonly on: Lowering;
  private readonly network: OnPremises;
  private readonly ways = new Map<string, Via>();

  constructor(on: Lowering, network: OnPremises) {
    this.on = on;
    this.network = network;
    this.netns = on.netns(network.id, `on-premises/${network.id}`, 'counted');
    this.netns.nft.push(SILENT);
  }

  get cidrs(): readonly Cidr[] {
    return this.network.cidrs;
  }

  connect(connection: string, way: Via): void {
    this.ways.set(connection, way);
  }

  finish(): void {
    const { on, network, netns } = this;
    const lan = on.netns(`lan-${network.id}`, `on-premises-lan/${network.id}`);
    const up = join(on, lan, netns, { a: 'gateway', b: 'lan', mtu: LAN_MTU });
    netns
      .of(familyOf(network.gateway))
      .add('addr', 'add', `${network.gateway}/${familyOf(network.gateway) === 4 ? 32 : 128}`, 'dev', 'lo');
    planRoutes(netns, [
      ...network.cidrs.map((each) => [each, up.toA] as const),
      ...network.routes.map(({ destination, connection }) => [destination, this.ways.get(connection)] as const),
    ]);
    const answering = network.hosts.flatMap((host) => this.plug(lan, host));
    for (const each of network.cidrs) lan.of(each.family).add('route', 'add', 'blackhole', each.text);
    for (const each of this.announcedWithin())
      lan.of(each.family).add('route', 'add', each.text, ...up.toB[each.family]);
    for (const family of FAMILIES) lan.of(family).add('route', 'add', 'default', ...up.toB[family]);
    if (answering.length > 0) lan.nft.push(answerEverything('lan', answering, lan.speaks6));
  }

  /** What lies in a block of its own, and its connections lead to: a summary is announced for more than the network has. */
  private announcedWithin(): readonly Cidr[] {
    const { cidrs, routes } = this.network;
    const within = routes.filter(({ destination }) => cidrs.some((block) => cidrCovers(block, destination)));
    return [...new Map(within.map(({ destination }) => [destination.text, destination])).values()];
  }

  private plug(
    lan: FabricNetns,
    { netns, dev, addresses }: OnPremises['hosts'][number],
  ): (readonly [string, string])[] {
    const end = this.on.worldDevice(netns, dev);
    if (end === undefined) return [];
    const mac = macFor(`${lan.label} to ${netns} ${dev}`);
    const port = this.on.wiring.device({ netns: lan.name, wanted: netns, mac, mtu: Math.max(LAN_MTU, end.mtu) });
    this.on.wiring.connect(end, port);
    for (const address of addresses) {
      const lines = lan.of(familyOf(address));
      lines.add('neigh', 'replace', address, 'dev', port.dev, 'lladdr', end.mac, 'nud', 'permanent');
      lines.add('route', 'add', `${address}/${familyOf(address) === 4 ? 32 : 128}`, 'dev', port.dev);
    }
    return [[port.dev, mac]];
  }
}
