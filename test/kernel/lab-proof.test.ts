import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { proofCases } from '../../src/cli/proof/proof-cases.ts';
import { type Proof, proveWorld } from '../../src/cli/proof/prove-world.ts';
import { run } from '../../src/cli/run.ts';
import { enterSandbox } from '../../src/lab/exec/ffi/index.ts';
import { type Lab, openLab } from '../../src/lab/index.ts';
import { type KernelPlane, kernelPlane } from '../../src/lab/observe/index.ts';
import { loadWorld } from '../../src/load/index.ts';
import type { Protocol } from '../../src/net/index.ts';
import { ip } from '../../src/net/index.ts';
import { plain } from '../../src/render/index.ts';
import type { World } from '../../src/world/index.ts';
import { exampleWorld, ipv6World } from '../lab/worlds.ts';
import { kernelTest } from './kernel.ts';

const ALL = { most: 10_000, seed: 1 };
const EXAMPLE = ['-f', 'examples/article'];

const closing: (() => void)[] = [];
afterAll(() => {
  for (const close of closing.reverse()) close();
});

async function planeOf(world: World): Promise<KernelPlane> {
  const lab: Lab = await openLab(world);
  closing.push(() => lab.holder.end());
  enterSandbox();
  const plane = kernelPlane(world, lab, { served: false });
  closing.push(() => plane.close());
  return plane;
}

const differencesOf = ({ differences }: Proof): readonly string[] =>
  differences.map(({ case: { from, to }, difference }) => `${from} → ${to}: ${JSON.stringify(difference)}`);

/** The same walk again and again. */
const again = (count: number, from: string, to: string, dport: number, protocol: Protocol) =>
  Array.from({ length: count }, () => ({ from, to, probe: { from, dst: ip(to), dport, protocol } }));

describe('each walk of a kernel plane begins as if it were the first', () => {
  const world = exampleWorld('article', { 'svc/packetlab/echo-clusterip:spec.sessionAffinity': 'ClientIP' });
  const pod = world.directory.pods.find(({ name }) => name.startsWith('toolbox-a'))?.netns ?? '';

  kernelTest('connections nobody accepts, and a client that is remembered, are gone before the next', async () => {
    const plane = await planeOf(world);
    const proof = await proveWorld(world, plane, [
      ...again(80, pod, '172.20.122.189', 80, 'tcp'),
      ...again(80, pod, '10.0.2.127', 8080, 'tcp'),
    ]);
    expect(differencesOf(proof)).toEqual([]);
    expect(proof.packets).toBe(160 * 3);
  });
});

kernelTest('an IPv6 cluster: every walk of it, on both planes', async () => {
  const world = ipv6World();
  const { cases } = proofCases(world, ALL);
  const proof = await proveWorld(world, await planeOf(world), cases);
  expect(differencesOf(proof)).toEqual([]);
  expect(proof.packets).toBeGreaterThan(cases.length);
});

kernelTest("transit gateways, VPN gateways, endpoints and networks of one's own, from both sides", async () => {
  const file = 'test/scenarios/worlds/connected-networks/cluster.yaml';
  const { world } = loadWorld([{ path: file, text: readFileSync(file, 'utf8') }], []);
  if (world === undefined) throw new Error(`${file} does not compile`);
  const ends = world.directory.hosts.map(({ netns, addresses: [address] }) => ({ netns, address: address ?? '' }));
  const pairs = ends.flatMap(({ netns }) =>
    [...ends.map(({ address }) => [address, 80] as const), ['10.1.0.99', 443] as const, ['52.218.1.1', 443] as const]
      .filter(([to]) => to !== world.directory.hosts.find((host) => host.netns === netns)?.addresses[0])
      .flatMap(([to, port]) => again(1, netns, to, port, 'tcp')),
  );
  const { cases } = proofCases(world, ALL);
  const proof = await proveWorld(world, await planeOf(world), [...cases, ...pairs]);
  expect(differencesOf(proof)).toEqual([]);
  expect(proof.unknown).toEqual([]);
});

