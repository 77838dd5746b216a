import { readFileSync } from 'node:fs';
import { afterAll, describe, expect } from 'vitest';
import { type Lab, openLab } from '../../src/lab/index.ts';
import type { World } from '../../src/world/index.ts';
import { exampleFiles, exampleWorld, ipv6World, worldOf } from '../lab/worlds.ts';
import { kernelTest } from './kernel.ts';

// The article's cluster on the kernel: what the VPC, its gateways and the internet do to packets, seen by both ends.

const PROBE = readFileSync(new URL('../lab/probe.py', import.meta.url), 'utf8');
const TOOLBOX = 'pod/packetlab/toolbox-a-6fb5b9b786-lszr4';
const ECHO = 'pod/packetlab/echoserver-545755bc68-7kqgd';
const NODE_75 = 'node/ip-10-0-0-75.ec2.internal';
const NODE_49 = 'node/ip-10-0-0-49.ec2.internal';
const CHECKIP = 'internet/checkip';

const opened = new Map<string, Promise<Lab>>();
function labOf(name: string, world: () => World): Promise<Lab> {
  const lab = opened.get(name) ?? openLab(world());
  opened.set(name, lab);
  return lab;
}
const articleLab = (): Promise<Lab> => labOf('article', () => exampleWorld('article'));
afterAll(async () => {
  for (const lab of opened.values()) (await lab).holder.end();
});

interface Ask {
  readonly ask: 'tcp' | 'udp' | 'hops';
  readonly from: string;
  readonly to: string;
  readonly at?: string;
  readonly [more: string]: string | number | undefined;
}

/** What both ends saw, question by question. Places are namespaces' labels. */
const asked = async (...asks: readonly Ask[]): Promise<readonly unknown[]> => ask(await articleLab(), asks);

