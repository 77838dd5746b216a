import { describe, expect, test } from 'vitest';
import type { Fabric } from '../fabric/index.ts';
import {
  type Address,
  kernelRoutes,
  kernelRules,
  type Link,
  type Netns,
  type NetnsId,
  parseIptablesSave,
} from '../linux/index.ts';
import { cidr, ip, mac } from '../net/index.ts';
import { checkWorld } from './check-world.ts';
import { EMPTY_DIRECTORY } from './directory-json.ts';
import { EMPTY_FABRIC } from './fabric-json.ts';
import { folderOf, netnsOfFolder } from './folder.ts';
import { readArtefacts } from './read-netns.ts';
import { readWorld } from './read-world.ts';
import type { World } from './types.ts';
import { worldFiles } from './write-world.ts';

const save = parseIptablesSave(
  '*nat\n:KUBE-X - [0:0]\n-A PREROUTING -j KUBE-X\n-A KUBE-X -s 10.0.0.0/8 -j RETURN\n-A KUBE-X -s 10.0.0.0/8 -j RETURN\nCOMMIT\n',
  'x',
  4,
).value;
const filesOf = (made: World): Map<string, string> =>
  new Map([...worldFiles(made)].map(({ path, text }) => [path, text]));

test('a folder name is a namespace and back', () => {
  for (const id of ['node/a.b', 'pod/ns/name', 'internet/2600::1', 'host/..', 'odd/x/y'] as NetnsId[]) {
    expect(folderOf(id)).not.toMatch(/:|\/\.\.?(?:\/|$)/);
    expect(netnsOfFolder(folderOf(id))).toBe(id);
  }
  expect(netnsOfFolder('nodes')).toBeUndefined();
  expect(netnsOfFolder('nodes/%')).toBeUndefined();
  expect(netnsOfFolder('nodes/a%0Atouch%20x')).toBeUndefined();
});

const NODE = 'node/a' as NetnsId;
const LOCAL = 255;
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
    sysctls: new Map([
      ['net.ipv4.ip_forward', '1'],
      ['net.ipv4.conf.all.rp_filter', '0'],
      ['net.ipv4.conf.default.rp_filter', '0'],
      ['net.ipv4.ip_default_ttl', '64'],
      ['net.netfilter.nf_conntrack_tcp_be_liberal', '0'],
      ['net.netfilter.nf_conntrack_tcp_timeout_established', '432000'],
    ]),
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

test.each(['iptables-save', 'ip-rule.json', 'ip-route.json', 'ip-addr.json', 'ip-link.json'])(
  'without %s nothing is known of what the namespace does',
  (name) => {
    const files = filesOf(small());
    files.delete(`nodes/a/${name}`);
    const { value } = readWorld(files, 'w');
    expect(value.netns.get(NODE)?.unmodelled).toEqual([
      {
        scope: { kind: 'netns' },
        what: `w/nodes/a/${name} is missing from the World folder: what it would say is not known`,
        at: { file: `w/nodes/a/${name}` },
      },
    ]);
  },
);