kernelTest('a model of another setting is told apart, by the first line that differs', async () => {
  const plane = await planeOf(exampleWorld('article'));
  const other = exampleWorld('article', { AWS_VPC_K8S_CNI_EXTERNALSNAT: 'false' });
  const from = other.directory.pods.find(({ name }) => name.startsWith('toolbox-a'))?.netns ?? '';
  const [found] = (await proveWorld(other, plane, again(1, from, '8.8.8.8', 443, 'tcp'))).differences;
  expect(found?.difference?.sim?.text).toMatch(/^rule nat PREROUTING \d jump /);
});

describe('lab proof', () => {
  const command = async (...args: readonly string[]) => {
    const [stdout, stderr]: [string[], string[]] = [[], []];
    const io: Io = {
      stdout: (text) => void stdout.push(text),
      stderr: (text) => void stderr.push(text),
      stdin: () => '',
      style: plain,
    };
    const code = await run(['lab', 'proof', ...args], io);
    return { code, stdout: stdout.join(''), stderr: stderr.join('') };
  };

  kernelTest('every walk of the article agrees: one line, exit 0', async () => {
    const { code, stdout } = await command(...EXAMPLE);
    expect(stdout).toMatch(/^agree +440 walks, \d+ packets, 0 differences, \d+\.\d s\n$/);
    expect(code).toBe(0);
  });

  kernelTest(
    'rules of iptables-legacy are loaded where the kernel tells which of them matched, and that is said',
    async () => {
      const { code, stdout } = await command('-f', 'examples/external-snat');
      expect(stdout).toMatch(/^agree +\d+ walks, \d+ packets, 0 differences, \d+\.\d s\n/);
      expect(stdout).toMatch(/\nassumed +iptables-legacy's rules on \d+ namespaces? are loaded by iptables-nft: /);
      expect(code).toBe(0);
    },
  );

  kernelTest('a sample says of how many it is one, and by which seed it comes again', async () => {
    const sample = ['--cases', '40', '--seed', '7', '-o', 'json'];
    const [one, two] = [await command(...EXAMPLE, ...sample), await command(...EXAMPLE, ...sample)];
    const { seconds, packets, ...rest } = JSON.parse(one.stdout) as Record<string, unknown>; // the command's own JSON
    expect(rest).toEqual({
      apiVersion: 'packetwalk.dev/v1',
      kind: 'ProofResult',
      outcome: 'agree',
      walks: 40,
      of: 440,
      seed: 7,
      leftOut: [],
      assumptions: [],
      differences: [],
      unknown: [],
    });
    expect([seconds, packets]).toEqual([expect.any(Number), expect.any(Number)]);
    expect(JSON.parse(two.stdout)).toMatchObject({ walks: 40, packets, differences: [] });
    expect((await command(...EXAMPLE, '--cases', '40', '--seed', '7')).stdout).toMatch(
      /^agree +40 of 440 walks \(seed 7\), \d+ packets, 0 differences, /,
    );
  });

  kernelTest('what the model does not know is counted and named: exit 3', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'proof-'));
    try {
      const policy = join(folder, 'policy.yaml');
      writeFileSync(
        policy,
        `apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: { name: closed, namespace: packetlab }
spec: { endpointSelector: { matchLabels: { app: echoserver } } }
`,
      );
      const { code, stdout } = await command(...EXAMPLE, '-f', policy, '--cases', '200', '--seed', '1');
      expect(stdout).toMatch(/^undecided +200 of 440 walks \(seed 1\), \d+ packets, 0 differences, \d+ unknown, /);
      expect(stdout).toMatch(/\nunknown +\d+ walks: CiliumNetworkPolicy packetlab\/closed .*\n +for example pod\//);
      expect(code).toBe(3);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
