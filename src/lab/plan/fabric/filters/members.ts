import { type Eni, type Fabric, localFirst, type Subnet, type Vpc, type VpcRoute } from '../../../../fabric/index.ts';
import { type Cidr, cidrContains, cidrFirst, cidrOf, type Family, PrefixTrie } from '../../../../net/index.ts';
import { collection } from '../nft-text.ts';

/**
 * Addresses of those who wear a group that a rule names: in this VPC, and in those peered with it within the Region. Whom packets of
 * a subnet reach through anything else than the VPC itself or the peering, none of its groups can name (VPC guide, security group
 * rules; VPC peering guide).
 */
export class Members {
  private readonly wanted = new Map<string, { readonly name: string; readonly set: readonly string[] }>();
  private readonly tables = new Map<string, PrefixTrie<VpcRoute>>();
  private readonly fabric: Fabric;
  private readonly vpc: Vpc;
  /** The VPCs whose groups are known here, by the peering they are behind; this one by none. */
  private readonly behind: ReadonlyMap<string, string | undefined>;
  private readonly vpcOf: ReadonlyMap<string, string>;

  constructor(fabric: Fabric, vpc: Vpc) {
    this.fabric = fabric;
    this.vpc = vpc;
    this.vpcOf = new Map(fabric.subnets.map((subnet) => [subnet.id, subnet.vpc]));
    const regionOf = (id: string): string | undefined => fabric.vpcs.find((each) => each.id === id)?.region;
    const peered = fabric.peerings.flatMap(({ id, requester, accepter }) => {
      const other = requester === vpc.id ? accepter : accepter === vpc.id ? requester : undefined;
      return other === undefined || regionOf(other) !== vpc.region ? [] : [[other, id] as const];
    });
    this.behind = new Map([...peered, [vpc.id, undefined]]);
  }

  /** The set's name. `from`: of whom its packets reach directly; without it, of all. */
  setOf(group: string, family: Family, from: Subnet | undefined): string {
    const key = `${family} ${group} ${from?.routeTable ?? ''}`;
    const known = this.wanted.get(key);
    if (known !== undefined) return known.name;
    const name = `members_${this.wanted.size}`;
    const texts = this.blocksOf(group, family, from).map(({ text }) => text);
    const set = collection('set', name, family === 4 ? 'ipv4_addr' : 'ipv6_addr', [...new Set(texts)], true);
    this.wanted.set(key, { name, set });
    return name;
  }

  sets(): readonly (readonly string[])[] {
    return [...this.wanted.values()].map(({ set }) => set);
  }

  private blocksOf(group: string, family: Family, from: Subnet | undefined): readonly Cidr[] {
    return this.fabric.enis.flatMap((eni) => {
      const vpc = this.vpcOf.get(eni.subnet);
      if (vpc === undefined || !this.behind.has(vpc) || !eni.securityGroups.includes(group)) return [];
      const blocks = ownedBlocks(eni).filter((each) => each.family === family);
      return from === undefined ? blocks : blocks.filter((block) => this.isDirect(from, block, vpc));
    });
  }

  private isDirect({ routeTable }: Subnet, block: Cidr, vpc: string): boolean {
    const target = this.routesOf(routeTable).longest(cidrFirst(block))?.target;
    if (vpc === this.vpc.id) return target?.kind === 'local';
    return target?.kind === 'vpc-peering' && target.id === this.behind.get(vpc);
  }

  private routesOf(id: string): PrefixTrie<VpcRoute> {
    const known = this.tables.get(id);
    if (known !== undefined) return known;
    const routes = new PrefixTrie<VpcRoute>();
    for (const route of localFirst(this.fabric.routeTables.find((each) => each.id === id)?.routes ?? []))
      routes.add(route.destination, route);
    this.tables.set(id, routes);
    return routes;
  }
}

const ownedBlocks = ({ addresses, prefixes }: Eni): readonly Cidr[] => [
  ...addresses
    .filter((address) => !prefixes.some((prefix) => cidrContains(prefix, address)))
    .map((each) => cidrOf(each)),
  ...prefixes,
];
