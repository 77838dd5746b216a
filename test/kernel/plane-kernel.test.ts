import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { ask, type Question } from '../../src/ask/index.ts';
import type { Io } from '../../src/cli/io.ts';
import { run } from '../../src/cli/run.ts';
import { enterSandbox, withNetns } from '../../src/lab/exec/ffi/index.ts';
import { findHolder, type Lab, netnsPath, openLab } from '../../src/lab/index.ts';
import {
  captureLab,
  compareTrips,
  type KernelPlane,
  kernelPlane,
  oracleDice,
  readPacket,
  tripLines,
} from '../../src/lab/observe/index.ts';
import { plain, renderPing, renderText } from '../../src/render/index.ts';
import { resolveName, walkSimWith } from '../../src/sim/index.ts';
import type { Step, TraceResult } from '../../src/trace/index.ts';
import type { DataPlane } from '../../src/world/index.ts';
import { exampleWorld } from '../lab/worlds.ts';
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
  expect(compareTrips(tripLines(world, a, b), tripLines(world, b, a)), shown).toBeUndefined();
  expect(b.disposition, shown).toBe(a.disposition);
  expect(b.farEnd.sees, shown).toEqual(a.farEnd.sees);
  expect(new Set(stepsOf(kernel).map(({ evidence }) => evidence.plane))).toEqual(new Set(['kernel']));
  return kernel;
}

/** What the kernel's own reason is told as. */
const CAUSES = new Map([
  ['a refused port', ['closed-port']],
  ['a refused datagram', ['closed-port']],
  ['a TTL that runs out at the node', ['ttl']],
]);

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
    ['an address of its own subnet nobody owns', NODE_75, '10.0.3.9:80', 'failed'],
    ['a Service address nobody has', TOOLBOX, '172.20.99.99:80', 'failed'],
    ['a TTL that runs out at the node', TOOLBOX, '10.0.2.127:8080', 'failed', { ttl: 1 }],
    ['a TTL that runs out at the NAT gateway', TOOLBOX, 'internet', 'failed', { ttl: 2 }],
    ['a message too long', TOOLBOX, '10.0.2.127', 'failed', { protocol: 'icmp', size: 9002, df: true }],
  ] as const)
    kernelTest(name, async () => {
      const { verdict, blockers } = await expectAgreement({ from, to, ...(more ?? {}) });
      expect(verdict).toBe(want);
      expect(blockers.map(({ cause }) => cause.kind)).toEqual(expect.arrayContaining(CAUSES.get(name) ?? []));
    });

  kernelTest('pieces are followed to their end, or said to be lost from sight', async () => {
    const { plane } = await theLab();
    const cut = await answerOn(plane, { from: TOOLBOX, to: '10.0.2.127', protocol: 'icmp', size: 9002 });
    expect(cut.verdict).toBe('unknown');
    expect(cut.unknowns.join('\n')).toMatch(/went in pieces/);
  });

  kernelTest('the socket says what it may send', async () => {
    const { plane } = await theLab();
    const question = { from: TOOLBOX, to: '10.0.2.127', protocol: 'icmp', size: 9002, df: true } as const;
    const [kernel, sim] = [await answerOn(plane, question), await modelOf(await answerOn(plane, question), question)];
    expect(kernel.blockers.map(({ cause }) => cause)).toEqual(sim.blockers.map(({ cause }) => cause));
    expect(renderPing(kernel, 'far')).toContain('ping: local error: message too long, mtu=9001');
  });
});

