import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, expect } from 'vitest';
import { idOf } from '../../src/lab/exec/adopt-netns.ts';
import { COMPILED_FILE, insideLab, type Lab, planLab, readRecord } from '../../src/lab/index.ts';
import { type Address, kernelRoutes, type Route } from '../../src/linux/index.ts';
import { familyOf, ip } from '../../src/net/index.ts';
import type { World } from '../../src/world/index.ts';
import { exampleWorld, ipv6World, podsOn, worldOf } from '../lab/worlds.ts';
import { randomCluster } from '../proof/clusters.ts';
import {
  article,
  change,
  changed,
  expectHeld,
  fabricOf,
  NO_RULES,
  NODE,
  TOOLBOX,
  withLab,
  withSets,
} from './changed-lab.ts';
import { kernelTest } from './kernel.ts';

// A lab that is changed holds what a new one would hold, and what did not change was not touched.

function withoutPod(id: string): World {
  const wires = article.fabric.wires.filter(({ a, b }) => a.netns !== id && b.netns !== id);
  const ends = article.fabric.wires.flatMap(({ a, b }) => (b.netns === id ? [a] : []));
  const netns = new Map([...article.netns].filter(([key]) => key !== id));
  for (const { netns: node, dev } of ends) {
    const [, of] = [...netns].find(([key]) => key === node) ?? [];
    if (of === undefined) continue;
    const mine = of.routes.filter((route) => route.dev === dev).map((route) => route.dst.text);
    netns.set(of.id, {
      ...of,
      links: of.links.filter((link) => link.ifname !== dev),
      routes: of.routes.filter((route) => route.dev !== dev),
      rules: of.rules.filter((rule) => !mine.includes(rule.dst?.text ?? '') && !mine.includes(rule.src?.text ?? '')),
      neighbours: of.neighbours.filter((entry) => entry.dev !== dev),
      sysctls: new Map([...of.sysctls].filter(([name]) => !name.includes(`.${dev}.`))),
    });
  }
  return { ...article, netns, fabric: { ...article.fabric, wires } };
}

describe('there and back', () => {
  for (const [name, other] of [
    ['a pod goes and comes', withoutPod(TOOLBOX)],
    [
      'rules, first and last',
      changed(NODE, ({ rules }) => ({ rules: rules.filter((rule) => rule.priority !== 32765) })),
    ],
    ['a table of routes', changed(NODE, ({ routes }) => ({ routes: routes.filter((route) => route.table !== 2) }))],
    [
      'a kernel route that was taken back',
      changed(NODE, ({ routes }) => ({
        routes: routes.filter((route) => route.table !== 255 || route.dev !== 'ens7'),
      })),
    ],
    [
      'an address',
      changed(NODE, ({ addresses, routes }) => ({
        addresses: addresses.filter(({ dev }) => dev !== 'ens7'),
        routes: routes.filter(({ dev, table }) => dev !== 'ens7' || table !== 255),
      })),
    ],
    [
      'settings of all, default and one device',
      changed(NODE, ({ sysctls }) => ({
        sysctls: new Map([...sysctls].map(([key, value]) => [key, key.endsWith('.rp_filter') ? '1' : value])),
      })),
    ],
    [
      'forwarding, but for one device',
      changed(NODE, ({ sysctls }) => ({
        sysctls: new Map(
          [...sysctls].map(([key, value]) => [
            key,
            /^net\.ipv4.*forward(?:ing)?$/.test(key) && !key.includes('ens6') ? '0' : value,
          ]),
        ),
      })),
    ],
    ['every iptables rule', changed(NODE, () => ({ iptables: NO_RULES }))],
    [
      'a device of another size',
      changed(NODE, ({ links }) => ({
        links: links.map((link) => (link.ifname === 'ens6' ? { ...link, mtu: 1500 } : link)),
      })),
    ],
    ['sets of ipset', withSets('create BAD hash:ip family inet hashsize 1024 maxelem 65536\nadd BAD 198.51.100.7\n')],
    ['another cluster', exampleWorld('external-snat')],
  ] as const)
    kernelTest(name, () =>
      withLab(article, async (lab) => {
        const before = await fabricOf(lab, article);
        for (const world of [other, article]) {
          expect(await change(lab, world)).toBeGreaterThan(0);
          await expectHeld(lab, world);
        }
        expect(await fabricOf(lab, article)).toEqual(before);
        expect(await change(lab, article)).toBe(0);
      }),
    );
});

kernelTest('what no namespace holds is changed too: the names a lab was compiled with', () =>
  withLab(article, async (lab) => {
    lab.executor.writeFile(COMPILED_FILE, 'as it was');
    expect(await change(lab, { ...article, name: 'renamed' })).toBe(0);
    const { identity } = lab.holder;
    expect(readFileSync(insideLab(identity.pid, COMPILED_FILE), 'utf8').includes('renamed')).toBe(true);
    expect(readRecord(identity)?.world).toBe('renamed');
  }),
);

