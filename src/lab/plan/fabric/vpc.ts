import {
  type Eni,
  localFirst,
  type NatGateway,
  type RouteTable,
  type RouteTarget,
  resolverAddresses,
  type Subnet,
  type Vpc,
  type VpcRoute,
} from '../../../fabric/index.ts';
import { cidrsOverlap, defaultRoute, familyOf, LINK_LOCAL, NAT64 } from '../../../net/index.ts';
import type { CableEnd } from '../cables.ts';
import type { FabricNetns } from './fabric-netns.ts';
import { lowerFilters } from './filters/lower-filters.ts';
import type { Idle, KeptClients } from './load-balancers/kept-clients.ts';
import { join, type Lowering, type Via } from './lowering.ts';
import { mappingService } from './mapping-service.ts';
import { block, table } from './nft-text.ts';
import { DELIVERY, makePort, type Port, PRIORITY, planPort, viaPort } from './port.ts';

const MTU = 9001;
const FIRST_TABLE = 1000;

/**
 * A VPC as one namespace. Each ENI is a cable to a port; each subnet's route table is a table of the kernel that packets
 * from its ports consult, each route table's `local` hands over to the delivery table:
 *
 *     rule 100   to the resolver           lookup 90
 *     rule 1000  iif PORT                  lookup 1000+n   the subnet's route table; `local` is a throw route
 *     rule 2000  from all                  lookup 100      every address, by the ENI that owns it
 */
export class VpcNetns {
  readonly netns: FabricNetns;
  readonly id: string;
  private readonly ports: Port[] = [];
  private readonly kept: KeptClients[] = [];
  private readonly byEni = new Map<string, Port>();
  private readonly natPorts = new Map<string, Port>();
  private readonly tables: ReadonlyMap<string, number>;
  private readonly forwardRules: string[] = [];
  private readonly transits: string[] = [];
  private readonly on: Lowering;
  private readonly vpc: Vpc;

  constructor(on: Lowering, vpc: Vpc) {
    this.on = on;
    this.vpc = vpc;
    this.id = vpc.id;
    this.netns = on.netns(vpc.id, `vpc/${vpc.id}`);
    const tables = on.fabric.routeTables.filter((each) => each.vpc === vpc.id);
    this.tables = new Map(tables.map((each, i) => [each.id, FIRST_TABLE + i]));
    for (const { scope, what } of on.fabric.unmodelled)
      if (this.holds(scope))
        this.netns.gap(`${scope.kind} ${scope.id}: ${what}`, 'the model does not decide it either');
    if (vpc.shown !== undefined)
      this.netns.gap(
        `vpc ${vpc.id}: who has the addresses the input gives to nobody`,
        'the model does not decide it either',
      );
  }

  private holds(scope: { readonly kind: string; readonly id: string }, vpc: string = this.vpc.id): boolean {
    if (scope.kind === 'vpc') return scope.id === vpc;
    const subnet = scope.kind === 'subnet' ? scope.id : this.on.fabric.enis.find((eni) => eni.id === scope.id)?.subnet;
    return this.on.fabric.subnets.some((each) => each.id === subnet && each.vpc === vpc);
  }

  /** Plugs a card of this VPC in: `far` is the device that is the ENI. */
  plug(
    eni: Pick<
      Eni,
      'id' | 'subnet' | 'addresses' | 'prefixes' | 'mac' | 'sourceDestCheck' | 'securityGroups' | 'mtu' | 'routerMac'
    >,
    far: CableEnd,
  ): void {
    const subnet = this.on.fabric.subnets.find((each) => each.id === eni.subnet);
    if (subnet === undefined) return;
    const mtu = Math.max(eni.mtu, far.mtu);
    const end = this.on.wiring.device({
      netns: this.netns.name,
      wanted: eni.id,
      mac: eni.routerMac ?? subnet.routerMac,
      mtu,
    });
    this.on.wiring.connect(far, end);
    const port = makePort(eni, subnet, end);
    this.ports.push(port);
    this.byEni.set(eni.id, port);
    planPort(this.netns, port, this.tables.get(subnet.routeTable) ?? DELIVERY);
  }

  plugNatGateway(gateway: NatGateway, eni: Parameters<VpcNetns['plug']>[0], far: CableEnd): void {
    this.plug(eni, far);
    const port = this.byEni.get(eni.id);
    if (port !== undefined) this.natPorts.set(gateway.id, port);
  }

