import { readFileSync } from 'node:fs';
import { afterAll, describe, expect } from 'vitest';
import { type Lab, openLab } from '../../src/lab/index.ts';
import { exampleWorld } from '../lab/worlds.ts';
import { kernelTest } from './kernel.ts';

// The article's cluster on the kernel: what the VPC, its gateways and the internet do to packets, seen by both ends.

const PROBE = readFileSync(new URL('../lab/probe.py', import.meta.url), 'utf8');
const TOOLBOX = 'pod/packetlab/toolbox-a-6fb5b9b786-lszr4';
const ECHO = 'pod/packetlab/echoserver-545755bc68-7kqgd';
const NODE_75 = 'node/ip-10-0-0-75.ec2.internal';
const NODE_49 = 'node/ip-10-0-0-49.ec2.internal';
const CHECKIP = 'internet/checkip';

let opened: Promise<Lab> | undefined;
const articleLab = (): Promise<Lab> => (opened ??= openLab(exampleWorld('article')));
afterAll(async () => (await opened)?.holder.end());

interface Ask {
  readonly ask: 'tcp' | 'udp' | 'hops';
  readonly from: string;
  readonly to: string;
  readonly at?: string;
  readonly [more: string]: string | number | undefined;
}

/** What both ends saw, question by question. Places are namespaces' labels. */
async function asked(...asks: readonly Ask[]): Promise<readonly unknown[]> {
  const lab = await articleLab();
  const nameOf = (label: string | undefined): string | undefined =>
    lab.plan.namespaces.find((each) => each.label === label)?.name;
  const stdin = JSON.stringify(asks.map((ask) => ({ ...ask, from: nameOf(ask.from), at: nameOf(ask.at) })));
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
    ['the resolver does nothing but DNS', tcp(NODE_49, '10.0.0.2', 80, 'resolver/vpc-packetlab'), /^timed out$/],
    ['nobody comes in by a NAT gateway', tcp(CHECKIP, '44.218.31.211', 80, 'nat-gateway/nat-a'), /^timed out$/],
    ['private addresses are not on the internet', tcp(CHECKIP, '10.0.0.75', 22, NODE_75), /^timed out$/],
    ['an address nobody owns', tcp(TOOLBOX, '10.0.9.9', 80, ECHO), /^timed out$/],
    ["the router's own address", tcp(TOOLBOX, '10.0.0.1', 80, 'vpc/vpc-packetlab'), /^timed out$/],
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
});

describe('the source/destination check', () => {
  kernelTest("a source that is not the ENI's own", async () => {
    const asks = ['10.0.0.49', '10.0.2.127', '10.0.0.50', '10.0.7.7', '8.8.8.8'].map((spoof) =>
      udp(NODE_49, '10.0.1.228', 'node/ip-10-0-1-228.ec2.internal', { spoof }),
    );
    expect(await asked(...asks)).toEqual([
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

kernelTest('ARP is answered with the MAC of the ENI that owns the address, and for its own subnet alone', async () => {
  const lab = await articleLab();
  const node = lab.plan.namespaces.find((each) => each.label === NODE_75)?.name;
  await asked(udp(NODE_75, '10.0.2.127', ECHO), udp(NODE_75, '10.0.3.9', ECHO));
  const { stdout } = await lab.executor.run({ netns: node, argv: ['ip', 'neigh'], stdin: '' });
  const eni = exampleWorld('article').fabric.enis.find((each) =>
    each.addresses.some((address) => address === '10.0.2.127'),
  );
  expect(stdout).toContain(`10.0.2.127 dev ens5 lladdr ${eni?.mac}`);
  expect(stdout).not.toMatch(/10\.0\.3\.9 .*lladdr/);
});