kernelTest('a setting nobody speaks of any more is as in a new namespace, in the one there was', () => {
  const spoken = changed(NODE, ({ sysctls }) => ({
    sysctls: new Map([
      ...sysctls,
      ['net.ipv4.icmp_echo_enable_probe', '1'],
      ['net.ipv4.conf.default.arp_announce', '2'],
    ]),
  }));
  return withLab(spoken, async (lab) => {
    const { name = '' } = lab.plan.namespaces.find(({ id }) => id === NODE) ?? {};
    const keys = ['net.ipv4.icmp_echo_enable_probe', 'net.ipv4.conf.ens6.arp_announce'];
    const values = () => [...lab.executor.getSysctls(name, keys).values()];
    const before = idOf(lab.netnsPath(name));
    expect(values()).toEqual(['1', '2']);
    await change(lab, article);
    expect(values()).toEqual(['0', '0']);
    expect(idOf(lab.netnsPath(name))).toBe(before);
    await expectHeld(lab, article);
  });
});

/** Everything a namespace shows of itself; addresses in the order the kernel has them. */
async function holdings(lab: Lab, world: World): Promise<Readonly<Record<string, string>>> {
  const texts: Record<string, string> = await fabricOf(lab, world);
  for (const { name, label } of planLab(world).namespaces) {
    const argv: readonly [string, ...string[]] = [
      'sh',
      '-c',
      "ip -o addr show scope global | sed 's/^[0-9]*: //'; ip rule; ip -6 rule",
    ];
    const { stdout } = await lab.executor.run({ netns: name, argv, stdin: '' });
    texts[`${label} in order`] = stdout;
  }
  return texts;
}

describe('from one random cluster to another: as on a new lab', () => {
  const SEED = Number(process.env.SEED || 20_261_121);
  for (const at of [0, 2, 4]) {
    const [one, other] = [randomCluster(SEED + at), randomCluster(SEED + at + 1)];
    kernelTest(`${one.name} → ${other.name}`, () =>
      withLab(one.world, async (lab) => {
        for (const { world } of [other, one]) {
          await change(lab, world);
          await expectHeld(lab, world);
          expect(await holdings(lab, world)).toEqual(await withLab(world, (fresh) => holdings(fresh, world)));
        }
      }),
    );
  }
});

describe("a device's addresses after a change stand as on a new lab", () => {
  const NODE6 = [...ipv6World().netns.keys()].find((id) => id.startsWith('node/')) ?? expect.fail('no node');
  const withAddresses = (...texts: readonly string[]): World => {
    const world = ipv6World();
    const netns = new Map(world.netns);
    const node = world.netns.get(NODE6) ?? expect.fail('no node');
    const more = texts.map((text): Address => {
      const local = ip(text);
      const six = familyOf(local) === 6;
      const prefixlen = six ? 128 : 32;
      const like = { dev: 'ens5', local, prefixlen, scope: 'global' } as const;
      return six ? { ...like, family: 6 } : { ...like, family: 4, label: 'ens5' };
    });
    const own = [...node.addresses, ...more];
    const made = kernelRoutes(own, node.links, { forwarding6: true });
    const had = kernelRoutes(node.addresses, node.links, { forwarding6: true });
    const textOf = (route: Route): string => `${route.type} ${route.dst.text} ${route.dev} ${route.table}`;
    const added = made.filter((route) => !had.some((each) => textOf(each) === textOf(route)));
    netns.set(NODE6, { ...node, addresses: own, routes: [...node.routes, ...added] });
    return { ...world, netns };
  };
  for (const [name, before, after] of [
    ['one more before the others', ['2001:db8::5', '2001:db8::6'], ['2001:db8::7', '2001:db8::5', '2001:db8::6']],
    ['one less', ['2001:db8::5', '2001:db8::6', '2001:db8::7'], ['2001:db8::5', '2001:db8::7']],
    ['another in between', ['2001:db8::5', '2001:db8::6'], ['2001:db8::5', '2001:db8::8', '2001:db8::6']],
    ['IPv4: turned round', ['198.51.100.5', '198.51.100.6'], ['198.51.100.6', '198.51.100.5']],
  ] as const)
    kernelTest(name, () =>
      withLab(withAddresses(...before), async (lab) => {
        const world = withAddresses(...after);
        expect(await change(lab, world)).toBeGreaterThan(0);
        await expectHeld(lab, world);
        expect(await holdings(lab, world)).toEqual(await withLab(world, (fresh) => holdings(fresh, world)));
      }),
    );
});