async function ask(lab: Lab, asks: readonly Ask[]): Promise<readonly unknown[]> {
  const nameOf = (label: string | undefined): string | undefined =>
    lab.plan.namespaces.find((each) => each.label === label)?.name;
  const stdin = JSON.stringify(asks.map((each) => ({ ...each, from: nameOf(each.from), at: nameOf(each.at) })));
  const { stdout, stderr, status } = await lab.executor.run({
    netns: undefined,
    argv: ['python3', '-c', PROBE],
    stdin,
  });
  if (status !== 0) throw new Error(stderr);
  return stdout
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

const tcp = (from: string, to: string, port: number, at: string, listen = port): Ask => ({
  ask: 'tcp',
  from,
  to,
  port,
  at,
  listen,
});
const udp = (from: string, to: string, at: string, more: Readonly<Record<string, string | number>> = {}): Ask => ({
  ask: 'udp',
  from,
  to,
  at,
  ...more,
});
/** A question nothing answers is not waited for. */
const unheard = (ask: Ask): Ask => ({ ...ask, wait: 0.5 });
const hops = (from: string, to: string): Ask => ({ ask: 'hops', from, to });

describe('who sees whom', () => {
  for (const [name, ask, want] of [
    ['a pod inside the VPC', tcp(TOOLBOX, '10.0.2.127', 8080, ECHO), /^sees 10\.0\.1\.51:\d+$/],
    ['through the NAT gateway', tcp(TOOLBOX, '203.0.113.80', 80, CHECKIP), /^sees 44\.218\.31\.211:\d{4,5}$/],
    ['a host nobody declared', tcp(TOOLBOX, '8.8.8.8', 53, 'internet/*'), /^sees 44\.218\.31\.211:\d{4,5}$/],
    ['the API server', tcp(TOOLBOX, '172.20.0.1', 443, 'control-plane/packetlab'), /^sees 10\.0\.1\.51:\d+$/],
    [
      'the API server by its other card',
      tcp(TOOLBOX, '10.0.4.200', 443, 'control-plane/packetlab'),
      /^sees 10\.0\.1\.51:/,
    ],
    ['the resolver', tcp(NODE_49, '10.0.0.2', 53, 'resolver/vpc-packetlab'), /^sees 10\.0\.0\.49:\d+$/],
    [
      'the resolver does nothing but DNS',
      unheard(tcp(NODE_49, '10.0.0.2', 80, 'resolver/vpc-packetlab')),
      /^timed out$/,
    ],
    [
      'nobody comes in by a NAT gateway',
      unheard(tcp(CHECKIP, '44.218.31.211', 80, 'nat-gateway/nat-a')),
      /^timed out$/,
    ],
    ['private addresses are not on the internet', unheard(tcp(CHECKIP, '10.0.0.75', 22, NODE_75)), /^timed out$/],
    ['an address nobody owns', unheard(tcp(TOOLBOX, '10.0.9.9', 80, ECHO)), /^timed out$/],
    ["the router's own address", unheard(tcp(TOOLBOX, '10.0.0.1', 80, 'vpc/vpc-packetlab')), /^timed out$/],
  ] as const)
    kernelTest(name, async () => expect((await asked(ask))[0]).toMatch(want));
});

describe('hops', () => {
  kernelTest('the VPC is none', async () => {
    expect(await asked(hops(TOOLBOX, '10.0.2.127'), hops(NODE_49, '10.0.0.75'))).toEqual([
      ['11/0 from 10.0.0.75', '11/0 from 10.0.0.49', '3/3 from 10.0.2.127'],
      ['3/3 from 10.0.0.75'],
    ]);
  });
  kernelTest('the NAT gateway is one, internet gateway and internet are none', async () => {
    expect(await asked(hops(TOOLBOX, '203.0.113.80'))).toEqual([
      ['11/0 from 10.0.0.75', '11/0 from 10.0.100.10', '3/3 from 203.0.113.80'],
    ]);
  });
  for (const [ttl, want] of [
    [1, 1],
    [64, 64],
    [254, 254],
    [255, 255],
  ] as const)
    kernelTest(`a TTL of ${ttl} crosses the VPC as it is`, async () =>
      expect(await asked(udp(NODE_49, '10.0.0.75', NODE_75, { ttl }))).toEqual([`arrives from 10.0.0.49 ttl ${want}`]),
    );
  for (const [ttl, want] of [
    [2, 1],
    [64, 63],
    [254, 253],
    [255, 254],
  ] as const)
    kernelTest(`a TTL of ${ttl} loses one at the NAT gateway and nowhere else on its way out`, async () =>
      expect(await asked(udp(NODE_49, '203.0.113.80', CHECKIP, { ttl }))).toEqual([
        `arrives from 44.218.31.211 ttl ${want}`,
      ]),
    );
});

describe('the source/destination check', () => {
  kernelTest("a source that is not the ENI's own", async () => {
    const from = (spoof: string): Ask => udp(NODE_49, '10.0.1.228', 'node/ip-10-0-1-228.ec2.internal', { spoof });
    const others = ['10.0.0.50', '10.0.7.7', '8.8.8.8'].map((spoof) => unheard(from(spoof)));
    expect(await asked(from('10.0.0.49'), from('10.0.2.127'), ...others)).toEqual([
      'arrives from 10.0.0.49 ttl 64',
      'arrives from 10.0.2.127 ttl 64',
      'silence',
      'silence',
      'silence',
    ]);
  });
});

describe('what does not fit', () => {
  for (const [name, size, to, want] of [
    ['9001 bytes inside the VPC', 9001, '10.0.1.228', 'arrives from 10.0.0.49 ttl 64'],
    ['1500 bytes to the internet', 1500, '203.0.113.80', '3/3 from 203.0.113.80'],
    ["1501 bytes: the router of the gateway's subnet says so", 1501, '203.0.113.80', '3/4 from 10.0.100.1 mtu 1500'],
    ['8501 bytes: the NAT gateway says so', 8501, '203.0.113.80', '3/4 from 10.0.100.10 mtu 8500'],
  ] as const)
    kernelTest(name, async () =>
      expect(await asked(udp(NODE_49, to, 'node/ip-10-0-1-228.ec2.internal', { size }))).toEqual([want]),
    );
});

describe('who is asked for on a subnet', () => {
  const { enis, subnets } = exampleWorld('article').fabric;
  const neighbours = async (): Promise<string> => {
    const lab = await articleLab();
    const node = lab.plan.namespaces.find((each) => each.label === NODE_75)?.name;
    return (await lab.executor.run({ netns: node, argv: ['ip', 'neigh'], stdin: '' })).stdout;
  };

  kernelTest('an address of an ENI: it has the MAC of that ENI', async () => {
    await asked(udp(NODE_75, '10.0.2.127', ECHO));
    const eni = enis.find((each) => each.addresses.some((address) => address === '10.0.2.127'));
    expect(await neighbours()).toContain(`10.0.2.127 dev ens5 lladdr ${eni?.mac}`);
  });
  kernelTest('an address nobody owns: it is answered for, and what is sent there is never heard of', async () => {
    expect(await asked(unheard(udp(NODE_75, '10.0.3.9', ECHO)))).toEqual(['silence']);
    const subnet = subnets.find(({ id }) => id === enis.find((each) => each.addresses[0] === '10.0.0.75')?.subnet);
    expect(await neighbours()).toContain(`10.0.3.9 dev ens5 lladdr ${subnet?.routerMac}`);
  });
  kernelTest('an address of another subnet: nobody answers', async () => {
    const lab = await articleLab();
    const node = lab.plan.namespaces.find((each) => each.label === NODE_75)?.name;
    const route = async (verb: string): Promise<unknown> =>
      lab.executor.run({ netns: node, argv: ['ip', 'route', verb, '10.0.4.200/32', 'dev', 'ens5'], stdin: '' });
    await route('add');
    await asked(udp(NODE_75, '10.0.4.200', ECHO));
    await route('del');
    expect(await neighbours()).not.toMatch(/10\.0\.4\.200 .*lladdr/);
  });
});

describe('IPv6', () => {
  const world = ipv6World();
  const pods = world.directory.pods.filter((pod) => pod.name.startsWith('web-'));
  const [first, ...others] = pods.map((pod) => ({ label: pod.netns as string, address: pod.addresses[0] ?? '' }));
  const from = first?.label ?? '';
  const sees = new RegExp(`^sees ${first?.address}:\\d+$`);
  const answer = async (...asks: readonly Ask[]): Promise<readonly unknown[]> =>
    ask(await labOf('six', () => world), asks);

  kernelTest('pods on other nodes, of the same subnet and of another', async () => {
    expect(others).toHaveLength(3);
    for (const said of await answer(...others.map(({ label, address }) => tcp(from, address, 80, label))))
      expect(said).toMatch(sees);
  });
  kernelTest('out by the egress-only gateway, untranslated; nobody comes in by it', async () => {
    const out = tcp(from, '2606:4700::1111', 443, 'internet/*');
    const back: Ask = { ...unheard(tcp('internet/*', first?.address ?? '', 80, from)), source: '2606:4700::1111' };
    const [went, came] = await answer(out, back);
    expect(went).toMatch(sees);
    expect(came).toBe('timed out');
  });
  kernelTest('a neighbour has the MAC of the ENI that owns it; one nobody owns is answered for', async () => {
    const lab = await labOf('six', () => world);
    const node = world.directory.nodes.find(
      ({ name }) => name === world.directory.pods.find(({ netns }) => netns === from)?.node,
    );
    const subnet = world.fabric.subnets.find(({ id }) =>
      world.fabric.enis.some((eni) => eni.attachment?.netns === node?.netns && eni.subnet === id),
    );
    const others = world.fabric.enis.filter(
      (eni) => eni.subnet === subnet?.id && eni.attachment !== null && eni.attachment.netns !== node?.netns,
    );
    const wanted = others.map(
      (eni) => [eni.addresses.find((address) => address.includes(':')) ?? '', eni.mac] as const,
    );
    expect(wanted).not.toEqual([]);
    const block = subnet?.cidrs.find(({ family }) => family === 6)?.text ?? '';
    const nobodys = block.replace(/::\/64$/, ':0:abc:0:1');
    const netns = lab.plan.namespaces.find(({ id }) => id === node?.netns)?.name;
    for (const address of [...wanted.map(([each]) => each), nobodys])
      await lab.executor.run({ netns, argv: ['ping', '-6', '-c', '1', '-W', '1', address], stdin: '' });
    const { stdout } = await lab.executor.run({ netns, argv: ['ip', '-6', 'neigh'], stdin: '' });
    for (const [address, mac] of [...wanted, [nobodys, subnet?.routerMac]])
      expect(stdout).toContain(`${address} dev ens5 lladdr ${mac} `);
  });
});

describe('a summary that comes back through the default', () => {
  const looping = (): World =>
    worldOf(
      exampleFiles('on-prem').map(({ path, text }) => ({
        path,
        text: text
          .replaceAll('routeTable: shared', 'routeTable: spokes')
          .replaceAll('{ destination: 10.60.0.0/16, target: tgw-hub }', '{ destination: 10.0.0.0/8, target: tgw-hub }'),
      })),
    );
  kernelTest('what nobody has dies at the transit gateway, where it would go round for ever', async () => {
    const lab = await labOf('loop', looping);
    const nameOf = (label: string): string => lab.plan.namespaces.find((each) => each.label === label)?.name ?? label;
    const run = (label: string, ...argv: [string, ...string[]]): ReturnType<Lab['executor']['run']> =>
      lab.executor.run({ netns: nameOf(label), argv, stdin: '' });
    const ping = await run('pod/shop/on-primary-eni', 'ping', '-c', '2', '-W', '1', '10.99.0.1');
    expect(ping.stdout).toContain('2 packets transmitted, 0 received');
    const seen = (await run('transit-gateway/tgw-hub', 'cat', '/proc/net/dev')).stdout.matchAll(/: +\d+ +(\d+)/g);
    const packets = [...seen].map(([, count]) => Number(count));
    // From the VPC to the gateway and by its default to the next one's table, twice.
    expect(packets.reduce((sum, count) => sum + count, 0)).toBeLessThan(10);
  });
});
