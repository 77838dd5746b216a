import { type Fabric, localFirst, type TransitGateway, type VpcRoute } from '../../../fabric/index.ts';
import { type Cidr, cidrCovers, cidrFirst, PrefixTrie } from '../../../net/index.ts';

/** A route of a transit gateway's table; an attachment of null drops. */
export type Way = Pick<TransitGateway['routeTables'][number]['routes'][number], 'destination' | 'attachment'>;

/** A route table of a transit gateway, where a packet is asked about. */
interface Place {
  readonly gateway: TransitGateway;
  readonly ways: PrefixTrie<Way>;
}

/**
 * The routes of each transit gateway's tables, by gateway and table, and none that leads in a circle. Nobody of the fabric
 * counts a TTL there, so such a packet would go round for ever and take a processor with it: what dies in the end is dropped
 * where it would begin. Every circle passes a transit gateway, for a peering carries what is its two VPCs' own, and a NAT
 * or customer gateway counts.
 */
export function waysWithoutCircles(fabric: Fabric): ReadonlyMap<TransitGateway, ReadonlyMap<string, readonly Way[]>> {
  const asked = new Tables(fabric);
  return new Map(
    fabric.transitGateways.map((gateway) => [
      gateway,
      new Map(gateway.routeTables.map(({ id, routes }) => [id, asked.waysOf(gateway, id, routes)])),
    ]),
  );
}

class Tables {
  private readonly places = new Map<TransitGateway, Map<string, Place>>();
  /** By attachment: the table that what comes out of it is looked up in. */
  private readonly behind = new Map<string, PrefixTrie<VpcRoute>>();
  /** Every block any of them knows: they answer alike for all of one that is in no longer one. */
  private readonly blocks: readonly Cidr[];

  constructor({ transitGateways, routeTables, subnets }: Fabric) {
    const blocks = new Map<string, Cidr>();
    for (const gateway of transitGateways) {
      const tables = gateway.routeTables.map(({ id, routes }): [string, Place] => [
        id,
        { gateway, ways: trieOf(routes, blocks) },
      ]);
      this.places.set(gateway, new Map(tables));
      for (const { id, to } of gateway.attachments) {
        const first = to.kind === 'vpc' ? subnets.find((each) => to.subnets.includes(each.id)) : undefined;
        const table = routeTables.find((each) => each.id === first?.routeTable);
        if (table !== undefined) this.behind.set(`${gateway.id} ${id}`, trieOf(localFirst(table.routes), blocks));
      }
    }
    this.blocks = [...blocks.values()];
  }

  waysOf(gateway: TransitGateway, table: string, routes: readonly Way[]): readonly Way[] {
    const place = this.places.get(gateway)?.get(table);
    if (place === undefined) return routes;
    const circles = new Set(this.blocks.filter((block) => this.goesRound(place, block)));
    if (circles.size === 0) return routes;
    const within = this.blocks.filter((block) => [...circles].some((circle) => cidrCovers(circle, block)));
    const told = within.map((block): Way => {
      const attachment = circles.has(block) ? null : (answer(place.ways, block)?.attachment ?? null);
      return { destination: block, attachment };
    });
    return [...told, ...routes];
  }

  private goesRound(from: Place, block: Cidr): boolean {
    const met = new Set<Place>();
    for (let at: Place | undefined = from; at !== undefined; at = this.next(at, block)) {
      if (met.has(at)) return true;
      met.add(at);
    }
    return false;
  }

  /** Through the attachment the table names, and on by the route table behind it. */
  private next({ gateway, ways }: Place, block: Cidr): Place | undefined {
    const way = answer(ways, block);
    const out = gateway.attachments.find(({ id }) => id === way?.attachment)?.to;
    const behind = this.behind.get(`${gateway.id} ${way?.attachment}`);
    if (out?.kind !== 'vpc' || behind === undefined) return undefined;
    const route = answer(behind, block);
    if (route?.target.kind !== 'transit-gateway' || route.state === 'blackhole') return undefined;
    const { id } = route.target;
    for (const [then, places] of this.places) {
      const into =
        then.id === id ? then.attachments.findLast(({ to }) => to.kind === 'vpc' && to.vpc === out.vpc) : null;
      if (into?.routeTable != null) return places.get(into.routeTable);
    }
    return undefined;
  }
}

/** Of two for one block the first counts. */
function trieOf<T extends { readonly destination: Cidr }>(
  routes: readonly T[],
  into: Map<string, Cidr>,
): PrefixTrie<T> {
  const trie = new PrefixTrie<T>();
  for (const route of routes) {
    trie.add(route.destination, route);
    if (!into.has(route.destination.text)) into.set(route.destination.text, route.destination);
  }
  return trie;
}

/** What a table says of addresses of `block` that are in no longer block. */
const answer = <T>(trie: PrefixTrie<T>, block: Cidr): T | undefined => trie.longest(cidrFirst(block), block.prefix + 1);