describe('what a folder leaves open of settings and sockets', () => {
  const without = (name: string, line?: RegExp): Netns | undefined => {
    const files = filesOf(small());
    const path = `nodes/a/${name}`;
    const text = files.get(path) ?? '';
    if (line === undefined) files.delete(path);
    else
      files.set(
        path,
        text
          .split('\n')
          .filter((each) => !line.test(each))
          .join('\n'),
      );
    return readWorld(files, 'w').value.netns.get(NODE);
  };

  test('without ss nobody knows who listens; without sysctl nothing is known', () => {
    expect(without('ss')?.unmodelled.map(({ scope }) => scope)).toEqual([{ kind: 'sockets' }]);
    expect(without('sysctl')?.unmodelled.map(({ scope }) => scope)).toEqual([{ kind: 'netns' }]);
  });

  test('tables a node lacks are named, once however often the folder is written and read', () => {
    const entry = { name: 'a', netns: NODE, addresses: [], zone: 'z' };
    const world = { ...small(), directory: { ...EMPTY_DIRECTORY, nodes: [entry] } };
    const read = readWorld(filesOf(world), 'w').value;
    const what = (of: World): unknown => of.netns.get(NODE)?.unmodelled.map(({ what: each }) => each);
    expect(what(read)).toEqual(
      ['mangle', 'filter'].map(
        (name) => `w/nodes/a/iptables-save leaves out table ${name}: what its rules would do is not known`,
      ),
    );
    expect(readWorld(filesOf(read), 'w').value.netns.get(NODE)?.unmodelled).toEqual(read.netns.get(NODE)?.unmodelled);
  });

  const scopes = (name: string, line: RegExp): unknown => without(name, line)?.unmodelled.map(({ scope }) => scope);
  const DEFAULT = 253;

  test('routes of main alone tell nothing of the tables that rules ask, and the kernel keeps its own of local', () => {
    const files = filesOf(small());
    const main = (files.get('nodes/a/ip-route.json') ?? '').replaceAll(/,\n\{[^}]*"local"[^}]*\}/g, '');
    const read = readWorld(files.set('nodes/a/ip-route.json', main), 'w').value.netns.get(NODE);
    expect(read?.unmodelled.map(({ scope }) => scope)).toEqual([{ kind: 'routes', family: 4, table: DEFAULT }]);
    const local = (of: Netns | undefined) =>
      of?.routes.filter(({ table }) => table === LOCAL).map(({ dst }) => dst.text);
    expect(local(read)).toEqual(local(small().netns.get(NODE)));
    const again = { ...small(), netns: new Map([[NODE, read as Netns]]) };
    expect(readWorld(filesOf(again), 'w').value.netns.get(NODE)?.unmodelled).toEqual(read?.unmodelled);
  });

  test('a family it has addresses of, and no rule or no route', () => {
    expect(scopes('ip-rule.json', /inet/)).toEqual([{ kind: 'routes', family: 4 }]);
    expect(scopes('ip-route.json', /dst/)).toEqual([{ kind: 'routes', family: 4 }]);
  });

  test('sockets of one protocol tell nothing of another', () => {
    const files = filesOf(small());
    files.set('nodes/a/ss', 'LISTEN 0 128 0.0.0.0:80 0.0.0.0:*\n');
    const { value, issues } = readWorld(files, 'w');
    expect(value.netns.get(NODE)?.unmodelled.map(({ scope }) => scope)).toEqual(
      ['udp', 'udplite', 'sctp'].map((protocol) => ({ kind: 'sockets', protocol })),
    );
    expect(issues.map(({ code, at }) => [code, at.file])).toEqual(Array(3).fill(['dump-incomplete', 'w/nodes/a/ss']));
    expect(readWorld(filesOf(value), 'w').value.netns.get(NODE)?.unmodelled).toEqual(value.netns.get(NODE)?.unmodelled);
  });

  test('settings a part of sysctl does not have, and images differ in, are named', () => {
    const left = without('sysctl', /forward|rp_filter/)?.unmodelled;
    expect(left?.map(({ what }) => what)).toEqual([
      'w/nodes/a/sysctl does not say net.ipv4.ip_forward',
      'w/nodes/a/sysctl does not say net.ipv4.conf.all.rp_filter, or not for every device',
    ]);
  });
});

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
    [
      'a device whose name ends a line',
      change('nodes/a/ip-link.json', '[{"ifindex":1,"ifname":"eth0\\ntouch x","mtu":1500}]'),
      'bad-field',
      { file: 'w/nodes/a/ip-link.json', line: 1 },
    ],
    [
      'a zone whose name ends a line',
      change('directory.json', '{"nodes": [\n{"name":"a","netns":"node/a","addresses":[],"zone":"z\\ntouch x"}]}'),
      'bad-world',
      { file: 'w/directory.json', line: 2 },
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

test('a route whose target is of another VPC', () => {
  const vpc = (id: string, block: string) => ({ id, region: 'us-east-1', cidrs: [cidr(block)] });
  const fabric: Fabric = {
    ...EMPTY_FABRIC,
    vpcs: [vpc('vpc-a', '10.0.0.0/16'), vpc('vpc-b', '10.1.0.0/16')],
    internetGateways: [
      { id: 'igw-a', vpc: 'vpc-a' },
      { id: 'igw-b', vpc: 'vpc-b' },
    ],
    routeTables: [
      {
        id: 'r',
        vpc: 'vpc-a',
        routes: ['igw-a', 'igw-b'].map((id) => ({
          destination: cidr('0.0.0.0/0'),
          target: { kind: 'internet-gateway', id },
          state: 'active',
        })),
      },
    ],
  };
  expect(readWorld(filesOf({ ...small(), fabric })).issues.map(({ message }) => message)).toEqual([
    'A route of vpc-a has internet-gateway "igw-b" of vpc-b for its target',
  ]);
});

test('checking references does not compile a lazy namespace', () => {
  const lazy: ReadonlyMap<NetnsId, Netns> = Object.assign(new Map([[NODE, undefined as never]]), {
    get: () => expect.fail('compiled'),
  });
  const fabric = { ...EMPTY_FABRIC, wires: [{ a: { netns: NODE, dev: 'eth0' }, b: { netns: NODE, dev: 'eth1' } }] };
  expect(checkWorld({ ...small(), netns: lazy, fabric })).toEqual([]);
});

test.each([
  ['0', '1', ['contradicting-sysctls']],
  ['0', '0', []],
] as const)('ip_forward %s beside conf.all.forwarding %s', (forward, all, codes) => {
  const text = `net.ipv4.conf.all.forwarding = ${all}\nnet.ipv4.conf.eth0.forwarding = 1\nnet.ipv4.ip_forward = ${forward}\n`;
  const { issues } = readArtefacts(new Map([['sysctl', { path: 'nodes/a/sysctl', text }]]));
  expect(issues.map((issue) => issue.code)).toEqual(codes);
  for (const issue of issues) expect(issue.at).toEqual({ file: 'nodes/a/sysctl', line: 3 });
});
