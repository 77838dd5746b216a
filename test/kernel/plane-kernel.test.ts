import { afterAll, describe, expect } from 'vitest';
import { ask, type Question } from '../../src/ask/index.ts';
import { enterSandbox } from '../../src/lab/exec/ffi/index.ts';
import { type Lab, openLab } from '../../src/lab/index.ts';
import { compareTrips, type KernelPlane, kernelPlane, oracleDice, tripLines } from '../../src/lab/observe/index.ts';
import { renderText } from '../../src/render/index.ts';
import { resolveName, walkSimWith } from '../../src/sim/index.ts';
import type { Step, TraceResult } from '../../src/trace/index.ts';
import type { DataPlane } from '../../src/world/index.ts';
import { exampleWorld } from '../example-world.ts';
import { kernelTest } from './kernel.ts';

const world = exampleWorld('article');
const NODE_75 = 'node/ip-10-0-0-75.ec2.internal';
const NODE_228 = 'node/ip-10-0-1-228.ec2.internal';
const TOOLBOX = 'pod/packetlab/toolbox-a';

let opened:
  | Promise<{ readonly lab: Lab; readonly plane: KernelPlane; readonly before: ReadonlyMap<string, string> }>
  | undefined;

async function open() {
  const lab = await openLab(world);
  const before = await saves(lab);
  enterSandbox();
  return { lab, before, plane: kernelPlane(world, lab, { served: false }) };
}

function theLab(): ReturnType<typeof open> {
  opened ??= open();
  return opened as ReturnType<typeof open>;
}

afterAll(async () => {
  const { lab } = (await opened) ?? {};
  lab?.holder.end();
});

/** What every namespace's `iptables-save` and `nft list ruleset` print. */
async function saves(lab: Lab): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const { name } of lab.plan.namespaces) {
    for (const argv of [['iptables-nft-save'], ['ip6tables-nft-save'], ['nft', 'list', 'ruleset']] as const) {
      const { stdout } = await lab.executor.run({ netns: name, argv, stdin: '' });
      found.set(`${name} ${argv.join(' ')}`, withoutCounts(stdout));
    }
  }
  return found;
}