kernelTest("what a subnet's router says to a host behind a NAT gateway passes that gateway", async () => {
  const { plane } = await theLab();
  const question: Question = { from: NODE_75, to: 'internet:9', protocol: 'udp', size: 1501, df: true };
  const kernel = await answerOn(plane, question);
  const sim = await modelOf(kernel, question);
  const told = [sim, kernel].map(({ roundTrips: [trip] }) => {
    const { where, steps } = trip?.reply?.hops.at(-1) ?? {};
    const { src, dst, ttl, icmp } = steps?.at(-1)?.after ?? {};
    return { at: where?.name, src, dst, ttl, says: `${icmp?.type}/${icmp?.code}` };
  });
  const heard = { at: NODE_75.slice('node/'.length), src: '10.0.100.1', dst: '10.0.0.75', ttl: 63, says: '3/4' };
  expect(told).toEqual([heard, heard]);
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

kernelTest("every link of a walk is captured, with the kernel's own times", async () => {
  const { lab, plane } = await theLab();
  const folder = mkdtempSync(join(tmpdir(), 'pcap-'));
  try {
    const capture = captureLab(lab, folder);
    await answerOn(plane, { from: TOOLBOX, to: '10.0.2.29', protocol: 'icmp' });
    const files = capture.close();
    const pod = files.find((file) => file.startsWith('toolbox-a') && file.endsWith('.eth0.pcap'));
    expect(files).toContain('ip-10-0-0-75.ens6.pcap');
    // A capture holds all that passed: also what a server of an earlier walk sends again.
    const frames = framesOf(readFileSync(join(folder, pod ?? ''))).filter(
      ({ bytes }) => readPacket(bytes.subarray(14))?.protocol === 'icmp',
    );
    const packets = frames.map(({ bytes }) => readPacket(bytes.subarray(14)));
    expect(packets.map((packet) => `${packet?.src} > ${packet?.dst} ${packet?.icmp?.type}`)).toEqual([
      '10.0.1.51 > 10.0.2.29 8',
      '10.0.2.29 > 10.0.1.51 0',
    ]);
    const [asked, answered] = frames;
    expect(Math.abs((asked?.seconds ?? 0) - Date.now() / 1000)).toBeLessThan(3600);
    expect(answered?.at).toBeGreaterThan(asked?.at ?? 0n);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** The records of a pcap file, as its draft lays them out. */
function framesOf(file: Buffer) {
  expect(file.readUInt32LE(0).toString(16)).toBe('a1b23c4d');
  const frames: { readonly bytes: Buffer; readonly seconds: number; readonly at: bigint }[] = [];
  for (let at = 24; at < file.length; ) {
    const [seconds, nanoseconds, length] = [0, 4, 8].map((offset) => file.readUInt32LE(at + offset)) as [
      number,
      number,
      number,
    ];
    const when = BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
    frames.push({ bytes: file.subarray(at + 16, at + 16 + length), seconds, at: when });
    at += 16 + length;
  }
  return frames;
}

kernelTest('who observes leaves nothing in the lab', async () => {
  const { lab, plane, before } = await theLab();
  const during = await saves(lab);
  const xtables = (of: ReadonlyMap<string, string>) => [...of].filter(([key]) => key.includes('tables-nft-save'));
  expect(xtables(during)).toEqual(xtables(before));
  plane.close();
  expect(await saves(lab)).toEqual(before);
});

describe('as commands', () => {
  const EXAMPLE = ['-f', 'examples/article'];
  const command = async (...args: readonly string[]) => {
    const stdout: string[] = [];
    const io: Io = {
      stdout: (text) => void stdout.push(text),
      stderr: () => undefined,
      stdin: () => '',
      style: plain,
    };
    const code = await run(args, io);
    return { code, stdout: stdout.join('') };
  };

  kernelTest('trace --plane both says that they agree, and shows both', async () => {
    const { code, stdout } = await command('trace', ...EXAMPLE, TOOLBOX, '10.0.2.127:8080', '--plane', 'both');
    expect(stdout).toMatch(/^agree +model and kernel take the same way: pod\/packetlab\/toolbox-a/);
    expect(stdout).toMatch(/route table 2 dev ens6 via 10\.0\.0\.1 +route table 2 dev ens6 via 10\.0\.0\.1\n/);
    expect(code).toBe(0);
  });

  kernelTest('trace --plane kernel -o json has the kernel as its evidence', async () => {
    const { code, stdout } = await command(
      'trace',
      ...EXAMPLE,
      TOOLBOX,
      '10.0.2.127:81',
      '--plane',
      'kernel',
      '-o',
      'json',
    );
    const result = JSON.parse(stdout) as TraceResult; // the command's own JSON
    expect([code, result.verdict, result.roundTrips[0]?.disposition]).toEqual([1, 'failed', 'refused']);
    expect(stepsOf(result).every(({ evidence }) => evidence.plane === 'kernel')).toBe(true);
  });

  kernelTest(
    'what nobody on the internet has dies there by its address, and no route of the lab is named to be mended',
    async () => {
      const { code, stdout } = await command('trace', ...EXAMPLE, TOOLBOX, '192.168.77.7:80', '--plane', 'kernel');
      expect(stdout).toMatch(/^path .* · igw-packetlab · 192\.168\.77\.7 \| dropped \|$/m);
      expect(stdout).toContain('192.168.77.7 is not routed on the internet');
      expect(stdout).not.toMatch(/blackhole|NOT_SPECIFIED/);
      expect(code).toBe(1);
    },
  );

  kernelTest('lab observe tells what a lab that is up does, also after it was changed by hand', async () => {
    const name = `observe-${process.pid}`;
    const observe = () => command('lab', 'observe', '--name', name, TOOLBOX, '10.0.2.127:8080');
    try {
      expect((await command('lab', 'up', ...EXAMPLE, '--name', name, '--no-serve')).code).toBe(0);
      expect((await observe()).stdout).toMatch(/\| refused \|/);
      const holder = findHolder(name);
      if (holder === undefined) throw new Error('The lab is up');
      withNetns(netnsPath(holder, 'ip-10-0-0-49'), () =>
        spawnSync('iptables-nft', ['-I', 'FORWARD', '-p', 'tcp', '--dport', '8080', '-j', 'DROP']),
      );
      const dropped = await observe();
      expect(dropped.stdout).toMatch(/FORWARD: drop +iptables-save\n/);
      expect(dropped.code).toBe(1);
    } finally {
      await command('lab', 'down', '--name', name);
    }
  });
});