  /** Answers to clients whose address a load balancer's ENI kept go back to that ENI as they leave the target's. */
  bringAnswers({ id }: Pick<Eni, 'id'>, idle: Idle): void {
    const port = this.byEni.get(id);
    if (port !== undefined) this.kept.push({ port, idle });
  }

  /** The Amazon-provided DNS server: no route table is consulted for it. */
  plugResolver(to: FabricNetns): void {
    const { toA, toB } = join(this.on, this.netns, to, { a: 'resolver', b: 'eth0', mtu: MTU });
    for (const family of [4, 6] as const) {
      for (const address of resolverAddresses(this.vpc)) {
        if (familyOf(address) !== family) continue;
        const lines = this.netns.of(family);
        lines.add('rule', 'add', 'from', 'all', 'to', address, 'priority', PRIORITY.resolver, 'lookup', RESOLVER);
        lines.add('route', 'add', address, ...toB[family], 'table', RESOLVER);
        to.of(family).add('addr', 'add', `${address}/${family === 4 ? 32 : 128}`, 'dev', 'lo');
      }
      to.of(family).add('route', 'add', 'default', ...toA[family]);
    }
  }

  /** Only traffic between the two VPCs themselves crosses a peering: it is not transitive (VPC peering guide). */
  guardPeering(dev: string, other: Vpc): void {
    this.sayMiddleboxes(other);
    for (const [family, word] of [
      [4, 'ip'],
      [6, 'ip6'],
    ] as const) {
      const blocks = (of: Vpc): string =>
        of.cidrs.flatMap((each) => (each.family === family ? [each.text] : [])).join(', ');
      for (const [field, of] of [
        ['saddr', this.vpc],
        ['daddr', other],
      ] as const) {
        const allowed = blocks(of);
        const test = allowed === '' ? '' : ` ${word} ${field} != { ${allowed} }`;
        this.forwardRules.push(`meta protocol ${word} oifname "${dev}"${test} drop`);
      }
    }
  }

  /**
   * A cable to a transit gateway: what comes by it is looked up in the route table of the attachment's subnets, and only what
   * is from one of their zones gets in.
   */
  attachTransit(dev: string, attachment: string, subnets: readonly Subnet[]): void {
    const [first] = subnets;
    const number = this.tables.get(first?.routeTable ?? '');
    if (number === undefined) return;
    this.transits.push(dev);
    if (new Set(subnets.map(({ routeTable }) => routeTable)).size > 1)
      this.netns.gap(`attachment ${attachment}`, 'its subnets have several route tables: the lab asks the first');
    const filtered = this.on.fabric.networkAcls.find((acl) => subnets.some(({ id }) => acl.subnets.includes(id)));
    if (filtered !== undefined)
      this.netns.gap(
        `attachment ${attachment}`,
        `what network ACL ${filtered.id} does to its subnet is not in the lab`,
      );
    for (const family of [4, 6] as const) {
      const rule = ['from', 'all', 'iif', dev, 'priority', PRIORITY.routeTable, 'lookup', number];
      this.netns.of(family).add('rule', 'add', ...rule);
    }
    const zones = new Set(subnets.map(({ zone }) => zone));
    const outside = this.ports.filter(({ subnet }) => !zones.has(subnet.zone)).map((port) => `"${port.dev}"`);
    if (outside.length > 0) this.forwardRules.push(`iifname { ${outside.join(', ')} } oifname "${dev}" drop`);
  }

  /** The route tables, once everything they lead to is there. */
  finish(ways: ReadonlyMap<string, Via>): void {
    for (const each of this.on.fabric.routeTables) {
      const number = this.tables.get(each.id);
      if (number !== undefined) this.planTable(each, number, ways);
    }
    for (const family of [4, 6] as const) {
      const lines = this.netns.of(family);
      lines.add('rule', 'add', 'from', 'all', 'priority', PRIORITY.delivery, 'lookup', DELIVERY);
      lines.add('route', 'add', 'blackhole', 'default', 'table', DELIVERY);
    }
    const families = this.netns.speaks6 ? ([4, 6] as const) : ([4] as const);
    const filters = lowerFilters(this.on.fabric, this.vpc, this.ports, this.kept, families);
    this.sayUndescribed();
    if (this.ports.length > 0) this.netns.nft.push(mappingService(this.ports, this.kept, filters));
    const unseen = filters?.unseen(this.transits) ?? [];
    const gateways = [...ways.values()].flatMap((way) => way[4][way[4].indexOf('dev') + 1] ?? []);
    const outward = filters?.gateway([...new Set(gateways)]) ?? { chains: [], rules: [] };
    this.netns.nft.push(routerTable([...unseen, ...this.forwardRules, ...outward.rules], outward.chains));
  }

