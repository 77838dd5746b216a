import { expect, test } from 'vitest';
import { articleCluster } from '../../../test/compile/test-cluster.ts';
import { cidr } from '../../net/index.ts';
import { compileWorld } from '../compile-world.ts';

test('a route whose target is gone is a blackhole, the local route comes first, an unknown id stays text', () => {
  const { network } = articleCluster;
  const source = { file: 'cluster.yaml', line: 7 };
  const route = (block: string, target: string) => ({ destination: cidr(block), target, source });
  const routes = [
    route('10.8.0.0/16', 'blackhole'),
    route('10.9.0.0/16', 'tgw-1'),
    route('0.0.0.0/0', 'nat-a'),
    route('::/0', 'eigw-1'),
  ];
  const vpcs = network.vpcs.map((vpc) => ({ ...vpc, routeTables: [{ id: 'rtb-private', routes, source }] }));
  const { fabric } = compileWorld({ ...articleCluster, network: { ...network, vpcs } }).value;
  const shown = fabric.routeTables[0]?.routes.map(({ destination, target, state, origin }) => ({
    to: destination.text,
    target,
    state,
    line: origin?.at?.line,
  }));
  expect(shown).toEqual([
    { to: '10.0.0.0/16', target: { kind: 'local' }, state: 'active', line: 1 },
    { to: '10.8.0.0/16', target: { kind: 'unsupported', text: 'blackhole' }, state: 'blackhole', line: 7 },
    { to: '10.9.0.0/16', target: { kind: 'unsupported', text: 'tgw-1' }, state: 'active', line: 7 },
    { to: '0.0.0.0/0', target: { kind: 'nat-gateway', id: 'nat-a' }, state: 'active', line: 7 },
    { to: '::/0', target: { kind: 'egress-only-internet-gateway', id: 'eigw-1' }, state: 'active', line: 7 },
  ]);
});
