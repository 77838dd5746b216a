import { afterAll, expect } from 'vitest';
import { ask, type Question } from '../../src/ask/index.ts';
import { enterSandbox } from '../../src/lab/exec/ffi/index.ts';
import { changePlan, type Lab, openLab, planLab, runPlan } from '../../src/lab/index.ts';
import { compareTrips, type KernelPlane, kernelPlane, oracleDice, tripLines } from '../../src/lab/observe/index.ts';
import { type NetnsId, parseConntrack } from '../../src/linux/index.ts';
import { renderText } from '../../src/render/index.ts';
import { resolveName, walkSimWith } from '../../src/sim/index.ts';
import type { TraceResult } from '../../src/trace/index.ts';
import type { DataPlane, World } from '../../src/world/index.ts';
import { exampleWorld } from '../lab/worlds.ts';
import { kernelTest } from './kernel.ts';

// Connections of a World are on the kernel before the first packet: a walk starts from them in both planes.

const NODE = 'node/ip-10-0-0-75.ec2.internal' as NetnsId;
const DNS = 'src=10.0.1.51 dst=172.20.0.10 sport=4000 dport=53';

/** The article's cluster, with a node's connections as `conntrack -L` prints them. */
function worldWith(...lines: readonly string[]): World {
  const world = exampleWorld('article');
  const node = world.netns.get(NODE);
  if (node === undefined) throw new Error('The example has this node');
  const { value: conntrack, issues } = parseConntrack(`${lines.join('\n')}\n`, 'conntrack');
  expect(issues).toEqual([]);
  return { ...world, netns: new Map([...world.netns, [NODE, { ...node, conntrack }]]) };
}

const ENTRIES = [
  `udp      17 3000 ${DNS} src=10.0.9.9 dst=10.0.1.51 sport=5353 dport=4000 [ASSURED] mark=0 use=1`,
  'udp      17 3000 src=10.0.1.51 dst=10.9.0.1 sport=4001 dport=53 [UNREPLIED] src=10.9.0.1 dst=10.0.0.75 sport=53 dport=61000 mark=128 use=1',
  'tcp      6 86400 ESTABLISHED src=10.0.1.51 dst=172.20.122.189 sport=4002 dport=80 src=10.0.2.127 dst=10.0.1.51 sport=8080 dport=4002 [ASSURED] mark=0 use=1',
  'icmp     1 3000 src=10.0.1.51 dst=10.0.2.29 type=8 code=0 id=77 [UNREPLIED] src=10.0.2.29 dst=10.0.1.51 type=0 code=0 id=77 mark=0 use=1',
  'udp      17 3000 src=fd00::1 dst=fd00::2 sport=1 dport=2 [UNREPLIED] src=fd00::3 dst=fd00::1 sport=77 dport=1 mark=0 use=1',
  'udp      17 3000 src=10.0.1.51 dst=10.0.2.29 sport=9 dport=9 [UNREPLIED] src=10.0.2.29 dst=10.0.1.51 sport=9 dport=9 mark=0 zone=7 use=1',
];

const opened: { lab?: Lab; plane?: KernelPlane } = {};
afterAll(() => {
  opened.plane?.close();
  opened.lab?.holder.end();
});
async function theLab(): Promise<Lab> {
  opened.lab ??= await openLab(worldWith(...ENTRIES));
  return opened.lab;
}

/** What `conntrack -L` prints on the node, without the seconds that are left. */
async function listed(lab: Lab): Promise<readonly string[]> {
  const { name } = lab.plan.namespaces.find(({ id }) => id === NODE) ?? {};
  const texts: string[] = [];
  for (const family of ['ipv4', 'ipv6'])
    texts.push((await lab.executor.run({ netns: name, argv: ['conntrack', '-L', '-f', family], stdin: '' })).stdout);
  return texts.join('').trim().split('\n').map(withoutSeconds).sort();
}
const withoutSeconds = (line: string): string => line.replace(/^(\w+ +\d+) \d+/, '$1');

kernelTest('each is there as it was listed', async () => {
  expect(await listed(await theLab())).toEqual(ENTRIES.map(withoutSeconds).sort());
});

kernelTest('a datagram of a stale one goes where it went, in the model and on the kernel', async () => {
  const lab = await theLab();
  const world = worldWith(...ENTRIES);
  enterSandbox();
  opened.plane ??= kernelPlane(world, lab, { served: false });
  for (const [question, end] of [
    [{ from: 'pod/packetlab/toolbox-a', to: '172.20.0.10:53', protocol: 'udp', fromPort: 4000 }, '10.0.9.9:5353'],
    [{ from: 'pod/packetlab/toolbox-a', to: '10.9.0.1:53', protocol: 'udp', fromPort: 4001 }, '10.9.0.1:53'],
  ] as const) {
    const kernel = await answer(world, opened.plane, question);
    const sim = await answer(world, simLike(kernel), question);
    const [a, b] = [sim.roundTrips[0], kernel.roundTrips[0]];
    if (a === undefined || b === undefined) throw new Error('Each plane gives a round trip');
    const shown = `model\n${renderText(sim, { steps: 'all' })}\nkernel\n${renderText(kernel, { steps: 'all' })}`;
    expect(compareTrips(tripLines(world, a, b), tripLines(world, b, a)), shown).toBeUndefined();
    expect([a.farEnd.address, b.farEnd.address], shown).toEqual([end, end]);
  }
});

async function answer(world: World, plane: DataPlane, question: Question): Promise<TraceResult> {
  const found = await ask({ world, plane, resolve: (of, from, name) => resolveName(of, from, name) }, question);
  if (!found.ok) throw new Error(found.problems.map(({ message }) => message).join('\n'));
  return found.result;
}

/** The model, with chance as the kernel settled it. */
function simLike({ roundTrips: [trip] }: TraceResult): DataPlane {
  const told = [trip?.forward, trip?.reply].flatMap((leg) => leg?.hops ?? []).flatMap(({ steps }) => steps);
  return { name: 'sim', walk: async (of, probe) => [walkSimWith(of, probe, (steps) => oracleDice(told, steps))] };
}

kernelTest('a change ends those that are gone and begins those that are new', async () => {
  const lab = await theLab();
  const kept = ENTRIES.filter((line) => !line.includes('sport=4000') && !line.includes('id=77'));
  const added = `udp      17 3000 ${DNS} src=10.0.3.231 dst=10.0.1.51 sport=53 dport=4000 mark=0 use=1`;
  await runPlan(changePlan(lab.plan, planLab(worldWith(...kept, added))), lab.executor);
  const now = (await listed(lab)).filter((line) => !line.includes('sport=4001'));
  expect(now).toEqual(
    [...kept, added]
      .filter((line) => !line.includes('sport=4001'))
      .map(withoutSeconds)
      .sort(),
  );
});
