import { describe, expect, test } from 'vitest';
import { showIssue } from '../../src/base/index.ts';
import { type NetnsId, parseIpRouteText } from '../../src/linux/index.ts';
import { loadWorld } from '../../src/load/index.ts';
import { ipv6World } from '../lab/worlds.ts';
import { BASE, walk, worldWith } from '../unmodelled/testing.ts';

describe('a link-local destination', () => {
  test.each([
    ['pod/shop/client', '169.254.10.10:80'],
    ['pod/shop/client', '169.254.167.255:80'],
    ['pod/shop/client', '169.254.172.1:80'],
    ['node/n1', '169.254.10.10:80'],
    ['host/legacy', '169.254.10.10:80'],
  ])('%s to %s, which is no service of the platform: nobody answers, and no gateway sees it', async (from, to) => {
    const { verdict, roundTrips } = await walk(worldWith(''), from, to);
    expect(verdict).toBe('failed');
    for (const { disposition, forward } of roundTrips) {
      expect(disposition).toBe('dropped');
      expect(forward.hops.map(({ where }) => where.kind)).not.toContain('nat-gateway');
      expect(forward.hops.map(({ where }) => where.kind)).not.toContain('internet-gateway');
      expect(JSON.stringify(forward.hops.at(-1)?.steps.at(-1))).toMatch(/link-local/);
    }
  });

  test.each([
    ['169.254.1.1', /nobody on ens5 answers ARP for 169\.254\.1\.1/],
    ['169.254.169.253', /no ENI in subnet \S+ owns 169\.254\.169\.253/],
  ])('as a next hop: %s', async (via, said) => {
    const world = worldWith('');
    const id = 'node/n1' as NetnsId;
    const netns = world.netns.get(id);
    const { value } = parseIpRouteText(`10.8.0.0/16 via ${via} dev ens5 onlink\n`, 'ip-route', 4);
    if (netns === undefined) throw new Error('the node is there');
    const routed = { ...netns, routes: [...netns.routes, ...value] };
    const { roundTrips } = await walk({ ...world, netns: new Map(world.netns).set(id, routed) }, id, '10.8.1.1:80');
    expect(JSON.stringify(roundTrips[0]?.forward.hops.at(-1)?.steps)).toMatch(said);
  });

  test.each([
    ['fe80::dead', /nobody on ens5 answers neighbour solicitations for fe80::dead/],
    ['fe80:ec2::1', /"kind":"deliver"/],
  ])('as a next hop of IPv6: %s', async (via, said) => {
    const world = ipv6World();
    const id = world.directory.nodes[0]?.netns ?? expect.fail('a node is there');
    const netns = world.netns.get(id) ?? expect.fail('and has a namespace');
    const { value } = parseIpRouteText(`2001:db8:aa::/48 via ${via} dev ens5\n`, 'ip-route', 6);
    const routed = {
      ...netns,
      routes: [...netns.routes, ...value],
      neighbours: netns.neighbours.filter(({ dev }) => dev !== 'ens5'),
    };
    const to = '[2001:db8:aa::1]:80';
    const { roundTrips } = await walk({ ...world, netns: new Map(world.netns).set(id, routed) }, id, to);
    expect(JSON.stringify(roundTrips[0]?.forward.hops.at(-1)?.steps)).toMatch(said);
  });

  test('a route of its own is followed', async () => {
    const world = worldWith('', [
      [
        '{ destination: 0.0.0.0/0, target: nat-a }',
        '{ destination: 0.0.0.0/0, target: nat-a }, { destination: 169.254.10.0/24, target: tgw-1 }',
      ],
    ]);
    expect((await walk(world, 'pod/shop/client', '169.254.10.10:80')).verdict).toBe('unknown');
  });

  test.each(['169.254.169.254:80', '169.254.169.123:123', '169.254.170.23:80'])('%s stays unknown', async (to) => {
    expect((await walk(worldWith(''), 'pod/shop/client', to)).verdict).toBe('unknown');
  });
});

describe('a link-local address where none can be', () => {
  const said = (replace: readonly (readonly [string, string])[], extra = ''): readonly string[] => {
    let text = BASE;
    for (const [from, to] of replace) text = text.replaceAll(from, to);
    const files = [{ path: 'base.yaml', text }];
    if (extra !== '') files.push({ path: 'extra.yaml', text: extra });
    const { world, issues } = loadWorld(files, []);
    expect(world).toBeUndefined();
    return issues.filter(({ severity }) => severity === 'error').map(showIssue);
  };
  test.each(['169.254.0.0/16', '169.254.64.0/20', '169.254.168.0/22'])('a CIDR of a VPC: %s', (block) => {
    expect(said([['cidrs: [10.0.0.0/16]', `cidrs: [10.0.0.0/16, ${block}]`]]).join('\n')).toMatch(
      new RegExp(`${block.replaceAll('.', '\\.')}.*"vpc-main".*link-local`),
    );
  });
  test.each(['0.0.0.0/16', '127.0.0.0/16', '224.1.0.0/16'])('nor can it be %s', (block) => {
    expect(said([['cidrs: [10.0.0.0/16]', `cidrs: [10.0.0.0/16, ${block}]`]]).join('\n')).toMatch(/"vpc-main"/);
  });
  test('the address of a pod', () => {
    expect(said([['podIP: 10.0.1.12', 'podIP: 169.254.7.7']]).join('\n')).toMatch(
      /"shop\/plain" has 169\.254\.7\.7.*link-local/,
    );
  });
  test('also where the VPC is derived from live objects', () => {
    const live = BASE.slice(BASE.indexOf('---\napiVersion: v1\nkind: Node')).replace(
      'podIP: 10.0.1.12',
      'podIP: 169.254.7.7',
    );
    const { world, issues } = loadWorld([{ path: 'live.yaml', text: live }], []);
    expect(world).toBeUndefined();
    expect(issues.map(showIssue).join('\n')).toMatch(/"shop\/plain" has 169\.254\.7\.7.*link-local/);
  });
  test('the CIDR of an eksctl cluster', () => {
    const text = `apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: { name: shop, region: eu-west-1, version: "1.34" }
vpc: { cidr: 169.254.0.0/16 }
managedNodeGroups: [{ name: left, instanceType: m5.large }]
`;
    const { world, issues } = loadWorld([{ path: 'c.yaml', text }], []);
    expect(world).toBeUndefined();
    expect(issues.map(showIssue).join('\n')).toMatch(/169\.254\.0\.0\/16.*link-local/);
  });
});
