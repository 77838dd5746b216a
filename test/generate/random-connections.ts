import type { Rng } from '../../src/base/index.ts';
import type { Fabric, RouteTable, TransitGateway, VpcRoute } from '../../src/fabric/index.ts';
import { cidrContains, cidrOf } from '../../src/net/index.ts';
import type { World } from '../../src/world/index.ts';

/**
 * A World whose VPCs, transit gateways and customer gateways route otherwise than somebody meant: routes gone, turned to
 * blackholes, overtaken by a nearer one to another gateway or to a node's interface; appliance mode turned.
 */
export function withRandomRoutes(world: World, rng: Rng): World {
  const { fabric } = world;
  return {
    ...world,
    fabric: {
      ...fabric,
      enis: fabric.enis.map((eni) => (rng.next() < 0.2 ? { ...eni, sourceDestCheck: !eni.sourceDestCheck } : eni)),
      routeTables: fabric.routeTables.map((table) => ({ ...table, routes: otherRoutes(table, fabric, rng) })),
      transitGateways: fabric.transitGateways.map((gateway) => otherTransit(gateway, rng)),
      onPremises: fabric.onPremises.map((network) => ({
        ...network,
        routes: network.routes.filter(() => rng.next() >= 0.1),
      })),
    },
  };
}

/** The local routes stay: nobody can take them away. EC2 takes no interface of another VPC for a target. */
function otherRoutes({ vpc, routes }: RouteTable, fabric: Fabric, rng: Rng): readonly VpcRoute[] {
  const targets = routes.flatMap(({ target }) =>
    target.kind === 'local' || target.kind === 'unsupported' || target.kind === 'vpc-endpoint' ? [] : [target],
  );
  const kept = routes.flatMap((route): readonly VpcRoute[] => {
    const drawn = rng.next();
    if (route.target.kind === 'local' || drawn >= 0.2) return [route];
    return drawn < 0.1 ? [] : [{ ...route, state: 'blackhole' }];
  });
  if (targets.length === 0 || rng.next() < 0.6) return kept;
  const subnets = fabric.subnets.filter((subnet) => subnet.vpc === vpc);
  const attached = fabric.enis
    .filter(({ attachment, subnet }) => attachment !== null && subnets.some(({ id }) => id === subnet))
    .map(({ id }) => ({ kind: 'network-interface', id }) as const);
  const address = rng.pick(fabric.enis.flatMap(({ addresses }) => addresses));
  // Nearer than `local` is a middlebox's alone, and for a whole subnet (VPC guide, route tables). Ports a NAT gateway would draw
  // before a node does are not to be told apart here.
  const inside = subnets.flatMap(({ cidrs }) => cidrs).find((block) => cidrContains(block, address));
  const others = inside === undefined ? targets : [];
  const among = attached.length > 0 && (others.length === 0 || rng.next() < 0.3) ? attached : others;
  if (among.length === 0) return kept;
  return [...kept, { destination: inside ?? cidrOf(address), target: rng.pick(among), state: 'active' }];
}

const otherTransit = (gateway: TransitGateway, rng: Rng): TransitGateway => ({
  ...gateway,
  attachments: gateway.attachments.map((each) =>
    each.to.kind === 'vpc' && rng.next() < 0.2
      ? { ...each, to: { ...each.to, applianceMode: !each.to.applianceMode } }
      : each,
  ),
  routeTables: gateway.routeTables.map((table) => ({
    ...table,
    routes: table.routes.flatMap((route) => {
      const drawn = rng.next();
      if (drawn < 0.08) return [];
      return drawn < 0.16 ? [{ ...route, attachment: null }] : [route];
    }),
  })),
});