  /** Which interface of the other VPC sent a packet cannot be told where it comes in. */
  private sayMiddleboxes({ id, region }: Vpc): void {
    const { enis, securityGroups } = this.on.fabric;
    const asks = securityGroups.some(({ ingress }) => ingress.some(({ peer }) => peer.kind === 'security-group'));
    if (!asks || region !== this.vpc.region) return;
    for (const eni of enis)
      if (!eni.sourceDestCheck && eni.attachment !== null && this.holds({ kind: 'eni', id: eni.id }, id))
        this.netns.gap(
          `what ${eni.id} of ${id} sends on for others`,
          'to a rule that names a group it comes from its source, over a peering',
        );
  }

  /** What a group nobody describes would let pass, the lab drops. */
  private sayUndescribed(): void {
    const { securityGroups, prefixLists } = this.on.fabric;
    if (securityGroups.length === 0) return;
    const groups = new Set(securityGroups.map(({ id }) => id));
    const lists = new Set(prefixLists.map(({ id }) => id));
    const named = this.ports.flatMap((port) => port.groups.filter((id) => !groups.has(id)));
    const asked = securityGroups
      .flatMap(({ ingress, egress }) => [...ingress, ...egress])
      .flatMap(({ peer }) => (peer.kind === 'prefix-list' && !lists.has(peer.id) ? [peer.id] : []));
    for (const id of new Set([...named, ...asked])) this.netns.gap(id, 'it is named and not described');
  }

  private planTable(of: RouteTable, number: number, ways: ReadonlyMap<string, Via>): void {
    const seen = new Set<string>();
    for (const route of localFirst(of.routes)) {
      if (seen.has(route.destination.text)) continue;
      seen.add(route.destination.text);
      const words = this.routeWords(of, route, ways);
      this.netns.of(route.destination.family).add('route', 'add', ...words, 'table', number);
    }
    for (const block of [...LINK_LOCAL, defaultRoute(4), defaultRoute(6)]) {
      if (seen.has(block.text)) continue;
      const to = block.prefix === 0 ? 'default' : block.text;
      this.netns.of(block.family).add('route', 'add', 'blackhole', to, 'table', number);
    }
  }

  private routeWords(of: RouteTable, route: VpcRoute, ways: ReadonlyMap<string, Via>): readonly string[] {
    const to = route.destination.text;
    if (route.target.kind === 'local') return ['throw', to];
    const way = route.state === 'blackhole' ? undefined : this.wayTo(route, ways);
    if (way !== undefined) return [to, ...way];
    if (route.state !== 'blackhole')
      this.netns.gap(`${of.id}: ${to} to ${targetText(route.target)}`, 'the lab has nothing to stand for the target');
    return ['blackhole', to];
  }

  private wayTo({ target, destination }: VpcRoute, ways: ReadonlyMap<string, Via>): readonly string[] | undefined {
    const { family } = destination;
    if (target.kind === 'local' || target.kind === 'unsupported') return undefined;
    if (target.kind === 'nat-gateway' && cidrsOverlap(destination, NAT64)) return undefined; // no NAT64 in this kernel
    if (target.kind === 'nat-gateway' || target.kind === 'network-interface') {
      const port = (target.kind === 'nat-gateway' ? this.natPorts : this.byEni).get(target.id);
      return port === undefined ? undefined : viaPort(port, family);
    }
    return ways.get(target.id)?.[family];
  }
}

const RESOLVER = 90;

const targetText = (target: RouteTarget): string =>
  target.kind === 'unsupported' ? target.text : target.kind === 'local' ? 'local' : target.id;

/** Nobody is at the router's own addresses; neighbour discovery is all it answers. */
const routerTable = (forward: readonly string[], chains: readonly (readonly string[])[]): string =>
  table('inet', 'router', [
    ...chains,
    block('chain input', [
      'type filter hook input priority 0; policy drop',
      'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept',
    ]),
    ...(forward.length === 0
      ? []
      : [block('chain forward', ['type filter hook forward priority 0; policy accept', ...forward])]),
  ]);
