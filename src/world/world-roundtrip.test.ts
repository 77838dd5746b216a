import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Address,
  type ConntrackEntry,
  type IpRule,
  type Link,
  type ListenSocket,
  type Netns,
  type NetnsId,
  type Origin,
  parseIptablesSave,
  type Route,
  type Ruleset,
} from '../linux/index.ts';
import { cidr, cidrOf, defaultRoute, type Ip, ip, ipFromBits, mac, macFromBytes } from '../net/index.ts';
import { EMPTY_DIRECTORY } from './directory-json.ts';
import { EMPTY_FABRIC } from './fabric-json.ts';
import { readWorld } from './read-world.ts';
import type { World } from './types.ts';
import { worldFiles } from './write-world.ts';

const SEED = 20240611;
const maybe = <K extends string, T>(key: K, value: fc.Arbitrary<T>): fc.Arbitrary<{ [P in K]?: T }> =>
  fc.option(value, { nil: undefined }).map((made) => (made === undefined ? {} : { [key]: made }) as { [P in K]?: T });
const ip4 = fc.integer({ min: 0x0a000000, max: 0x0affffff }).map((bits) => ipFromBits(bits, 4));
const ip6 = fc.bigInt({ min: 0n, max: 0xffffffffn }).map((low) => ipFromBits((0xfd00n << 112n) | low, 6));
const anyIp = fc.oneof(ip4, ip6);
const anyMac = fc.uint8Array({ minLength: 6, maxLength: 6 }).map(macFromBytes);
const dev = fc.constantFrom('eth0', 'eni0123456789a', 'ens6', 'lo');
const number = fc.integer({ min: 0, max: 0xffff });
const origin: fc.Arbitrary<Origin> = fc
  .tuple(
    fc.constantFrom('kube-proxy', 'vpc-cni'),
    maybe('because', fc.string()),
    maybe('at', fc.constant({ file: 'a.yaml', line: 3 })),
  )
  .map(([by, ...rest]) => Object.assign({ by }, ...rest));
