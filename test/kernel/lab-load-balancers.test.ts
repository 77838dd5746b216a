import { afterAll, describe, expect } from 'vitest';
import { type ProofCase, proofCases } from '../../src/cli/proof/proof-cases.ts';
import { type Proof, proveWorld } from '../../src/cli/proof/prove-world.ts';
import { enterSandbox } from '../../src/lab/exec/ffi/index.ts';
import { type Lab, openLab, type Servers, startServers } from '../../src/lab/index.ts';
import { type KernelPlane, kernelPlane } from '../../src/lab/observe/index.ts';
import type { World } from '../../src/world/index.ts';
import { balancedWorld } from '../lab/load-balancers.ts';
import { exampleWorld } from '../lab/worlds.ts';
import { kernelTest } from './kernel.ts';

// Network load balancers on the kernel: every walk to a listener, on both planes.

const closing: (() => void)[] = [];
afterAll(() => {
  for (const close of closing.reverse()) close();
});

async function planeOf(world: World): Promise<KernelPlane> {
  const lab = await openLab(world);
  closing.push(() => lab.holder.end());
  enterSandbox();
  const plane = kernelPlane(world, lab, { served: false });
  closing.push(() => plane.close());
  return plane;
}

/** Walks to load balancers. */
function balanced(world: World): readonly ProofCase[] {
  const enis = world.fabric.enis.filter(({ owner }) => owner.startsWith('lb/'));
  const addresses = new Set(enis.flatMap((eni) => [...eni.addresses, ...eni.publicAddresses.values()]));
  return proofCases(world, { most: 10_000, seed: 1 }).cases.filter(({ probe }) => addresses.has(probe.dst));
}

const differencesOf = ({ differences }: Proof): readonly string[] =>
  differences.map(
    ({ case: { from, to, probe }, difference }) => `${from} → ${to} ${probe.protocol}: ${JSON.stringify(difference)}`,
  );

/** What is beyond the kernel, and nothing else. */
const BEYOND = /does not translate between them$|which the lab has nothing for$/;

describe('every walk to a load balancer is the same on both planes', () => {
  for (const [name, world, packets] of [
    ['whatever its target groups say', () => balancedWorld('open'), 200],
    ['between security groups and network ACLs', () => balancedWorld('filtered'), 120],
    ['made of Services', () => exampleWorld('four-ways-in'), 250],
  ] as const)
    kernelTest(
      name,
      async () => {
        const of = world();
        const proof = await proveWorld(of, await planeOf(of), balanced(of));
        expect(differencesOf(proof)).toEqual([]);
        expect(proof.unknown.map(({ what }) => what).filter((what) => !BEYOND.test(what))).toEqual([]);
        expect(proof.packets).toBeGreaterThan(packets);
      },
      120_000,
    );
});

describe('a lab whose sockets are served', () => {
  let served: Promise<{ readonly lab: Lab; readonly servers: Servers }> | undefined;
  const open = async () => {
    const world = exampleWorld('four-ways-in');
    const lab = await openLab(world);
    closing.push(() => lab.holder.end());
    const paths = new Map(lab.plan.namespaces.map(({ label, name }) => [label, lab.netnsPath(name)]));
    const servers = await startServers(
      world,
      (label) => paths.get(label),
      () => undefined,
    );
    closing.push(() => void servers.close());
    return { lab, servers };
  };
  const theLab = (): ReturnType<typeof open> => {
    served ??= open();
    return served;
  };

  /** What curl prints in a namespace; the servers answer from this very process. */
  const curl = async (label: string, ...words: readonly string[]): Promise<string> => {
    const { lab } = await theLab();
    const name = lab.plan.namespaces.find((each) => each.label === label)?.name ?? label;
    const { stdout } = await lab.executor.run({ netns: name, argv: ['curl', '-s', '-m', '20', ...words], stdin: '' });
    return stdout;
  };

  const FROM = ['--interface', '203.0.113.7'];

  kernelTest('targets are checked by connections of the node, and those that fail get nothing', async () => {
    const { servers } = await theLab();
    const out = servers.targets.reports.filter(({ healthy }) => !healthy);
    expect(out.map(({ node, target, because }) => `${node} ${target}: ${because}`)).toEqual([
      'lb/k8s-shop-local-bcd8eb50e2@us-east-1a i-0000000000000051 (10.0.1.51:30557): HTTP check of port 31636: /healthz answers 503, not 200-399',
    ]);
    for (let i = 0; i < 10; i++)
      expect(await curl('internet/*', ...FROM, 'http://198.51.100.6/')).toMatch(/Hostname: web-71/);
  });

  kernelTest('the pod sees the client or the node that took the packet, as the Service says', async () => {
    expect(await curl('internet/*', ...FROM, 'http://198.51.100.6/')).toMatch(/client_address=203\.0\.113\.7\n/);
    expect(await curl('internet/*', ...FROM, 'http://198.51.100.3/')).toMatch(/client_address=203\.0\.113\.7\n/);
    expect(await curl('internet/*', ...FROM, 'http://198.51.100.2/')).toMatch(/client_address=10\.0\.2\.91\n/);
  });
});