kernelTest('pods come and go: who stays keeps its namespace, and what is held is a World', () =>
  withLab(podsOn('a', 'b', 'c'), async (lab) => {
    const idOfPod = (name: string): string =>
      idOf(lab.netnsPath(lab.plan.namespaces.find(({ label }) => label === `pod/t/${name}`)?.name ?? '')) ?? '';
    const before = idOfPod('c');
    for (const names of [
      ['a', 'c'],
      ['a', 'c', 'd'],
      ['a', 'aa', 'c', 'd'],
    ]) {
      expect(await change(lab, podsOn(...names))).toBeGreaterThan(0);
      expect(idOfPod('c')).toBe(before);
    }
  }),
);

/** A cluster of two nodes, and which of them its pods are on. */
function podsAt(nodeOf: Readonly<Record<string, string>>): World {
  const pods = Object.entries(nodeOf).map(
    ([name, node]) => `---
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: t }
spec: { nodeName: ${node}, containers: [{ name: c, image: x }] }
`,
  );
  const nodes = ['n1', 'n2'].map(
    (name, i) => `---
apiVersion: packetwalk.dev/v1alpha1
kind: NodeNetwork
spec: { node: ${name}, subnet: a, primaryIp: 10.0.0.1${i} }
`,
  );
  const text = `apiVersion: packetwalk.dev/v1alpha1
kind: Network
spec:
  region: us-east-1
  clusterVpc: v
  vpcs: [{ id: v, cidrs: [10.0.0.0/16], subnets: [{ id: a, cidr: 10.0.0.0/22, zone: us-east-1a, routeTable: r }], routeTables: [{ id: r, routes: [] }] }]
${[...nodes, ...pods].join('')}`;
  return worldOf([{ path: 'in.yaml', text }]);
}

kernelTest('pods change their nodes: each is another pod there, and takes a number that is free', () =>
  withLab(podsAt({ a: 'n1', b: 'n2', c: 'n1' }), async (lab) => {
    for (const next of [
      { a: 'n2', b: 'n2', c: 'n1' },
      { a: 'n1', b: 'n1', c: 'n2' },
      { b: 'n1', c: 'n1', d: 'n2' },
      { a: 'n1', b: 'n2', c: 'n1' },
    ])
      expect(await change(lab, podsAt(next))).toBeGreaterThan(0);
  }),
);

/** One TCP connection from a pod to a Service, kept open: a line to its stdin goes there and back, and what the server saw is said. */
const CONNECTION = `
import ctypes, os, socket, sys
def enter(netns):
    ctypes.CDLL(None).setns(os.open('/var/run/netns/' + netns, os.O_RDONLY), 0x40000000)
servers = []
for netns in sys.argv[2:]:
    enter(netns); servers.append(socket.socket()); servers[-1].bind(('', 8080)); servers[-1].listen(); servers[-1].setblocking(False)
enter(sys.argv[1])
client = socket.create_connection(('172.20.122.189', 80), 60)
for server in servers:
    try: far, peer = server.accept(); far.setblocking(True)
    except OSError: pass
client.settimeout(60); far.settimeout(60)
print('open', flush=True)
for line in sys.stdin:
    try:
        client.sendall(line.encode()); far.sendall(far.recv(99)); print(client.recv(99).decode().strip(), peer[0], flush=True)
    except OSError as error: print(error, flush=True)
`;

kernelTest('an open connection goes on while its Service, its node and its neighbours change', () =>
  withLab(article, async (lab) => {
    const nameOf = (label: string): string => lab.plan.namespaces.find((each) => each.label === label)?.name ?? label;
    const servers = lab.plan.namespaces.filter(({ label }) => label.includes('/echoserver-')).map(({ name }) => name);
    const argv = [
      '-t',
      `${lab.holder.identity.pid}`,
      '-m',
      '-n',
      'python3',
      '-c',
      CONNECTION,
      nameOf(TOOLBOX),
      ...servers,
    ];
    const python: ChildProcessWithoutNullStreams = spawn('nsenter', argv);
    const lines = createInterface(python.stdout)[Symbol.asyncIterator]();
    const said = async (): Promise<unknown> => (await lines.next()).value;
    expect(await said()).toBe('open');
    const otherRules = exampleWorld('article', { AWS_VPC_K8S_CNI_EXTERNALSNAT: 'false' });
    for (const [i, world] of [otherRules, withoutPod('pod/packetlab/bystander'), article].entries()) {
      await change(lab, world);
      python.stdin.write(`line ${i}\n`);
      expect(await said()).toBe(`line ${i} 10.0.1.51`);
    }
    python.stdin.end();
    await new Promise((resolve) => python.on('close', resolve));
  }),
);