const withOrigin = <T extends object>(made: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.tuple(made, maybe('origin', origin)).map(([value, extra]) => ({ ...value, ...extra }));

const link: fc.Arbitrary<Link> = withOrigin(
  fc
    .tuple(
      number,
      dev,
      anyMac,
      maybe('link_index', number),
      maybe('link_netnsid', number),
      maybe('info_kind', fc.constant('veth')),
      maybe('txqlen', number),
    )
    .map(([ifindex, ifname, address, ...extra]) => ({
      ifindex,
      ifname,
      flags: ['UP'],
      mtu: 9001,
      qdisc: 'mq',
      operstate: 'UP',
      group: 'default',
      link_type: 'ether' as const,
      address,
      broadcast: mac('ff:ff:ff:ff:ff:ff'),
      ...Object.assign({}, ...extra),
    })),
);
const address: fc.Arbitrary<Address> = withOrigin(
  fc
    .tuple(anyIp, dev, fc.integer({ min: 1, max: 32 }), maybe('label', dev), maybe('secondary', fc.constant(true)))
    .map(([local, device, prefixlen, ...extra]) => ({
      dev: device,
      family: local.includes(':') ? (6 as const) : (4 as const),
      local,
      prefixlen,
      scope: 'global' as const,
      ...Object.assign({}, ...extra),
    })),
);
const block = fc.tuple(anyIp, fc.integer({ min: 1, max: 32 })).map(([base, prefix]) => cidrOf(base, prefix));
const route: fc.Arbitrary<Route> = withOrigin(
  fc
    .tuple(
      fc.oneof(block, fc.constantFrom(defaultRoute(4), defaultRoute(6))),
      number,
      dev,
      maybe('metric', number),
      maybe('mtu', number),
      fc.boolean(),
    )
    .map(([dst, table, device, metric, mtu, onlink]) => ({
      type: 'unicast' as const,
      family: dst.family,
      dst,
      table,
      dev: device,
      protocol: 'boot',
      scope: 'global' as const,
      flags: onlink ? ['onlink'] : [],
      ...metric,
      ...mtu,
    })),
);
const rule: fc.Arbitrary<IpRule> = withOrigin(
  fc
    .tuple(
      number,
      fc.boolean(),
      maybe('src', block),
      maybe('fwmark', number),
      maybe('iif', dev),
      maybe('unsupported', fc.constant('uidrange 1-2')),
      maybe('dport', fc.constant({ from: 1, to: 9 })),
      fc.constantFrom<IpRule['action']>(
        { kind: 'lookup', table: 7 },
        { kind: 'lookup', table: 254, suppressPrefixlength: 0 },
        { kind: 'goto', target: 9 },
        { kind: 'nop' },
        { kind: 'prohibit' },
      ),
    )
    .map(([priority, not, src, fwmark, iif, unsupported, dport, action]) => ({
      priority,
      not,
      ...src,
      family: src.src?.family ?? (priority % 2 === 0 ? (4 as const) : (6 as const)),
      ...fwmark,
      ...iif,
      ...dport,
      action,
      ...unsupported,
    })),
);
const entry: fc.Arbitrary<ConntrackEntry> = fc
  .tuple(ip4, ip4, number, number, number, fc.boolean())
  .map(([src, dst, sport, dport, mark, unreplied]) => ({
    original: { protocol: 'udp', src, dst, sport, dport },
    reply: { protocol: 'udp', src: dst, dst: src, sport: dport, dport: sport },
    mark,
    timeout: 30,
    unreplied,
    assured: false,
    srcNat: false,
    dstNat: false,
  }));
const socket: fc.Arbitrary<ListenSocket> = fc
  .tuple(
    fc.constantFrom<'tcp' | 'udp'>('tcp', 'udp'),
    fc.oneof(anyIp, fc.constant<'*'>('*')),
    number,
    fc.constantFrom('nginx', ''),
  )
  .map(([protocol, local, port, process]) => ({ protocol, local, port, process }));

const save = parseIptablesSave(
  '*nat\n:KUBE-X - [0:0]\n-A PREROUTING -j KUBE-X\n-A KUBE-X -s 10.0.0.0/8 -j RETURN\n-A KUBE-X -s 10.0.0.0/8 -j RETURN\nCOMMIT\n',
  'x',
  4,
).value;
/** The same ruleset with origins: the two equal rules have different ones. */
const rulesets: fc.Arbitrary<Ruleset> = fc
  .array(fc.option(origin, { nil: undefined }), { minLength: 3, maxLength: 3 })
  .map((origins) => {
    let next = 0;
    return new Map(
      [...save].map(([name, table]) => [
        name,
        {
          ...table,
          chains: new Map(
            [...table.chains].map(([chain, value]) => [
              chain,
              {
                ...value,
                rules: value.rules.map((made) => {
                  const by = origins[next++];
                  return by === undefined ? made : { ...made, origin: by };
                }),
              },
            ]),
          ),
        },
      ]),
    );
  });

const netnsId = fc
  .constantFrom(
    'node/ip-10-0-0-75.ec2.internal',
    'pod/ns/a',
    'host/legacy',
    'internet/2600::1',
    'internet/..',
    'odd/x y/%',
  )
  .map((text) => text as NetnsId);
const list = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(of, { maxLength: 4 });
const netns: fc.Arbitrary<Netns> = fc
  .tuple(
    netnsId,
    list(link),
    list(address),
    list(route),
    list(rule),
    rulesets,
    list(socket),
    list(entry),
    fc.constantFrom<'nft' | 'legacy'>('nft', 'legacy'),
    fc.boolean(),
    maybe('resolvConf', fc.constant({ nameservers: ['10.0.0.2'], search: ['a.b'], options: [] })),
  )
  .map(([id, links, addresses, routes, rules, ruleset, sockets, conntrack, variant, more, resolvConf]) => ({
    id,
    links,
    addresses,
    routes,
    rules,
    neighbours: more
      ? [
          {
            dst: ip('10.0.0.1'),
            dev: 'eth0',
            lladdr: mac('02:00:00:00:00:01'),
            state: 'REACHABLE',
            origin: { by: 'kernel' },
          },
        ]
      : [],
    sysctls: new Map(more ? [['net.ipv4.ip_forward', '1']] : []),
    iptables: { variant, ip: ruleset, ip6: new Map() },
    nft: [],
    sockets,
    conntrack,
    ...resolvConf,
    unmodelled: more
      ? [{ scope: { kind: 'dev' as const, dev: 'eth0' }, what: 'a tc filter', at: { file: 'x', line: 1 } }]
      : [],
  }));

const absentPods = (own: Ip): World['directory']['absent'] => [
  { namespace: 'a', name: 'b', phase: 'Pending', addresses: [], node: 'n', services: ['a/c'] },
  { namespace: 'a', name: 'd', phase: 'Failed', why: 'Evicted', addresses: [own], services: [] },
];

const nodePorts: NonNullable<World['directory']['nodePorts']> = {
  mode: 'iptables',
  localhostNodePorts: false,
  nodePortAddresses: ['10.0.0.0/8'],
  said: { localhostNodePorts: { file: 'a', line: 1 } },
};

const world: fc.Arbitrary<World> = fc
  .tuple(
    fc.string(),
    fc.uniqueArray(netns, { selector: (made) => made.id, maxLength: 4 }),
    list(fc.string()),
    ip4,
    anyMac,
  )
  .map(([name, all, assumptions, own, hardware]) => ({
    name,
    assumptions,
    directory: {
      ...EMPTY_DIRECTORY,
      apiserver: [own],
      absent: absentPods(own),
      nodePorts,
      serviceCidrs: [cidrOf(own, 16), cidr('fd30::/108')],
    },
    netns: new Map(all.map((made) => [made.id, made])),
    fabric: {
      ...EMPTY_FABRIC,
      vpcs: [{ id: 'vpc-1', region: 'r', cidrs: [cidr('10.0.0.0/16'), cidr('fd00::/56')] }],
      routeTables: [
        {
          id: 'rtb-1',
          vpc: 'vpc-1',
          routes: [{ destination: cidr('0.0.0.0/0'), target: { kind: 'unsupported', text: 'tgw-1' }, state: 'active' }],
        },
      ],
      subnets: [
        {
          id: 'subnet-1',
          vpc: 'vpc-1',
          zone: 'a',
          cidrs: [cidr('10.0.0.0/24')],
          routeTable: 'rtb-1',
          router: ip('10.0.0.1'),
          routerMac: hardware,
        },
      ],
      enis: [
        {
          id: 'eni-1',
          subnet: 'subnet-1',
          mac: hardware,
          addresses: [own],
          prefixes: [],
          publicAddresses: new Map<Ip, Ip>([[own, ip('3.3.3.3')]]),
          sourceDestCheck: true,
          attachment: null,
          deviceIndex: 0,
          owner: 'node/a',
          securityGroups: [],
          mtu: 9001,
          origin: { by: 'vpc' },
        },
      ],
      dns: {
        ...EMPTY_FABRIC.dns,
        cluster: [
          { name: 'a', type: 'A', addresses: [own], ttl: 5 },
          { name: 's', type: 'SRV', ttl: 5, targets: [{ priority: 0, weight: 1, port: 2, target: 't' }] },
        ],
      },
    },
  }));

const filesOf = (made: World): Map<string, string> =>
  new Map([...worldFiles(made)].map(({ path, text }) => [path, text]));

test('a World survives being written to a folder and read back', () => {
  fc.assert(
    fc.property(world, (made) => {
      const back = readWorld(filesOf(made));
      expect(back.issues.filter((issue) => issue.severity === 'error')).toEqual([]);
      expect(back.value).toStrictEqual(made);
    }),
    { seed: SEED, numRuns: 100 },
  );
});
