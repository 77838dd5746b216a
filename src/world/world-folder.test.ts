import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Address,
  type ConntrackEntry,
  type IpRule,
  kernelRoutes,
  kernelRules,
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
import { checkWorld } from './check-world.ts';
import { EMPTY_DIRECTORY } from './directory-json.ts';
import { EMPTY_FABRIC } from './fabric-json.ts';
import { folderOf, netnsOfFolder } from './folder.ts';
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
    directory: { ...EMPTY_DIRECTORY, apiserver: [own] },
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

test('a folder name is a namespace and back', () => {
  for (const id of ['node/a.b', 'pod/ns/name', 'internet/2600::1', 'host/..', 'odd/x/y'] as NetnsId[]) {
    expect(folderOf(id)).not.toMatch(/:|\/\.\.?(?:\/|$)/);
    expect(netnsOfFolder(folderOf(id))).toBe(id);
  }
  expect(netnsOfFolder('nodes')).toBeUndefined();
  expect(netnsOfFolder('nodes/%')).toBeUndefined();
});

const NODE = 'node/a' as NetnsId;
const kernel = { by: 'kernel' } as const;
const small = (): World => {
  const links: Link[] = [
    {
      ifindex: 1,
      ifname: 'eth0',
      flags: ['UP'],
      mtu: 1500,
      qdisc: 'mq',
      operstate: 'UP',
      group: 'default',
      link_type: 'ether',
      address: mac('02:00:00:00:00:01'),
      broadcast: mac('ff:ff:ff:ff:ff:ff'),
    },
  ];
  const addresses: Address[] = [
    {
      dev: 'eth0',
      family: 4,
      local: ip('10.0.0.5'),
      prefixlen: 24,
      scope: 'global',
      broadcast: ip('10.0.0.255'),
      origin: { by: 'dhcp' },
    },
  ];
  const made: Netns = {
    id: NODE,
    links,
    addresses,
    routes: kernelRoutes(addresses, links),
    rules: kernelRules(4),
    neighbours: [],
    sysctls: new Map(),
    iptables: { variant: 'nft', ip: save, ip6: new Map() },
    nft: [],
    sockets: [],
    conntrack: [],
    unmodelled: [],
  };
  return {
    name: 'small',
    netns: new Map([[NODE, made]]),
    fabric: EMPTY_FABRIC,
    directory: EMPTY_DIRECTORY,
    assumptions: [],
  };
};

test('origins stay with their lines when a user deletes another', () => {
  const files = filesOf(small());
  const lines = (files.get('nodes/a/ip-route.json') ?? '').split('\n');
  files.set('nodes/a/ip-route.json', [lines[0], ...lines.slice(2)].join('\n'));
  const { value, issues } = readWorld(files);
  expect(issues).toEqual([]);
  const left = value.netns.get(NODE)?.routes ?? [];
  expect(left).toHaveLength(
    kernelRoutes(small().netns.get(NODE)?.addresses ?? [], small().netns.get(NODE)?.links ?? []).length - 1,
  );
  expect(left.every((made) => made.origin?.by === kernel.by)).toBe(true);
});

describe('a hostile folder is issues, never an exception', () => {
  const change = (path: string, text: string | undefined) => (): Map<string, string> => {
    const files = filesOf(small());
    if (text === undefined) files.delete(path);
    else files.set(path, text);
    return files;
  };
  for (const [what, files, code, at] of [
    ['broken JSON', change('fabric.json', '{\n"vpcs": [\n'), 'bad-json', { file: 'w/fabric.json' }],
    ['no world.json', change('world.json', undefined), 'missing-file', { file: 'w/world.json' }],
    ['no links', change('nodes/a/ip-link.json', undefined), 'missing-file', { file: 'w/nodes/a/ip-link.json' }],
    [
      'a binary file',
      change('nodes/a/iptables-save', '\u0000ELF'),
      'binary-file',
      { file: 'w/nodes/a/iptables-save', line: 1 },
    ],
    [
      'prototype keys',
      change('directory.json', '{"__proto__": {"nodes": []}, "constructor": 1}'),
      'bad-world',
      { file: 'w/directory.json' },
    ],
    [
      'origins of another shape',
      change('nodes/a/origins.json', '[1]'),
      'bad-world',
      { file: 'w/nodes/a/origins.json' },
    ],
    ['an unknown file', change('nodes/a/ip-rote.json', '[]'), 'unknown-file', { file: 'w/nodes/a/ip-rote.json' }],
    ['a file outside', change('notes.txt', ''), 'unknown-file', { file: 'w/notes.txt' }],
    [
      'a rule nobody knows',
      change('nodes/a/iptables-save', '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m nosuch --thing 1 -j ACCEPT\nCOMMIT\n'),
      undefined,
      { file: 'w/nodes/a/iptables-save', line: 3 },
    ],
  ] as const) {
    test(what, () => {
      const { issues } = readWorld(files(), 'w');
      expect(
        issues.map((issue) => (code === undefined ? { at: issue.at } : { code: issue.code, at: issue.at })),
      ).toContainEqual(
        expect.objectContaining(code === undefined ? { at } : { code, at: expect.objectContaining(at) }),
      );
    });
  }

  test('an unknown iptables rule only warns', () => {
    const files = change(
      'nodes/a/iptables-save',
      '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m nosuch --thing 1 -j ACCEPT\nCOMMIT\n',
    )();
    expect(readWorld(files).issues.filter((issue) => issue.severity === 'error')).toEqual([]);
  });

  test('names that stand for nothing, on their lines', () => {
    const fabric = {
      ...EMPTY_FABRIC,
      subnets: [
        {
          id: 's',
          vpc: 'vpc-9',
          zone: 'a',
          cidrs: [],
          routeTable: 'r',
          router: ip('10.0.0.1'),
          routerMac: mac('02:00:00:00:00:01'),
        },
      ],
      wires: [{ a: { netns: 'node/a', dev: 'eth7' }, b: { netns: 'pod/x/y', dev: 'eth0' } }],
    };
    const files = filesOf({ ...small(), fabric });
    const lines = (files.get('fabric.json') ?? '').split('\n');
    const { issues } = readWorld(files);
    expect(issues.map((issue) => issue.message)).toEqual([
      'No VPC "vpc-9" in this World',
      'No route table "r" in this World',
      'No device "eth7" in node/a',
      'No namespace "pod/x/y" in this World',
    ]);
    expect(lines[(issues[0]?.at.line ?? 0) - 1]).toContain('"vpc-9"');
    expect(lines[(issues[2]?.at.line ?? 0) - 1]).toContain('"eth7"');
  });
});

test('checking references does not compile a lazy namespace', () => {
  const lazy: ReadonlyMap<NetnsId, Netns> = Object.assign(new Map([[NODE, undefined as never]]), {
    get: () => expect.fail('compiled'),
  });
  const fabric = { ...EMPTY_FABRIC, wires: [{ a: { netns: NODE, dev: 'eth0' }, b: { netns: NODE, dev: 'eth1' } }] };
  expect(checkWorld({ ...small(), netns: lazy, fabric })).toEqual([]);
});
