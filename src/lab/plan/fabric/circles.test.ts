import { expect, test } from 'vitest';
import { exampleFiles, worldOf } from '../../../../test/lab/worlds.ts';
import type { Fabric, VpcRoute } from '../../../fabric/index.ts';
import { cidr } from '../../../net/index.ts';
import { waysWithoutCircles } from './circles.ts';

/** examples/on-prem with some of its text replaced. */
function fabricWith(...changes: readonly (readonly [RegExp, string])[]): Fabric {
  const files = exampleFiles('on-prem').map(({ path, text }) => ({
    path,
    text: changes.reduce((now, [old, is]) => {
      if (!old.test(now)) throw new Error(`Nothing is ${old}`);
      return now.replace(old, is);
    }, text),
  }));
  return worldOf(files).fabric;
}

/** A table's routes as they hold: the first of two for one block. */
function told(fabric: Fabric, table: string): readonly string[] {
  const ways = [...waysWithoutCircles(fabric).values()][0]?.get(table) ?? [];
  const first = new Map<string, string>();
  for (const { destination, attachment } of ways)
    if (!first.has(destination.text)) first.set(destination.text, attachment ?? 'dropped');
  return [...first].map(([block, way]) => `${block} ${way}`).sort();
}

const OF_SPOKES = [
  '0.0.0.0/0 att-egress',
  '10.60.0.0/16 att-apps',
  '10.62.0.0/16 att-data',
  '192.168.0.0/16 dx-office',
];
const ONE_TABLE = [/routeTable: shared/g, 'routeTable: spokes'] as const;

test('without a circle a table is what it was', () => {
  const fabric = fabricWith();
  const [gateway] = fabric.transitGateways;
  const [[, tables] = []] = waysWithoutCircles(fabric);
  for (const { id, routes } of gateway?.routeTables ?? []) expect(tables?.get(id)).toBe(routes);
});

test('a summary that comes back through the default: the addresses nobody has are dropped, everybody else is reached', () => {
  const back = [
    /10\.60\.0\.0\/16, target: tgw-hub \}\n {8}- id: egress-public/,
    '10.0.0.0/8, target: tgw-hub }\n        - id: egress-public',
  ] as const;
  expect(told(fabricWith(ONE_TABLE, back), 'spokes')).toEqual(
    [...OF_SPOKES, '10.0.0.0/8 dropped', '10.61.0.0/16 att-egress'].sort(),
  );
  // What has a table of its own, without the default, goes no circle.
  expect(told(fabricWith(back), 'spokes')).toEqual(OF_SPOKES);
});

/** EC2 takes no such route, and no input has one; a World may. */
const withRoute = (fabric: Fabric, table: string, route: VpcRoute): Fabric => ({
  ...fabric,
  routeTables: fabric.routeTables.map((each) =>
    each.id === table ? { ...each, routes: [...each.routes, route] } : each,
  ),
});

test('a block of the VPC that its own table sends to the gateway', () => {
  const out: VpcRoute = {
    destination: cidr('10.60.2.0/24'),
    target: { kind: 'transit-gateway', id: 'tgw-hub' },
    state: 'active',
  };
  const [one, two] = [fabricWith(ONE_TABLE), fabricWith()].map((each) => withRoute(each, 'apps', out));
  expect(one && told(one, 'spokes')).toEqual([...OF_SPOKES, '10.60.2.0/24 dropped'].sort());
  expect(two && told(two, 'shared')).toContain('10.60.2.0/24 dropped');
});