/** What traffic counted, and the time of day, are no rules. */
const withoutCounts = (text: string): string =>
  text
    .replace(/^#.*\n/gm, '')
    .replace(/ \[\d+:\d+\]$/gm, '')
    .replace(/counter packets \d+ bytes \d+/g, 'counter');

async function answerOn(plane: DataPlane, question: Question): Promise<TraceResult> {
  const found = await ask({ world, plane, resolve: (of, from, name) => resolveName(of, from, name) }, question);
  if (!found.ok) throw new Error(found.problems.map(({ message }) => message).join('\n'));
  return found.result;
}

const stepsOf = ({ roundTrips: [trip] }: TraceResult): readonly Step[] =>
  [trip?.forward, trip?.reply, trip?.followUp].flatMap((leg) => leg?.hops ?? []).flatMap(({ steps }) => steps);

/** The model's walk of the same flow, with chance as the kernel settled it. */
function modelOf(kernel: TraceResult, question: Question): Promise<TraceResult> {
  const told = stepsOf(kernel);
  const { sport, icmp } = told[0]?.before ?? {};
  const port = sport ?? icmp?.id;
  return answerOn(
    {
      name: 'sim',
      walk: async (of, probe) => [
        walkSimWith(of, port === undefined ? probe : { ...probe, sport: port }, (steps) => oracleDice(told, steps)),
      ],
    },
    question,
  );
}

async function expectAgreement(question: Question): Promise<TraceResult> {
  const { plane } = await theLab();
  const kernel = await answerOn(plane, question);
  const sim = await modelOf(kernel, question);
  const [a, b] = [sim.roundTrips[0], kernel.roundTrips[0]];
  if (a === undefined || b === undefined) throw new Error('Each plane gives a round trip');
  const shown = `model\n${renderText(sim, { steps: 'all' })}\nkernel\n${renderText(kernel, { steps: 'all' })}`;
  expect(compareTrips(tripLines(world, a), tripLines(world, b)), shown).toBeUndefined();
  expect(b.disposition, shown).toBe(a.disposition);
  expect(b.farEnd.sees, shown).toEqual(a.farEnd.sees);
  expect(new Set(stepsOf(kernel).map(({ evidence }) => evidence.plane))).toEqual(new Set(['kernel']));
  return kernel;
}

describe('the kernel tells the trace the model tells', () => {
  for (const [name, from, to, want, more] of [
    ['a ClusterIP', TOOLBOX, 'svc/packetlab/echo-clusterip:80', 'delivered'],
    ['a NodePort of another node', NODE_228, '10.0.0.75:32385', 'delivered'],
    ['a NodePort of the own node', NODE_75, '10.0.0.75:32385', 'delivered'],
    ['pod to pod across nodes', TOOLBOX, '10.0.2.127:8080', 'delivered'],
    ['an echo request', TOOLBOX, '10.0.2.29', 'delivered', { protocol: 'icmp' }],
    ['a datagram to a Service', TOOLBOX, '172.20.0.10:53', 'delivered', { protocol: 'udp' }],
    ['through the NAT gateway to a declared host', TOOLBOX, 'internet', 'delivered'],
    ['through the NAT gateway to anybody', TOOLBOX, '8.8.8.8:53', 'delivered', { protocol: 'udp' }],
    ['an echo request through the NAT gateway', TOOLBOX, '203.0.113.80', 'delivered', { protocol: 'icmp' }],
    ['the API server', TOOLBOX, 'apiserver', 'delivered'],
    ['a refused port', TOOLBOX, '10.0.2.127:81', 'failed'],
    ['a refused datagram', TOOLBOX, '10.0.2.127:81', 'failed', { protocol: 'udp' }],
    ['an address nobody owns', TOOLBOX, '10.0.9.9:80', 'failed'],
    ['a Service address nobody has', TOOLBOX, '172.20.99.99:80', 'failed'],
    ['a TTL that runs out at the node', TOOLBOX, '10.0.2.127:8080', 'failed', { ttl: 1 }],
    ['a TTL that runs out at the NAT gateway', TOOLBOX, 'internet', 'failed', { ttl: 2 }],
  ] as const)
    kernelTest(name, async () => {
      const { verdict } = await expectAgreement({ from, to, ...(more ?? {}) });
      expect(verdict).toBe(want);
    });
});

describe('evidence', () => {
  kernelTest('a rule is named by its line, and by who wrote it', async () => {
    const { plane } = await theLab();
    const steps = stepsOf(await answerOn(plane, { from: TOOLBOX, to: 'svc/packetlab/echo-clusterip:80' }));
    const nat = steps.find((step) => step.kind === 'nat' && step.manip === 'dst');
    expect(nat?.evidence).toMatchObject({
      plane: 'kernel',
      artefact: { file: 'nodes/ip-10-0-0-75.ec2.internal/iptables-save', line: expect.any(Number) },
      text: expect.stringMatching(/^-A KUBE-SEP-\S+ .* -j DNAT --to-destination 10\.0\.[23]\.\d+:8080$/),
      by: 'kube-proxy',
      setting: 'Service packetlab/echo-clusterip',
    });
    const conn = steps.find((step) => step.kind === 'conntrack' && step.state === 'new');
    expect(conn?.because).toMatch(
      /^10\.0\.1\.51:\d+ → 172\.20\.122\.189:80, answers 10\.0\.[23]\.\d+:8080 → 10\.0\.1\.51:\d+$/,
    );
    const route = steps.find((step) => step.kind === 'route' && step.table === '2');
    expect(route?.evidence.text).toBe('default via 10.0.0.1 dev ens6 table 2');
  });
});

kernelTest('who observes leaves nothing in the lab', async () => {
  const { lab, plane, before } = await theLab();
  const during = await saves(lab);
  const xtables = (of: ReadonlyMap<string, string>) => [...of].filter(([key]) => key.includes('tables-nft-save'));
  expect(xtables(during)).toEqual(xtables(before));
  plane.close();
  expect(await saves(lab)).toEqual(before);
});
