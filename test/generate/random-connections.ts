import type { Rng } from '../../src/base/index.ts';
import type { Fabric, RouteTable, TransitGateway, VpcRoute } from '../../src/fabric/index.ts';
import { cidrOf } from '../../src/net/index.ts';
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
  const subnets = new Set(fabric.subnets.filter((subnet) => subnet.vpc === vpc).map(({ id }) => id));
  const attached = fabric.enis.filter(({ attachment, subnet }) => attachment !== null && subnets.has(subnet));
  const nearer = cidrOf(rng.pick(fabric.enis.flatMap(({ addresses }) => addresses)));
  const target =
    attached.length > 0 && rng.next() < 0.3
      ? ({ kind: 'network-interface', id: rng.pick(attached).id } as const)
      : rng.pick(targets);
  return [...kept, { destination: nearer, target, state: 'active' }];
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
